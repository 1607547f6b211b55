"""modprobe, lsmod and rmmod (kmod 30): which modules there are is the kernel profile's to say."""

from __future__ import annotations

from netsim.kernel.core.modules import load
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

GRAMMAR = Grammar(
    flags="aribfDcnsqvVhRw", valued="CdS",
    long={
        "all": ("a", ""), "remove": ("r", ""), "remove-dependencies": ("remove-dependencies", ""), "resolve-alias": ("R", ""),
        "first-time": ("first-time", ""), "ignore-install": ("i", ""), "ignore-remove": ("i", ""), "use-blacklist": ("b", ""), "force": ("f", ""),
        "force-modversion": ("f", ""), "force-vermagic": ("f", ""), "show-depends": ("D", ""), "showconfig": ("c", ""), "show-config": ("c", ""),
        "show-modversions": ("show-modversions", ""), "show-exports": ("show-exports", ""), "dry-run": ("n", ""), "show": ("n", ""),
        "config": ("C", "="), "dirname": ("d", "="), "set-version": ("S", "="), "syslog": ("s", ""), "quiet": ("q", ""), "verbose": ("v", ""),
        "version": ("V", ""), "help": ("h", ""),
    },
)  # fmt: skip
FEATURES = frozenset({"vlan_filtering"})
"""Names in a profile that are no modules."""


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _known(call: Call, name: str) -> bool:
    modules = {_canonical(module) for module in call.machine.kernel.profile.modules - FEATURES}
    return _canonical(name) in modules


REPORTED = {
    "f": "versions of modules", "s": "the system's log", "v": "telling what is done", "w": "waiting for a module to be free",
    "first-time": "failing where there is nothing to do",
}  # fmt: skip
"""Options that are taken without doing what they should."""


def modprobe(call: Call) -> Result:
    """Load modules, or with -r take them out (man modprobe(8))."""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        return Result("", f"modprobe: {error}\n", 1)
    letters = {option.name for option in options}
    if "V" in letters:
        return Result("kmod version 30\n+ZSTD +XZ -ZLIB +LIBCRYPTO -EXPERIMENTAL\n")
    unmodelled = letters & {"h", "c", "D", "R", "C", "d", "S", "show-modversions", "show-exports"}
    if unmodelled:
        return Result("", f'netsim: "modprobe -{min(unmodelled)}" is not modelled\n', 1)
    call.machine.kernel.unmodelled += [f"modprobe -{letter}: {REPORTED[letter]}" for letter in sorted(letters & REPORTED.keys())]
    if not words:
        return Result("", "modprobe: ERROR: missing parameters. See -h.\n", 1)
    if "r" in letters:
        return _remove(call, words, letters)
    names = words if "a" in letters else words[:1]
    err, release, status = "", call.machine.kernel.profile.release, 0
    for name in names:
        if _known(call, name):
            if "n" not in letters:
                load(call.machine.kernel, _canonical(name))
            if "a" not in letters and len(words) > 1:
                call.machine.kernel.unmodelled.append(f"modprobe {' '.join(words)}")
        else:
            level = "WARNING" if "a" in letters else "FATAL"
            err += "" if "q" in letters else f"modprobe: {level}: Module {name} not found in directory /lib/modules/{release}\n"
            status = 1
    return Result("", err, status)


def _remove(call: Call, words: list[str], letters: set[str]) -> Result:
    err, status, loaded = "", 0, call.machine.kernel.loaded_modules
    for name in words:
        if not _known(call, name):
            return Result("", err if "q" in letters else err + f"modprobe: FATAL: Module {name} not found.\n", 1)
        if "n" not in letters:
            loaded.pop(_canonical(name), None)
    return Result("", err, status)


def lsmod(call: Call) -> Result:
    """The modules loaded by hand, newest first; sizes are not modelled."""
    if len(call.argv) > 1:
        return Result("", "Usage: lsmod\n", 1)
    text = "Module                  Size  Used by\n"
    for name, users in reversed(call.machine.kernel.loaded_modules.items()):
        text += f"{name:<19s} {16384:8d}  {users}\n"
    return Result(text)


def rmmod(call: Call) -> Result:
    """Take modules out (man rmmod(8))."""
    names = [word for word in call.argv[1:] if not word.startswith("-")]
    if not names:
        return Result("", "rmmod: ERROR: missing module name.\n", 1)
    err, loaded = "", call.machine.kernel.loaded_modules
    for name in names:
        if _canonical(name) in loaded:
            del loaded[_canonical(name)]
        else:
            err += f"rmmod: ERROR: Module {_canonical(name)} is not currently loaded\n"
    return Result("", err, 1 if err else 0)
