"""Commands that live in the shell itself: where each is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

BUILTINS: dict[str, str] = {
    ":": "plain:true", "true": "plain:true", "false": "plain:false", "echo": "plain:echo", "test": "plain:test_", "[": "plain:test_",
    "printf": "printf:printf", "read": "reading:read", "mapfile": "reading:mapfile", "readarray": "reading:mapfile",
    "cd": "places:cd", "pwd": "places:pwd", "dirs": "places:dirs", "pushd": "places:pushd", "popd": "places:popd",
    "exit": "leaving:exit_", "logout": "leaving:logout", "return": "leaving:return_", "break": "leaving:jump", "continue": "leaving:jump",
    "shift": "leaving:shift", "export": "names:export", "readonly": "names:export", "local": "names:declare", "declare": "names:declare",
    "typeset": "names:declare", "unset": "names:unset", "set": "settings:set_", "shopt": "settings:shopt",
    "eval": "texts:eval_", "source": "texts:source", ".": "texts:source", "exec": "texts:exec_", "let": "texts:let", "getopts": "texts:getopts",
    "caller": "texts:caller", "wait": "jobs:wait", "kill": "kill:kill", "jobs": "jobs:jobs", "fg": "jobs:foreground", "bg": "jobs:foreground",
    "disown": "jobs:disown", "suspend": "jobs:suspend", "trap": "traps:trap",
    "type": "lookup:type_", "command": "lookup:command", "builtin": "lookup:builtin", "enable": "lookup:enable", "hash": "lookup:hash_",
    "alias": "lookup:alias", "unalias": "lookup:unalias", "umask": "limits:umask", "ulimit": "limits:ulimit", "times": "limits:times",
    "history": "editing:history", "fc": "editing:fc", "bind": "editing:bind", "complete": "editing:complete", "compgen": "editing:compgen",
    "compopt": "editing:compopt", "help": "editing:help_",
}  # fmt: skip
"""bash's, in modules of this package."""
OF_DASH = frozenset(
    [
        ".",
        ":",
        "[",
        "alias",
        "bg",
        "break",
        "cd",
        "command",
        "continue",
        "echo",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fg",
        "getopts",
        "hash",
        "jobs",
        "kill",
        "local",
        "printf",
        "pwd",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "test",
        "times",
        "trap",
        "true",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
    ]
)
OF_ASH = OF_DASH | {"source", "let", "help", "history"}


@cache
def load(name: str) -> Callable[[Any, list[str]], Any]:
    """The function behind a builtin's name."""
    module, _, function = BUILTINS[name].partition(":")
    found: Callable[[Any, list[str]], Any] = getattr(import_module(f"netsim.shell.builtins.{module}"), function)
    return found
