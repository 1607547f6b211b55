"""What `declare -p`, `export -p`, `readonly -p` and `set` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.shell.builtins.grammar import Given
from netsim.shell.quoting import METAS, double, single, when_needed
from netsim.shell.unparse import function_text

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

ORDER = "aAfinrtxclu"


def flags(shell: ShellState, name: str) -> str:
    """The attributes of a variable as `declare` takes them; `-` when it has none."""
    marks = shell.marks.get(name, "") + "x" * (name in shell.exported)
    if name in shell.arrays and "A" not in marks:
        marks += "a"
    return "".join(letter for letter in ORDER if letter in marks) or "-"


def declaration(shell: ShellState, name: str) -> str:
    """The line that makes a variable again."""
    lead = f"declare -{flags(shell, name)} {name}"
    if name in shell.arrays:
        return f"{lead}={elements(shell, name)}\n"
    value = shell.variables.get(name)
    return f"{lead}\n" if value is None else f"{lead}={double(value)}\n"


def elements(shell: ShellState, name: str) -> str:
    """An array as one writes it."""
    table = shell.table(name) or {}
    inner = " ".join(f"[{_key(key)}]={double(value)}" for key, value in table.items())
    return f"({inner} )" if "A" in shell.marks.get(name, "") and inner else f"({inner})"


def _key(key: Any) -> str:
    text = str(key)
    return double(text) if isinstance(key, str) and (not text or METAS.search(text) or text in ("@", "*")) else text


def list_variables(shell: ShellState, command: str, given: Given) -> int:
    """`declare -p`, `local`, `export -p`: those named, or all with the attributes asked for."""
    if not shell.is_bash():
        for name in sorted({*shell.variables, *(shell.exported if command == "export" else shell.marks)}):
            if name in shell.exported if command == "export" else "r" in shell.marks.get(name, ""):
                value = shell.variables.get(name)
                shell.write(1, f"{command} {name}\n" if value is None else f"{command} {name}={single(value)}\n")
        return 0
    if given.words:
        return _named(shell, command, given.words)
    wanted = {"export": "x", "readonly": "r"}.get(command, "") + "".join(letter for letter in given.signed("-") if letter in ORDER)
    every = sorted(shell.locals[-1]) if command == "local" else sorted({*shell.variables, *shell.arrays, *shell.marks, *shell.exported})
    if not wanted and "p" not in given and command not in ("local", "export", "readonly"):
        list_settings(shell)
        return 0
    for name in every:
        if shell.is_known(name) and name != "-" and all(letter in flags(shell, name) for letter in wanted):
            shell.write(1, declaration(shell, name))
    return 0


def _named(shell: ShellState, command: str, names: list[str]) -> int:
    status = 0
    for name in names:
        if shell.is_known(name):
            shell.write(1, declaration(shell, name))
        elif (table := shell.made_up(name)) is not None:
            inner = " ".join(f"[{key}]={double(value)}" for key, value in table.items())
            shell.write(1, f"declare -a {name}=({inner})\n")
        elif (value := shell.parameter(name)) is not None:
            shell.write(1, f"declare -- {name}={double(value)}\n")
        else:
            shell.complain(f"{command}: {name}: not found")
            status = 1
    return status


def list_settings(shell: ShellState) -> None:
    """`set`: `NAME=VALUE` lines, then the functions."""
    for name in sorted({*shell.variables, *shell.arrays}):
        if name in shell.arrays:
            shell.write(1, f"{name}={elements(shell, name)}\n")
        else:
            value = shell.variables[name]
            shell.write(1, f"{name}={when_needed(value) if value and shell.is_bash() else '' if shell.is_bash() else single(value)}\n")
    for name in sorted(shell.functions) if shell.is_bash() else ():
        shell.write(1, function_text(name, shell.functions[name]))


def list_functions(shell: ShellState, command: str, given: Given) -> int:
    """`declare -f` and `declare -F`."""
    status = 0
    only_names = "F" in given
    for name in given.words or sorted(shell.functions):
        letters = shell.marked_functions.get(name, "")
        if name not in shell.functions:
            status = 1
        elif given.words and not only_names:
            shell.write(1, function_text(name, shell.functions[name]))
        elif given.words:
            shell.write(1, f"{name}\n")
        elif command not in ("export", "readonly") or ("x" if command == "export" else "r") in letters:
            lead = f"declare -f{letters} {name}\n"
            shell.write(1, lead if only_names else function_text(name, shell.functions[name]) + (lead if letters else ""))
    return status
