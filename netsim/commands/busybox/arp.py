"""arp of BusyBox (networking/arp.c)."""

from __future__ import annotations

from typing import Any

from netsim.addr import MAC, IPv4
from netsim.commands.nettools.names import Unresolved, resolve
from netsim.errors import ENXIO, NetError
from netsim.kernel.rtnl.ioctl_route import ATF_COM, ATF_PERM, ATF_PUBL, ArpEntry, delete_arp, set_arp
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import inet_aton, name_in_hosts
from netsim.programs.busybox.applet import Options, die, die_errno, ended, read_options, usage

APPLET = "arp"
ETHERNET = 1
GRAMMAR = Grammar("nDsdav", "AptHi")


def arp(call: Call) -> Any:
    """arp (BusyBox)."""
    return ended(_arp, call)


def _arp(call: Call) -> Result:
    options = read_options(call, GRAMMAR)
    for letter in "Ap":
        if letter in options and options.get(letter) != "inet":
            raise die(APPLET, f"{options.get(letter)}: unknown address family")
    if options.get("H", options.get("t", "ether")) != "ether":
        raise die(APPLET, f"{options.get('H', options.get('t'))}: unknown hardware type")
    words = list(options.words)
    if "d" in options:
        return _delete(call, options, words)
    if "s" in options:
        return _set(call, options, words)
    return _show(call, options, words)


def _host(call: Call, word: str) -> IPv4:
    try:
        return resolve(call, word, "host").address
    except Unresolved:
        raise die(APPLET, f"{word}: Host name lookup failure") from None


def _delete(call: Call, options: Options, words: list[str]) -> Result:
    if not words:
        raise die(APPLET, "need host name")
    address = _host(call, words.pop(0))
    kinds = ["pub"] if words[:1] == ["pub"] else ["priv", "pub"]
    for kind in kinds:
        try:
            delete_arp(call.netns, ArpEntry(address, flags=ATF_PERM | (ATF_PUBL if kind == "pub" else 0), device=options.get("i", "")))
        except NetError as error:
            if kind == "priv" and error.errno == ENXIO:
                continue  # not an entry of its own: perhaps one that is published
            raise die_errno(APPLET, f"SIOCDARP({kind})", error) from None
        break
    return Result()


def _set(call: Call, options: Options, words: list[str]) -> Result:
    if not words:
        raise die(APPLET, "need host name")
    address = _host(call, words.pop(0))
    if not words:
        raise die(APPLET, "need hardware address")
    lladdr = _of_device(call, words.pop(0)) if "D" in options else _mac(words.pop(0))
    flags = ATF_PERM | ATF_COM
    device = options.get("i", "")
    while words:
        word = words.pop(0)
        if word == "temp":
            flags &= ~ATF_PERM
        elif word == "pub":
            flags |= ATF_PUBL
        elif word == "dev" and words:
            device = words.pop(0)
        else:
            raise usage(APPLET)
    try:
        set_arp(call.netns, ArpEntry(address, lladdr, ETHERNET, flags, device=device))
    except NetError as error:
        raise die_errno(APPLET, "SIOCSARP", error) from None
    return Result()


def _mac(word: str) -> MAC:
    try:
        return MAC.parse(word)
    except ValueError:
        raise die(APPLET, "invalid hardware address") from None


def _of_device(call: Call, name: str) -> MAC:
    dev = call.netns.device(name)
    if dev is None:
        raise die(APPLET, f"can't get HW-Address for '{name}'")
    return dev.address


def _show(call: Call, options: Options, words: list[str]) -> Result:
    wanted = _host(call, words[0]) if words else None
    text, count, shown = "", 0, 0
    for line in call.proc.read_text("/proc/net/arp").splitlines()[1:]:
        address_text, _, flag_text, lladdr, _, device = line.split()
        address, flags = inet_aton(address_text), int(flag_text, 16)
        count += 1
        if (wanted is not None and address != wanted) or options.get("i", device) != device:
            continue
        shown += 1
        name = name_in_hosts(call.proc.read_text("/etc/hosts"), address) if "n" not in options and address is not None else None
        text += f"{name or '?'} ({address_text}) at "
        if flags & ATF_COM:
            text += f"{lladdr} [ether] "
        else:
            text += "* " if flags & ATF_PUBL else "<incomplete> "
        text += "PERM" if flags & ATF_PERM else ""
        text += " PUP" if flags & ATF_PUBL else ""  # spelt so in the real one
        text += f" on {device}\n"
    if (wanted is not None or "i" in options) and not shown:
        text += f"No match found in {count} entries\n"
    return Result(text)
