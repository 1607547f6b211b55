"""ip address of BusyBox: listing, flushing, adding and removing (`libiproute/ipaddress.c`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6, mask4
from netsim.clock import SECOND
from netsim.commands.busybox.ip.words import AF_INET, AF_INET6, AF_PACKET, Ip, Prefix, address, device, keyword, name_in, named, prefix, whole
from netsim.commands.ip.link_show import LINK_TYPES, operstate
from netsim.errors import EOPNOTSUPP, ERANGE, NetError
from netsim.kernel.core.device_life import dev_get_flags
from netsim.kernel.core.netdevice import IFF_POINTOPOINT, IFF_RUNNING, IFF_UP, NetDevice
from netsim.kernel.rtnl.addr import AddrRequest, deladdr, newaddr
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.link import dumped
from netsim.kernel.tables.inet import IFA_F_PERMANENT, IFA_F_SECONDARY, Ifa
from netsim.kernel.tables.inet6 import Ifa6
from netsim.machine.call import Result
from netsim.programs.busybox.applet import Die

FLAGS = ((0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"), (0x80, "NOARP"), (0x1, "UP"), (0x10000, "LOWER_UP"))
"""The flags it has names for; the rest is shown in hexadecimal."""
MARKS = ((IFA_F_SECONDARY, "secondary "), (0x40, "tentative "), (0x08, "dadfailed "), (0x20, "deprecated "))
RT_SCOPE_HOST = 254
FOREVER = 0xFFFFFFFF
COMMANDS = ("add", "change", "chg", "replace", "delete", "list", "show", "lst", "flush")
REQUESTS = {"add": NLM_F_CREATE | NLM_F_EXCL, "change": NLM_F_REPLACE, "chg": NLM_F_REPLACE, "replace": NLM_F_CREATE | NLM_F_REPLACE, "delete": 0}
OPTIONS = ("peer", "remote", "broadcast", "brd", "anycast", "valid_lft", "preferred_lft", "scope", "dev", "label", "local")
IFA_F_NOPREFIXROUTE = 0x200


def do_ipaddr(ip: Ip) -> None:
    """ip address (`do_ipaddr`)."""
    if not ip.more():
        show(ip)
        return
    word = ip.take()
    command = keyword(word, COMMANDS)
    if not command:
        raise ip.wrong(word, "ip")
    if command in REQUESTS:
        modify(ip, command)
    elif command == "flush":
        flush(ip)
    else:
        show(ip)


# listing ---------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Wanted:
    """What a listing or flush is asked about."""

    family: int
    to: Prefix | None = None
    scope: int | None = None
    up: int = 0
    label: str | None = None
    dev: NetDevice | None = None


def _read(ip: Ip) -> Wanted:
    wanted = Wanted(ip.family)
    name: str | None = None
    while ip.more():
        word = ip.take()
        if word == "to":
            wanted.to = prefix(ip, ip.argument(), wanted.family)
            wanted.family = wanted.family or wanted.to.family
        elif word == "scope":
            value = ip.argument()
            wanted.scope = None if value == "all" else named(ip, "scope", value, "scope")
        elif word == "up":
            wanted.up = 1
        elif word == "label":
            wanted.label = ip.argument()
        else:
            if word == "dev":
                word = ip.argument()
            if name is not None:
                raise ip.twice("dev", word)
            name = word
    wanted.dev = device(ip, name) if name is not None else None
    return wanted


def addresses_of(dev: NetDevice, family: int) -> list[Ifa | Ifa6]:
    """A device's addresses, IPv4 first."""
    found: list[Ifa | Ifa6] = []
    if family in (0, AF_INET) and dev.inet is not None:
        found += dev.inet.addresses
    if family in (0, AF_INET6) and dev.inet6 is not None:
        found += dev.inet6.addresses
    return found


def _local(ifa: Ifa | Ifa6) -> IPv4 | IPv6:
    return ifa.local if isinstance(ifa, Ifa) else ifa.address


def _passes(dev: NetDevice, ifa: Ifa | Ifa6, wanted: Wanted) -> bool:
    if wanted.scope is not None and ifa.scope != wanted.scope:
        return False
    if wanted.label is not None and not fnmatchcase(ifa.label if isinstance(ifa, Ifa) else dev.name, wanted.label):
        return False
    if wanted.to is None or not wanted.to.family:
        return True
    value, wide = _local(ifa), 32 if wanted.to.family == AF_INET else 128
    other = int(value) if isinstance(value, IPv4) == (wide == 32) else int(value) >> 96 if wide == 32 else int(value) << 96
    return not (other ^ int(wanted.to.address or 0)) >> (wide - wanted.to.length)


def show(ip: Ip) -> None:
    """ip address show (`ipaddr_list_or_flush`)."""
    wanted = _read(ip)
    for dev in dumped(ip.netns):
        if wanted.dev is not None and dev is not wanted.dev:
            continue
        fitting = [ifa for ifa in addresses_of(dev, wanted.family) if _passes(dev, ifa, wanted)] if wanted.family != AF_PACKET else []
        if wanted.family in (AF_INET, AF_INET6) and not fitting:
            continue
        is_told = ip.newline == "\n" or wanted.family == AF_PACKET
        if is_told:
            if wanted.up and not dev.flags & IFF_UP:
                continue
            if wanted.label is not None and wanted.family in (0, AF_PACKET) and not fnmatchcase(dev.name, wanted.label):
                continue
            ip.print(link_text(ip, dev, wanted.family))
        for ifa in fitting:
            ip.print(("" if is_told else f"{dev.ifindex}: {dev.name}") + address_text(ip, ifa))


def link_flags(dev: NetDevice) -> str:
    """What stands between the angle brackets but for M-DOWN (`print_link_flags`)."""
    flags = dev_get_flags(dev)
    names = ["NO-CARRIER"] if flags & IFF_UP and not flags & IFF_RUNNING else []
    flags &= ~IFF_RUNNING
    for bit, name in FLAGS:
        if flags & bit:
            names.append(name)
            flags &= ~bit
    return ",".join(names) + ("," if names[-1:] == ["NO-CARRIER"] else "") + (f"{flags:x}" if flags else "")


def link_text(ip: Ip, dev: NetDevice, family: int) -> str:
    """A device's line or two (`print_linkinfo`); the IPv6 side of devices knows neither queue nor master."""
    is_inet6 = ip.family == AF_INET6
    text = f"{dev.ifindex}: {dev.name}"
    lower = dev.lower()
    is_down = 0
    if lower is not None and (not is_inet6 or lower.ifindex != dev.ifindex):
        here = ip.netns.devices.get(lower.ifindex)
        text += f"@{here.name if here is not None else f'if{lower.ifindex}'}: "
        is_down = int(here is None or not here.flags & IFF_UP)
    elif dev.is_tunnel and lower is None and not is_inet6:
        text += "@NONE: "
    else:
        text += ": "
    text += f"<{link_flags(dev)}{',M-DOWN' if is_down else ''}> mtu {dev.mtu} "
    if not is_inet6:
        text += f"qdisc {dev.qdisc} "
        text += f"master {dev.master.name} " if dev.master is not None else ""
    if ip.has_states:
        text += f"state {operstate(dev)} "
    if dev.tx_queue_len:
        text += f"qlen {dev.tx_queue_len}"
    if family in (0, AF_PACKET):
        text += f"{ip.newline}    link/{LINK_TYPES.get(dev.type, f'[{dev.type}]')} "
        if dev.link_address():
            text += f"{dev.link_address()} {'peer' if dev.flags & IFF_POINTOPOINT else 'brd'} {dev.link_broadcast()}"
    return text + "\n"


def address_text(ip: Ip, ifa: Ifa | Ifa6) -> str:
    """One address (`print_addrinfo`)."""
    local = _local(ifa)
    text = f"    inet {local}" if isinstance(ifa, Ifa) else f"    inet6 {local}"
    peer = ifa.peer if ifa.peer is not None else local
    is_same = peer == local if isinstance(ifa, Ifa) else peer >> 96 == local >> 96  # it compares four bytes of either
    text += f"/{ifa.length} " if is_same else f" peer {peer}/{ifa.length} "
    if isinstance(ifa, Ifa) and ifa.broadcast is not None:
        text += f"brd {ifa.broadcast} "
    text += f"scope {name_in('scope', ifa.scope)} "
    flags = ifa.flags & 0xFF
    if isinstance(ifa, Ifa) and ifa.preferred == 0:
        flags |= 0x20
    for bit, word in MARKS:
        if flags & bit:
            text += word
            flags &= ~bit
    text += "" if flags & IFA_F_PERMANENT else "dynamic "
    flags &= ~IFA_F_PERMANENT
    text += f"flags {flags:02x} " if flags else ""
    text += ifa.label if isinstance(ifa, Ifa) else ""
    passed = (ip.netns.kernel.clock.now - ifa.updated) // SECOND
    lives = [None if life is None or ifa.valid is None else max(0, life - passed) for life in (ifa.valid, ifa.preferred)]
    valid, preferred = ("forever" if life is None else f"{life}sec" for life in lives)
    return f"{text}{ip.newline}       valid_lft {valid} preferred_lft {preferred}\n"


def flush(ip: Ip) -> None:
    """ip address flush."""
    if not ip.more():
        raise ip.fail("flush requires an argument")
    if ip.family == AF_PACKET:
        raise ip.fail("can't flush link addresses")
    wanted = _read(ip)
    for dev in dumped(ip.netns):
        if wanted.dev is not None and dev is not wanted.dev:
            continue
        for ifa in [ifa for ifa in addresses_of(dev, wanted.family) if _passes(dev, ifa, wanted)]:
            _flushed(ip, dev, ifa)


def _flushed(ip: Ip, dev: NetDevice, ifa: Ifa | Ifa6) -> None:
    peer = ifa.peer if isinstance(ifa, Ifa) and ifa.peer != ifa.local else None
    try:
        deladdr(dev, AddrRequest(_local(ifa), ifa.length, peer, label=ifa.label if isinstance(ifa, Ifa) else None))
    except NetError as error:
        if error.errno not in GONE_ALREADY:
            raise ip.answers(error) from None


GONE_ALREADY = (99,)
"""EADDRNOTAVAIL: secondaries that went with their primary."""


# changing --------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Change:
    """What an address command names."""

    family: int
    local: Prefix | None = None
    peer: Prefix | None = None
    broadcast: Any = None
    anycast: Any = None
    scope: int | None = None
    dev: str | None = None
    label: str | None = None
    flags: int = 0
    valid: int | None = None
    preferred: int | None = None


def modify(ip: Ip, command: str) -> None:
    """ip address add, change, replace, delete (`ipaddr_modify`)."""
    change = Change(ip.family)
    while ip.more():
        word = ip.take()
        if word == "noprefixroute":
            change.flags |= IFA_F_NOPREFIXROUTE
            continue
        option = word if word in OPTIONS else "local"
        _word(ip, change, option, ip.argument() if word in OPTIONS else word)
    if change.dev is None:
        raise ip.fail('need "dev IFACE"')
    if change.label is not None and not change.label.startswith(change.dev):
        raise ip.fail(f'"dev" ({change.dev}) must match "label" ({change.label})')
    _carry_out(ip, change, command)


def _word(ip: Ip, change: Change, option: str, value: str) -> None:
    if option in ("peer", "remote"):
        if change.peer is not None and change.peer.address is not None:
            raise ip.repeated("peer", value)
        change.peer = prefix(ip, value, change.family)
        change.family = change.family or change.peer.family
    elif option in ("broadcast", "brd"):
        if change.broadcast is not None:
            raise ip.repeated("broadcast", value)
        change.broadcast = value if value in ("+", "-") else address(ip, value, change.family)
        if not isinstance(change.broadcast, str):
            change.family = change.family or (AF_INET if isinstance(change.broadcast, IPv4) else AF_INET6)
    elif option == "anycast":
        if change.anycast is not None:
            raise ip.repeated("anycast", value)
        change.anycast = address(ip, value, change.family)  # the kernel does not look at it
    elif option == "valid_lft":
        change.valid = _lifetime(ip, value, option)
        if change.valid == 0:
            raise ip.fail("valid_lft is zero")
    elif option == "preferred_lft":
        change.preferred = _lifetime(ip, value, option)
    elif option == "scope":
        change.scope = named(ip, "scope", value, "scope")
    elif option == "dev":
        change.dev = value
    elif option == "label":
        change.label = value
    else:
        if change.local is not None and change.local.address is not None:
            raise ip.twice("local", value)
        change.local = prefix(ip, value, change.family)
        change.family = change.family or change.local.family


def _lifetime(ip: Ip, word: str, option: str) -> int | None:
    seconds = None if word == "forever" else whole(ip, word, option)
    return None if seconds == FOREVER else seconds


def _carry_out(ip: Ip, change: Change, command: str) -> None:
    local = change.local
    length = change.peer.length if change.peer is not None else 0
    length = length or (local.length if local is not None else 0)
    broadcast = change.broadcast
    if isinstance(broadcast, str):
        if change.family != AF_INET and command != "delete":
            raise ip.fail("broadcast can be set only for IPv4 addresses")
        broadcast = _derived(broadcast, change.peer or local)
    if change.valid is not None and (change.preferred is None or change.preferred > change.valid):
        raise Die(Result("", "preferred_lft is greater than valid_lft\n", 1))  # without its name
    assert change.dev is not None
    dev = device(ip, change.dev)
    scope = change.scope
    if scope is None and command != "delete":
        value = local.address if local is not None else None
        scope = RT_SCOPE_HOST if isinstance(value, IPv4) and value >> 24 == 127 else 0
    try:
        ip.netns.kernel.require_admin()
        if local is None or (local.address is None and not change.family):
            raise NetError(EOPNOTSUPP)
        if local.address is None:
            raise NetError(ERANGE)  # an address without bytes does not pass the kernel's policy
        peer = change.peer.address if change.peer is not None else None
        request = AddrRequest(local.address, length, peer, broadcast, change.label, scope, change.flags, change.valid, change.preferred)
        if command == "delete":
            deladdr(dev, attrs.evolve(request, is_bare=peer is None))  # without IFA_ADDRESS the kernel does not compare lengths
        else:
            newaddr(dev, request, REQUESTS[command])
    except NetError as error:
        raise ip.answers(error) from None


def _derived(sign: str, of: Prefix | None) -> IPv4 | None:
    """`brd +` and `brd -`: all ones or all zeros below the mask, none where that leaves no host."""
    if of is None or not isinstance(of.address, IPv4) or of.length > 30:
        return None
    mask = mask4(of.length)
    return IPv4(of.address & mask if sign == "-" else of.address & mask | ~mask & 0xFFFFFFFF)
