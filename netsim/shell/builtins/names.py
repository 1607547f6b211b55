"""Builtins about variables and their attributes: declare, local, export, readonly, unset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.arith import ArithmeticProblem
from netsim.shell.builtins.grammar import Given, failure, read_options
from netsim.shell.builtins.listing import list_functions, list_variables
from netsim.shell.jumps import Discard, ReadonlyProblem
from netsim.shell.variables import IDENTIFIER, Listed, Saved

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[.*?\])?(?:(\+?)=(.*))?", re.S)
REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?", re.S)
ATTRIBUTES = "Aacilnrtu"


def declare(shell: ShellState, args: list[str]) -> int:
    """declare, typeset and local."""
    if args[0] == "local" and not shell.locals:
        shell.complain("local: can only be used in a function")
        if not shell.is_bash():
            raise failure(shell, "local")
        return 1
    if not shell.is_bash():
        return _plain_local(shell, args)
    if args[1:2] == ["-"] and args[0] == "local":
        return _keep_options(shell)
    given = read_options(shell, args)
    if "f" in given or "F" in given:
        return list_functions(shell, args[0], given)
    if "p" in given or not given.words:
        return list_variables(shell, args[0], given)
    status = 0
    for word in given.words:
        status |= _declared(shell, args[0], word, given)
    return status


def _keep_options(shell: ShellState) -> int:
    """`local -`: the options are as before when the function has ended."""
    shell.locals[-1].setdefault("-", Saved(" ".join(sorted(shell.options)), None, "", is_exported=False))
    return 0


def _plain_local(shell: ShellState, args: list[str]) -> int:
    for word in args[1:]:
        name, equals, value = word.partition("=")
        if not IDENTIFIER.fullmatch(name):
            shell.complain(f"local: `{word}': not a valid identifier")
            raise failure(shell, "local")
        known = shell.saved(name)
        shell.make_local(name)
        if known.value is not None and shell.name == "sh":
            shell.variables[name] = known.value
        if known.is_exported:
            shell.exported.add(name)
        if equals:
            shell.set(name, value)
    return 0


def _parts(shell: ShellState, command: str, word: str) -> tuple[str, str, str, str | None] | None:
    """Name, subscript, sign and value of an argument; None once it is complained of."""
    match = ASSIGNED.fullmatch(word)
    if match is None:
        shell.complain(f"{command}: `{word}': not a valid identifier")
        return None
    name, subscript, sign, value = match.groups()
    if isinstance(word, Listed):
        value = word
    return name, subscript or "", sign or "", value


def _declared(shell: ShellState, command: str, word: str, given: Given) -> int:
    """One name with its attributes and value."""
    parts = _parts(shell, command, word)
    if parts is None:
        return 1
    name, subscript, sign, value = parts
    plus, minus = given.signed("+"), given.signed("-")
    if "n" in minus and (problem := _wrong_reference(name, value)):
        shell.complain(f"{command}: {problem}")
        return 1
    if shell.locals and ("g" not in minus or command == "local"):
        if "r" in shell.marks.get(name, "") and name not in shell.locals[-1]:
            shell.complain(f"{command}: {name}: readonly variable")
            return 1
        shell.make_local(name)
    elif "n" not in plus + minus and name in shell.marks:
        name = shell.target(name)[0]
    if "r" in shell.marks.get(name, "") and (value is not None or "r" in plus):
        shell.complain(f"{command}: {name}: readonly variable")
        return 1
    if problem := _wrong_kind(shell, name, plus, minus):
        shell.complain(f"{command}: {name}: {problem}")
        return 1
    shell.unmark(name, plus)
    shell.mark(name, "".join(letter for letter in minus if letter in "Aaciltun"))
    if not shell.marks[name]:
        del shell.marks[name]
    if ("a" in minus or "A" in minus) and name in shell.variables:
        shell.table_for(name)
    status = 0
    if value is not None:
        status = _give(shell, command, name, subscript, sign, value)
    if "r" in minus and not status:
        shell.mark(name, "r")
    if "x" in minus:
        shell.exported.add(name)
    if "x" in plus:
        shell.exported.discard(name)
    if not shell.is_known(name) and not shell.locals:
        shell.mark(name, "")
    return status


def _give(shell: ShellState, command: str, name: str, subscript: str, sign: str, value: str) -> int:
    """Assign; 1 once what is wrong is complained of."""
    try:
        if "n" in shell.marks.get(name, ""):
            shell.variables[name] = value
        else:
            shell.assign(f"{name}{subscript}{sign}", value)
    except ReadonlyProblem as problem:
        shell.complain(str(problem))
        return 1
    except ArithmeticProblem as problem:
        shell.complain(f"{command}: {problem}")
        raise Discard(1) from None
    return 0


def _wrong_reference(name: str, value: str | None) -> str:
    """Why a name cannot stand for another."""
    if value is None:
        return ""
    if value == name:
        return f"{name}: nameref variable self references not allowed"
    return "" if REFERENCE.fullmatch(value) else f"`{value}': invalid variable name for name reference"


def _wrong_kind(shell: ShellState, name: str, plus: str, minus: str) -> str:
    """Why a variable cannot become an array, or stop being one."""
    is_map = "A" in shell.marks.get(name, "") or "A" in minus
    is_list = not is_map and name in shell.arrays
    if "a" in minus and is_map:
        return "cannot convert associative to indexed array"
    if "A" in minus and name in shell.arrays and "A" not in shell.marks.get(name, ""):
        return "cannot convert indexed to associative array"
    if ("a" in plus and is_list) or ("A" in plus and is_map):
        return "cannot destroy array variables in this way"
    return ""


def export(shell: ShellState, args: list[str]) -> int:
    """export and readonly."""
    command = args[0]
    given = read_options(shell, args)
    if not shell.is_bash():
        return _plain_export(shell, command, given)
    if "f" in given:
        return _mark_functions(shell, command, given)
    if not given.words:
        return list_variables(shell, command, given)
    status = 0
    for word in given.words:
        parts = _parts(shell, command, word)
        if parts is None:
            status = 1
            continue
        name, subscript, sign, value = parts
        if subscript:
            shell.complain(f"{command}: `{name}{subscript}': not a valid identifier")
            status = 1
            continue
        if name in shell.marks:
            name = shell.target(name)[0]
        if command == "readonly" and ("A" in given or "a" in given):
            shell.mark(name, "A" if "A" in given else "a")
        if value is not None and _give(shell, command, name, "", sign, value):
            status = 1
            continue
        if command == "readonly":
            shell.mark(name, "r")
        elif "n" in given:
            shell.exported.discard(name)
        else:
            shell.exported.add(name)
    return status


def _plain_export(shell: ShellState, command: str, given: Given) -> int:
    """As ash and dash have it: `NAME='VALUE'` lines, and no shell is left after a bad name."""
    if not given.words:
        return list_variables(shell, command, given)
    for word in given.words:
        name, equals, value = word.partition("=")
        if not IDENTIFIER.fullmatch(name):
            shell.complain(f"{command}: `{word if shell.name == 'ash' else name}': not a valid identifier")
            raise failure(shell, command)
        if equals:
            shell.set(name, value)
        if command == "readonly":
            shell.mark(name, "r")
        elif "n" in given:
            shell.exported.discard(name)
        else:
            shell.exported.add(name)
    return 0


def _mark_functions(shell: ShellState, command: str, given: Given) -> int:
    status = 0
    for name in given.words:
        if name not in shell.functions:
            shell.complain(f"{command}: {name}: not a function")
            status = 1
            continue
        letter = "r" if command == "readonly" else "x"
        known = shell.marked_functions.get(name, "").replace(letter, "")
        shell.marked_functions[name] = known if "n" in given else "".join(sorted(known + letter))
    return status if given.words else list_functions(shell, command, given)


def unset(shell: ShellState, args: list[str]) -> int:
    """unset [-f] [-v] [-n] [NAME]..."""
    given = read_options(shell, args)
    if "f" in given and "v" in given and shell.is_bash():
        shell.complain("unset: cannot simultaneously unset a function and a variable")
        return 1
    status = 0
    for name in given.words:
        base, bracket, index = name.partition("[")
        if "f" in given:
            status |= _unset_function(shell, name)
        elif bracket and IDENTIFIER.fullmatch(base) and shell.is_bash():
            status |= _unset_element(shell, base, index.removesuffix("]"))
        elif not IDENTIFIER.fullmatch(name) and ("v" in given or not shell.is_bash()):
            shell.complain(f"unset: `{name}': not a valid identifier")
            if not shell.is_bash():
                raise failure(shell, "unset")
            status = 1
        else:
            status |= _unset_name(shell, name, given)
    return status


def _unset_name(shell: ShellState, name: str, given: Given) -> int:
    if "n" not in given and name in shell.marks:
        base, bracket, index = shell.target(name)
        if bracket:
            return _unset_element(shell, base, index.removesuffix("]"))
        name = base
    if "r" in shell.marks.get(name, ""):
        if not shell.is_bash():
            shell.complain(f"unset: {name}: is read only")
            raise failure(shell, "unset")
        shell.complain(f"unset: {name}: cannot unset: readonly variable")
        return 1
    if shell.is_known(name) or "v" in given or "n" in given or not shell.is_bash():
        shell.forget(name)
        return 0
    return _unset_function(shell, name)


def _unset_function(shell: ShellState, name: str) -> int:
    if "r" in shell.marked_functions.get(name, ""):
        shell.complain(f"unset: {name}: cannot unset: readonly function")
        return 1
    shell.functions.pop(name, None)
    shell.marked_functions.pop(name, None)
    return 0


def _unset_element(shell: ShellState, base: str, index: str) -> int:
    base = shell.target(base)[0]
    if "r" in shell.marks.get(base, ""):
        shell.complain(f"unset: {base}: cannot unset: readonly variable")
        return 1
    table = shell.arrays.get(base)
    if table is None:
        if base in shell.variables and index == "0":
            shell.forget(base)
        elif base in shell.variables:
            shell.complain(f"unset: {base}: not an array variable")
            return 1
        return 0
    if index in ("@", "*") and "A" not in shell.marks.get(base, ""):
        table.clear()
        return 0
    try:
        table.pop(shell.key(base, index), None)
    except ArithmeticProblem as problem:
        shell.complain(f"unset: {str(problem).removeprefix(base) if 'bad array subscript' in str(problem) else problem}")
        return 1
    return 0
