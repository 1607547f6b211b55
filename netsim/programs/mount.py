"""mount(8) and umount(8) of util-linux, as far as namespaces are bound to names; other file systems are not modelled."""

from __future__ import annotations

from netsim.errors import NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.netns import hold, put
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import File

MOUNT = Grammar(
    "BMRanvrwfilFhV",
    "otLU",
    long={"bind": ("B", ""), "options": ("o", "="), "types": ("t", "="), "make-shared": ("shared", ""), "make-private": ("private", "")},
)
UMOUNT = Grammar("aflnrvRdhV", "tO", long={"lazy": ("l", ""), "force": ("f", ""), "all": ("a", ""), "recursive": ("R", ""), "quiet": ("q", "")})
FAILED = 32
HINT = "       dmesg(1) may have more information after failed mount system call.\n"


def mount(call: Call) -> Result:
    """mount --bind NAMESPACE FILE."""
    try:
        found, words = parse(call.argv[1:], MOUNT)
    except OptionError as problem:
        return Result("", f"mount: {problem}\nTry 'mount --help' for more information.\n", 1)
    given = {option.name: option.argument or "" for option in found}
    if ("B" not in given and "bind" not in given.get("o", "").split(",")) or len(words) != 2:
        return Result("", "mount: netsim: only namespaces can be bound (mount --bind /proc/PID/ns/net FILE); nothing else is modelled\n", FAILED)
    source, target = words
    files = call.machine.files
    try:
        bound = getattr(files.resolve(call.proc, source), "bound", None)
    except NetError:
        return Result("", f"mount: {target}: special device {source} does not exist.\n{HINT}", FAILED)
    node = files.stat(call.proc, target)
    if node is None:
        return Result("", f"mount: {target}: mount point does not exist.\n{HINT}", FAILED)
    if not isinstance(bound, Netns) or not isinstance(node, File):
        return Result("", "mount: netsim: only namespaces can be bound to files\n", FAILED)
    if node.bound is not None:
        put(node.bound)
    node.bound = hold(bound)
    return Result()


def umount(call: Call) -> Result:
    """umount FILE..."""
    try:
        _, words = parse(call.argv[1:], UMOUNT)
    except OptionError as problem:
        return Result("", f"umount: {problem}\nTry 'umount --help' for more information.\n", 1)
    if not words:
        return Result("", "umount: bad usage\nTry 'umount --help' for more information.\n", 1)
    told = ""
    for word in words:
        node = call.machine.files.stat(call.proc, word)
        if node is None:
            told += f"umount: {word}: no mount point specified.\n"
        elif not isinstance(node, File) or node.bound is None:
            told += f"umount: {word}: not mounted.\n"
        else:
            put(node.bound)
            node.bound = None
            node.mode = 0
    return Result("", told, FAILED if told else 0)
