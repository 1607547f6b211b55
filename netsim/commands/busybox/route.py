"""route of BusyBox: shows and changes the tables through /proc/net/route and ioctls (networking/route.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6, mask4
from netsim.commands.nettools.names import HOST_FIRST, NET_FIRST, Unresolved, networks, resolve
from netsim.errors import NetError, strerror
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.rtnl.ioctl_route import RTF_GATEWAY, RTF_HOST, RTF_IRTT, RTF_MSS, RTF_REJECT, RTF_WINDOW, RouteEntry, add_route, delete_route
from netsim.kernel.rtnl.route import HopRequest, RouteRequest, delroute, newroute
from netsim.machine.call import Call, Invoked, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import name_in_hosts
from netsim.programs.busybox.applet import Die, Options, die, die_errno, ended, read_options, unsigned, usage

APPLET = "route"
RTF_UP, RTF_REINSTATE, RTF_DYNAMIC, RTF_MODIFIED = 0x1, 0x8, 0x10, 0x20
MARKS = {"reject": RTF_REJECT, "mod": RTF_MODIFIED, "dyn": RTF_DYNAMIC, "reinstate": RTF_REINSTATE}
LETTERS = ((0x2, "G"), (0x4, "H"), (0x8, "R"), (0x10, "D"), (0x20, "M"), (0x40000, "D"), (0x80000, "A"), (0x1000000, "C"), (0x200000, "n"))
METRIC, MSS = "Metric Ref    Use", "  MSS Window  irtt"
"""The columns in the middle: of route, and of `route -e` and netstat."""
ULONG_MAX = 0xFFFFFFFF
EAI_AGAIN = -3


def route(call: Call) -> Any:
    """route (BusyBox)."""
    return ended(_route, call)


def _route(call: Call) -> Result:
    words = ["#" + word[1:] if word in ("-net", "-host") else word for word in call.argv[1:]]
    options = read_options(Invoked(call.proc, (call.argv[0], *words)), Grammar("ne", "A", in_order=True))
    is_inet6 = options.get("A") == "inet6"
    if "A" in options and options.get("A") not in ("inet", "inet6"):
        raise usage(APPLET)
    if not options.words:
        return Result(inet6_table(call) if is_inet6 else inet_table(call, MSS if "e" in options else METRIC, is_numeric=int("n" in options)))
    action, *rest = options.words
    if action not in ("add", "del", "delete") or not rest:
        raise usage(APPLET)
    return _change6(call, action, rest) if is_inet6 else _change(call, options, action, rest)


# showing ---------------------------------------------------------------------------------------------------------------


def _flags(flags: int) -> str:
    text = "!" if flags & RTF_REJECT else "U"
    return text + "".join(letter for bit, letter in LETTERS if flags & bit)


def _shown(call: Call, address: IPv4, *, is_numeric: int, empty: str, mask: int = ULONG_MAX) -> str:
    if not address and (not is_numeric or empty == "default"):
        return empty if not is_numeric else str(address)
    if is_numeric:
        return str(address)
    if address & ~mask & ULONG_MAX or mask == ULONG_MAX:
        return name_in_hosts(call.proc.read_text("/etc/hosts"), address) or str(address)
    return next((name for name, net in networks(call) if net == address), str(address))


def _little(text: str) -> IPv4:
    return IPv4(int.from_bytes(int(text, 16).to_bytes(4, "little"), "big"))


def inet_table(call: Call, middle: str, *, is_numeric: int) -> str:
    """The IPv4 table (`bb_displayroutes`)."""
    text = f"Kernel IP routing table\nDestination     Gateway         Genmask         Flags {middle} Iface\n"
    for line in call.proc.read_text("/proc/net/route").splitlines()[1:]:
        name, dst, gateway, flag_text, ref, use, metric, mask, mtu, window, irtt = line.split()[:11]
        flags = int(flag_text, 16)
        if not flags & RTF_UP:
            continue
        netmask = _little(mask)
        shown = _shown(call, _little(dst), is_numeric=is_numeric, empty="default", mask=int(netmask))
        way = _shown(call, _little(gateway), is_numeric=is_numeric, empty="*")
        text += f"{shown:<15.15s} {way:<15.15s} {netmask!s:<16s}{_flags(flags):<6s}"
        numbers = f"{int(mtu):5d} {int(window):<5d} {int(irtt):6d}" if middle == MSS else f"{int(metric):<6d} {int(ref):<2d} {int(use):7d}"
        text += f"{numbers} {name}\n"
    return text


def inet6_table(call: Call) -> str:
    """The IPv6 table, numbers always (`INET6_displayroutes`)."""
    text = f"Kernel IPv6 routing table\n{'Destination':<44s}{'Next Hop':<40s}Flags Metric Ref    Use Iface\n"
    for line in call.proc.read_text("/proc/net/ipv6_route").splitlines():
        dst, length, _, _, gateway, metric, ref, use, flag_text, name = line.split()
        flags = int(flag_text, 16)
        if not flags & RTF_UP and not flags & RTF_REJECT:
            continue
        number = int(metric, 16) if int(metric, 16) < 1 << 31 else int(metric, 16) - (1 << 32)
        target = f"{IPv6(int(dst, 16))}/{int(length, 16)}"
        text += f"{target:<43s} {IPv6(int(gateway, 16))!s:<39s} {_flags(flags):<5s} {number:<6d} {int(ref, 16):<2d} {int(use, 16):7d} {name:<8s}\n"
    return text


# changing --------------------------------------------------------------------------------------------------------------


def _resolved(call: Call, word: str, prefer: str) -> tuple[IPv4, bool]:
    try:
        found = resolve(call, word, prefer)
    except Unresolved:
        raise die(APPLET, f"resolving {word}") from None
    return found.address, found.is_net


@attrs.define(eq=False)
class Change:
    """What an IPv4 command names."""

    call: Call
    words: list[str]
    dst: IPv4 = IPv4(0)
    mask: IPv4 | None = None
    flags: int = RTF_UP
    gateway: IPv4 | None = None
    numbers: dict[str, int] = attrs.field(factory=dict)
    device: str | None = None

    def argument(self) -> str:
        """The next word; the usage without one."""
        if not self.words:
            raise usage(APPLET)
        return self.words.pop(0)


def _change(call: Call, options: Options, action: str, words: list[str]) -> Result:
    change = Change(call, list(words))
    _target(change)
    while change.words:
        _word(change, change.words.pop(0))
    _check(change)
    if change.flags & RTF_REJECT and change.device is None:
        change.device = "lo"
    entry = RouteEntry(
        change.dst, change.mask or IPv4(0), change.gateway, change.flags, change.numbers.get("metric", 0), change.device,
        change.numbers.get("mss", 0), change.numbers.get("window", 0), change.numbers.get("irtt", 0),
    )  # fmt: skip
    try:
        (add_route if action == "add" else delete_route)(call.netns, entry)
    except NetError as error:
        raise die_errno(APPLET, "SIOCADDRT" if action == "add" else "SIOCDELRT", error) from None
    return Result()


def _target(change: Change) -> None:
    kind = change.words.pop(0) if change.words[0] in ("#net", "#host") else ""
    word = change.argument()
    body, slash, length = word.partition("/")
    if slash:
        change.mask = IPv4(mask4(unsigned(APPLET, length, 32)))
    change.dst, is_net = _resolved(change.call, body, HOST_FIRST if kind == "#host" else NET_FIRST)
    if not {"#net": True, "#host": False}.get(kind, is_net):
        change.flags |= RTF_HOST


def _word(change: Change, word: str) -> None:
    if word == "metric":
        change.numbers["metric"] = unsigned(APPLET, change.argument()) + 1
    elif word == "netmask":
        if change.mask:
            raise usage(APPLET)
        change.mask, _ = _resolved(change.call, change.argument(), NET_FIRST)
    elif word in ("gw", "gateway"):
        if change.flags & RTF_GATEWAY:
            raise usage(APPLET)
        name = change.argument()
        change.gateway, is_net = _resolved(change.call, name, HOST_FIRST)
        if is_net:
            raise die(APPLET, f"gateway {name} is a NETWORK")
        change.flags |= RTF_GATEWAY
    elif word in ("mss", "window", "irtt"):
        value = unsigned(APPLET, change.argument(), 32768 if word == "mss" else ULONG_MAX, {"mss": 64, "window": 128}.get(word, 0))
        change.numbers[word] = value
        change.flags |= {"mss": RTF_MSS, "window": RTF_WINDOW, "irtt": RTF_IRTT}[word]
    elif word in MARKS:
        change.flags |= MARKS[word]
    else:
        if word in ("dev", "device"):
            word = change.argument()
        elif change.words:
            raise usage(APPLET)
        if change.device is not None:
            raise usage(APPLET)
        change.device = word


def _check(change: Change) -> None:
    if change.mask is None:
        return
    host = ~int(change.mask) & ULONG_MAX
    if change.flags & RTF_HOST and host:
        raise die(APPLET, f"netmask {host:08x} and host route conflict")
    if host & (host + 1):
        raise die(APPLET, f"bogus netmask {change.mask}")
    if change.dst & host:
        raise die(APPLET, "netmask and route address conflict")


def _change6(call: Call, action: str, words: list[str]) -> Result:
    """An IPv6 route: TARGET[/LENGTH] [gw ADDRESS] [metric N] [dev DEVICE]."""
    queue = [word for word in words if word not in ("#net", "#host")]
    target = queue.pop(0) if queue else ""
    body, slash, length = ("::", "/", "0") if target == "default" else target.partition("/")
    gateway, device, metric = None, None, 1
    dst, size = _address6(body), unsigned(APPLET, length, 128) if slash else 128
    while queue:
        word = queue.pop(0)
        if word in ("gw", "gateway", "metric", "dev", "device"):
            if not queue:
                raise usage(APPLET)
            value = queue.pop(0)
        else:
            word, value = "dev", word
        if word in ("gw", "gateway"):
            gateway = _address6(value)
        elif word == "metric":
            metric = unsigned(APPLET, value, ULONG_MAX)
        else:
            device = value
    dev = call.netns.device(device) if device is not None else None
    if device is not None and dev is None:
        raise die(APPLET, "SIOCGIFINDEX: No such device")
    hops = (HopRequest(dev.ifindex if dev is not None else 0, gateway),)
    request = RouteRequest(dst, size, priority=metric, hops=hops, family=10)
    try:
        if action == "add":
            newroute(call.netns, request, NLM_F_CREATE | NLM_F_EXCL)
        else:
            delroute(call.netns, request)
    except NetError as error:
        raise die(APPLET, f"{'SIOCADDRT' if action == 'add' else 'SIOCDELRT'}: {strerror(error.errno)}") from None
    return Result()


def _address6(word: str) -> IPv6:
    try:
        return IPv6.parse(word)
    except ValueError:
        raise Die(Result("", f"{APPLET}: getaddrinfo: {word}: {EAI_AGAIN}\n{APPLET}: resolving {word}\n", 1)) from None
