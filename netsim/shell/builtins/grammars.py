"""What options each builtin has: bash's with their usage lines, and the letters of ash and dash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.shell.builtins.grammar import Grammar

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

LIMITS = "SHabcdefiklmnpqrstuvxPRT"
SETTINGS = "abefhkmnptuvxBCEHPT"
COMPLETE = "[-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix]"
MAPFILE = Grammar("d:n:O:s:tu:C:c:", "[-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]")
SOURCE = "filename [arguments]"

BASH = {
    ".": Grammar("", SOURCE),
    "alias": Grammar("p", "[-p] [name[=value] ... ]"),
    "bg": Grammar("", "[job_spec ...]"),
    "bind": Grammar(
        "lpsvPSVXm:f:q:u:r:x:", "[-lpsvPSVX] [-m keymap] [-f filename] [-q name] [-u name] [-r keyseq] [-x keyseq:shell-command] "
        "[keyseq:readline-function or readline-command]", "lpsvPSVXmfqurx",
    ),
    "break": Grammar("", "[n]"),
    "builtin": Grammar("", "[shell-builtin [arg ...]]"),
    "caller": Grammar("", "[expr]"),
    "cd": Grammar("LPe", "[-L|[-P [-e]] [-@]] [dir]"),
    "command": Grammar("pVv", "[-pVv] command [arg ...]"),
    "compgen": Grammar("abcdefgjksuvo:A:G:W:F:C:X:P:S:", f"[-abcdefgjksuv] {COMPLETE} [word]", "gjsuGFC"),
    "complete": Grammar("abcdefgjksuvprDEIo:A:G:W:F:C:X:P:S:", f"[-abcdefgjksuv] [-pr] [-DEI] {COMPLETE} [name ...]"),
    "compopt": Grammar("o:DEI", "[-o|+o option] [-DEI] [name ...]", signs="-+"),
    "continue": Grammar("", "[n]"),
    "declare": Grammar("aAfFgiIlcnrtuxp", "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]", "I", "-+"),
    "dirs": Grammar("", "[-clpv] [+N] [-N]"),
    "disown": Grammar("har", "[-h] [-ar] [jobspec ... | pid ...]"),
    "enable": Grammar("adnpsf:", "[-a] [-dnps] [-f filename] [name ...]", "df"),
    "eval": Grammar("", "[arg ...]"),
    "exec": Grammar("cla:", "[-cl] [-a name] [command [argument ...]] [redirection ...]"),
    "exit": Grammar("", "[n]"),
    "export": Grammar("fnp", "[-fn] [name[=value] ...] or export -p"),
    "fc": Grammar("e:lnrs", "[-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]", "es"),
    "fg": Grammar("", "[job_spec]"),
    "getopts": Grammar("", "optstring name [arg ...]"),
    "hash": Grammar("lrp:dt", "[-lr] [-p pathname] [-dt] [name ...]", "lpdt"),
    "help": Grammar("dms", "[-dms] [pattern ...]"),
    "history": Grammar("cd:anrwps", "[-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]", "danrwps"),
    "jobs": Grammar("lnprsx", "[-lnprs] [jobspec ...] or jobs -x command [args]"),
    "kill": Grammar("", "[-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"),
    "let": Grammar("", "arg [arg ...]"),
    "local": Grammar("aAfFgiIlcnrtuxp", "[option] name[=value] ...", "I", "-+"),
    "logout": Grammar("", "[n]"),
    "mapfile": MAPFILE,
    "popd": Grammar("", "[-n] [+N | -N]"),
    "printf": Grammar("v:", "[-v var] format [arguments]"),
    "pushd": Grammar("", "[-n] [+N | -N | dir]"),
    "pwd": Grammar("LP", "[-LP]"),
    "read": Grammar(
        "ersa:d:i:n:N:p:t:u:", "[-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]"
    ),
    "readarray": MAPFILE,
    "readonly": Grammar("aAfp", "[-aAf] [name[=value] ...] or readonly -p"),
    "return": Grammar("", "[n]"),
    "set": Grammar("", f"[-{SETTINGS}] [-o option-name] [--] [-] [arg ...]"),
    "shift": Grammar("", "[n]"),
    "shopt": Grammar("pqsuo", "[-pqsu] [-o] [optname ...]"),
    "source": Grammar("", SOURCE),
    "suspend": Grammar("f", "[-f]"),
    "times": Grammar("", ""),
    "trap": Grammar("lp", "[-lp] [[arg] signal_spec ...]"),
    "type": Grammar("afptP", "[-afptP] name [name ...]"),
    "typeset": Grammar("aAfFgiIlcnrtuxp", "[-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]", "I", "-+"),
    "ulimit": Grammar(LIMITS, "[-SHabcdefiklmnpqrstuvxPRT] [limit]"),
    "umask": Grammar("pS", "[-p] [-S] [mode]"),
    "unalias": Grammar("a", "[-a] name [name ...]"),
    "unset": Grammar("fvn", "[-f] [-v] [-n] [name ...]"),
    "wait": Grammar("fnp:", "[-fn] [-p var] [id ...]"),
}  # fmt: skip
ASH = {
    "cd": "LP", "export": "pn", "read": "p:u:rt:n:sd:", "unset": "vf", "umask": "S", "jobs": "lp", "hash": "r", "pwd": "LP", "readonly": "p",
    "command": "pvV", "unalias": "a",
    "ulimit": LIMITS,
}  # fmt: skip
"""BusyBox's (1.35); what is not here knows no option."""
DASH = ASH | {"export": "p", "read": "p:r", "hash": "rv", "printf": "", "kill": "ls:"}


def grammar_of(shell: ShellState, name: str) -> Grammar:
    """The options a builtin has in this kind of shell."""
    if shell.is_bash():
        return BASH[name]
    return Grammar((ASH if shell.name == "ash" else DASH).get(name, ""))
