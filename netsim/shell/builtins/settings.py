"""set and shopt: options of the shell, and set's positional parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.shell.builtins.grammar import failure, not_modelled, note, read_options, usage
from netsim.shell.builtins.grammars import SETTINGS
from netsim.shell.jumps import BuiltinProblem

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

NAMES = {
    "allexport": "a", "braceexpand": "B", "emacs": "emacs", "errexit": "e", "errtrace": "E", "functrace": "T", "hashall": "h", "histexpand": "H",
    "history": "history", "ignoreeof": "ignoreeof", "interactive-comments": "interactive_comments", "keyword": "k", "monitor": "m", "noclobber": "C",
    "noexec": "n", "noglob": "f", "nolog": "nolog", "notify": "b", "nounset": "u", "onecmd": "t", "physical": "P", "pipefail": "pipefail", "posix": "posix",
    "privileged": "p", "verbose": "v", "vi": "vi", "xtrace": "x",
}  # fmt: skip
OF_ASH = {
    "errexit": "e", "noglob": "f", "ignoreeof": "ignoreeof", "monitor": "m", "noexec": "n", "xtrace": "x", "verbose": "v", "noclobber": "C",
    "allexport": "a", "notify": "b", "nounset": "u", "errtrace": "E", "vi": "vi", "pipefail": "pipefail",
}  # fmt: skip
OF_DASH = {
    "errexit": "e", "noglob": "f", "ignoreeof": "I", "interactive": "i", "monitor": "m", "noexec": "n", "stdin": "s", "xtrace": "x", "verbose": "v",
    "vi": "V", "emacs": "emacs", "noclobber": "C", "allexport": "a", "notify": "b", "nounset": "u", "privileged": "p", "nolog": "nolog", "debug": "debug",
}  # fmt: skip
REPORTED = {
    "k": "assignments behind the command's name", "m": "job control", "p": "", "t": "", "v": "input lines are not shown", "posix": "bash's own rules stay",
}  # fmt: skip
"""Options that are remembered although nothing follows from them here."""
SHOPT = [
    "autocd",
    "assoc_expand_once",
    "cdable_vars",
    "cdspell",
    "checkhash",
    "checkjobs",
    "checkwinsize+",
    "cmdhist+",
    "compat31",
    "compat32",
    "compat40",
    "compat41",
    "compat42",
    "compat43",
    "compat44",
    "complete_fullquote+",
    "direxpand",
    "dirspell",
    "dotglob",
    "execfail",
    "expand_aliases",
    "extdebug",
    "extglob",
    "extquote+",
    "failglob",
    "force_fignore+",
    "globasciiranges+",
    "globskipdots+",
    "globstar",
    "gnu_errfmt",
    "histappend",
    "histreedit",
    "histverify",
    "hostcomplete+",
    "huponexit",
    "inherit_errexit",
    "interactive_comments+",
    "lastpipe",
    "lithist",
    "localvar_inherit",
    "localvar_unset",
    "login_shell",
    "mailwarn",
    "no_empty_cmd_completion",
    "nocaseglob",
    "nocasematch",
    "noexpand_translation",
    "nullglob",
    "patsub_replacement+",
    "progcomp+",
    "progcomp_alias",
    "promptvars+",
    "restricted_shell",
    "shift_verbose",
    "sourcepath+",
    "varredir_close",
    "xpg_echo",
]
DEFAULTS = frozenset(word[:-1] for word in SHOPT if word.endswith("+")) | {"h", "B"}
"""What is on when bash starts, letters of `set` among it."""
IDLE = frozenset(
    [
        "checkwinsize",
        "cmdhist",
        "complete_fullquote",
        "direxpand",
        "dirspell",
        "extquote",
        "force_fignore",
        "globasciiranges",
        "histappend",
        "histreedit",
        "histverify",
        "hostcomplete",
        "huponexit",
        "interactive_comments",
        "lithist",
        "login_shell",
        "mailwarn",
        "no_empty_cmd_completion",
        "progcomp",
        "progcomp_alias",
        "promptvars",
        "checkhash",
        "checkjobs",
        "cdspell",
        "extglob",
        "sourcepath",
        "assoc_expand_once",
        "noexpand_translation",
        "autocd",
        "globskipdots",
        "cdable_vars",
    ]
)
"""Options from which nothing follows in a script, or which are as they are here."""
FOLLOWED = frozenset(
    [
        "dotglob",
        "execfail",
        "failglob",
        "inherit_errexit",
        "lastpipe",
        "nocaseglob",
        "nocasematch",
        "nullglob",
        "globstar",
        "shift_verbose",
        "xpg_echo",
    ]
)


def names_of(shell: ShellState) -> dict[str, str]:
    """The long names of set's options, with what stands for them in `options`."""
    return NAMES if shell.is_bash() else OF_ASH if shell.name == "ash" else OF_DASH


def set_(shell: ShellState, args: list[str]) -> int:
    """set [-abefhkmnptuvxBCEHPT] [-o NAME] [--] [-] [ARGUMENT]..."""
    words = args[1:]
    if not words:
        from netsim.shell.builtins.listing import list_settings

        list_settings(shell)
        return 0
    letters = SETTINGS if shell.is_bash() else "abefmnuvxCEIV"
    while words:
        word = words[0]
        if word == "--":
            shell.positional = words[1:]
            return 0
        if word in ("-", "+"):
            if word == "-":
                shell.options -= {"x", "v"}
                shell.positional = words[1:] or shell.positional
                return 0
            words = words[1:]
            continue
        if word[:1] not in ("-", "+"):
            shell.positional = words
            return 0
        words = words[1:]
        for letter in word[1:]:
            if letter == "o":
                if not words or words[0][:1] in ("-", "+"):
                    _show(shell, word[0])
                    continue
                turn(shell, word[0], words[0])
                words = words[1:]
            elif letter not in letters:
                shell.complain(f"set: {word[0]}{letter}: invalid option")
                raise usage(shell, "set")
            else:
                _turn(shell, word[0], letter)
    return 0


def turn(shell: ShellState, sign: str, name: str) -> None:
    """`-o NAME` and `+o NAME`. BuiltinProblem."""
    option = names_of(shell).get(name)
    if option is None:
        shell.complain(f"set: {name}: invalid option name")
        raise BuiltinProblem(2) if shell.is_bash() else BuiltinProblem(1) if shell.name == "ash" else failure(shell, "set")
    _turn(shell, sign, option)


def _turn(shell: ShellState, sign: str, option: str) -> None:
    if sign == "-":
        if option in REPORTED and option not in shell.options:
            note(shell, f"set -{option if len(option) == 1 else f'o {option}'}{': ' * bool(REPORTED[option])}{REPORTED[option]}")
        shell.options.add(option)
    else:
        shell.options.discard(option)


def _show(shell: ShellState, sign: str) -> None:
    names = names_of(shell)
    if sign == "+":
        for name, option in names.items():
            shell.write(1, f"set {'-' if option in shell.options else '+'}o {name}\n")
        return
    if not shell.is_bash() and shell.name == "sh":
        shell.write(1, "Current option settings\n")
    for name, option in names.items():
        on = "on" if option in shell.options else "off"
        shell.write(1, f"{name:<15}\t{on}\n" if shell.is_bash() else f"{name:<16}{on}\n")


def shopt(shell: ShellState, args: list[str]) -> int:
    """shopt [-pqsu] [-o] [NAME]..."""
    given = read_options(shell, args)
    if "s" in given and "u" in given:
        shell.complain("shopt: cannot set and unset shell options simultaneously")
        return 1
    known = NAMES if "o" in given else {word.rstrip("+"): word.rstrip("+") for word in SHOPT}
    change = given.last_of("su")
    status = 0
    wrong = "invalid option name" if "o" in given else "invalid shell option name"
    for name in given.words:
        if name not in known:
            shell.complain(f"shopt: {name}: {wrong}")
            status = 1
        elif change:
            _shopt_turn(shell, change, name, known[name])
        else:
            status |= known[name] not in shell.options
    if not given.words:
        chosen = [name for name in known if not change or (known[name] in shell.options) == (change == "s")]
    else:
        chosen = [name for name in given.words if name in known and not change]
    for name in chosen if "q" not in given else ():
        on = known[name] in shell.options
        if "p" in given:
            shell.write(1, f"set {'-' if on else '+'}o {name}\n" if "o" in given else f"shopt -{'s' if on else 'u'} {name}\n")
        else:
            shell.write(1, f"{name:<15}\t{'on' if on else 'off'}\n")
    return int(status)


def _shopt_turn(shell: ShellState, change: str, name: str, option: str) -> None:
    if name in NAMES:
        _turn(shell, "-" if change == "s" else "+", option)
        return
    if name == "restricted_shell":
        raise not_modelled(shell, "shopt restricted_shell")
    is_on = option in shell.options
    if name not in FOLLOWED and name not in IDLE and is_on != (change == "s"):
        note(shell, f"shopt -{change} {name}")
    (shell.options.add if change == "s" else shell.options.discard)(option)
