"""route (man route(8)): the tables as /proc/net shows them, and changes by ioctl."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.commands.nettools.families import AddressFamilies, UnknownFamily
from netsim.commands.nettools.inet6_route import set_route6
from netsim.commands.nettools.inet_route import set_route
from netsim.commands.nettools.names import host_name, net_name
from netsim.commands.nettools.usage import E_OPTERR, FEATURES_AF, FEATURES_HW, INET6_ROUTE, INET_ROUTE, RELEASE, route_usage
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

ROUTE_GRAMMAR = Grammar(
    flags="eCFhnN64Vv?", valued="A",
    long={
        "extend": ("e", ""), "verbose": ("v", ""), "version": ("V", ""), "numeric": ("n", ""), "symbolic": ("N", ""), "protocol": ("A", "="),
        "cache": ("C", ""), "fib": ("F", ""), "help": ("h", ""),
        **{name: (f"--{name}", "") for name in ("ax25", "ip", "ipx", "inet", "inet6", "netrom", "ddp", "appletalk", "rose", "unix", "tcpip", "x25")},
    },
)  # fmt: skip
FLAG_LETTERS = (
    (0x1, "U"), (0x2, "G"), (0x200, "!"), (0x4, "H"), (0x8, "R"), (0x10, "D"), (0x20, "M"),
)  # fmt: skip
HEADS = {
    1: "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n",
    2: "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n",
    3: "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt\n",
}
CACHE_HEADS = {
    1: "Source          Destination     Gateway         Flags Metric Ref    Use Iface\n",
    2: "Source          Destination     Gateway         Flags   MSS Window  irtt Iface\n",
    3: "Source          Destination     Gateway         Flags Metric Ref    Use Iface    MSS   Window irtt  TOS HHRef HHUptod     SpecDst\n",
}
NAMED, NUMBERS = "named", "numbers"


def _address(text: str) -> IPv4:
    """An address of /proc/net/route."""
    return IPv4(int.from_bytes(int(text, 16).to_bytes(4, "little"), "big"))


def _letters(flags: int) -> str:
    text = ""
    for bit, letter in FLAG_LETTERS:
        if flags & bit:
            text = "!" if letter == "!" else text + letter
    return text


def _destination(call: Call, address: IPv4, mask: IPv4, is_host: int) -> str:
    """A destination by name: `default` for everything but a host, a network's name, a host's."""
    if not address and not is_host:
        return "default"
    return _named(call, address, is_host or address & ~mask)


def _named(call: Call, address: IPv4, as_host: int) -> str:
    return host_name(call, address) if as_host else net_name(call, address)


def inet_table(call: Call, extent: int, style: str) -> str:
    """`Kernel IP routing table`; `extent` 1 to 3 chooses the columns, more prints none."""
    text = "Kernel IP routing table\n" + HEADS.get(extent, "")
    for line in call.proc.read_text("/proc/net/route").splitlines()[1:]:
        iface, dst, gateway, flag_text, refcnt, use, metric, mask, mtu, window, irtt = line.split()
        flags, net, via, genmask = int(flag_text, 16), _address(dst), _address(gateway), _address(mask)
        is_host = flags & 0x4
        shown = str(net) if style == NUMBERS else _destination(call, net, genmask, is_host)
        letters, is_reject = _letters(flags), flags & 0x200
        through = "-" if is_reject else str(via) if style == NUMBERS or not via else host_name(call, via)
        head = f"{shown[:15]:<15s} {through[:15]:<15s} {genmask!s:<15s} {letters:<5s}"
        if extent == 1:
            text += f"{head} {metric:<6s} -  {use:>7s} -\n" if is_reject else f"{head} {metric:<6s} {refcnt:<2s} {use:>7s} {iface}\n"
        elif extent == 2:
            text += f"{head}     - -          - -\n" if is_reject else f"{head} {mtu:>5s} {window:<5s} {irtt:>6s} {iface}\n"
        elif extent == 3:
            rest = (
                f" -  {use:>7s} -        -     -      -" if is_reject else f" {refcnt:<3s} {use:>6s} {iface[:6]:<6s}   {mtu:<5s} {window:<6s} {irtt}"
            )
            text += f"{head} {metric:<6s}{rest}\n"
    return text


def inet_cache(extent: int) -> str:
    """`Kernel IP routing cache`, empty since Linux 3.6."""
    return "Kernel IP routing cache\n" + CACHE_HEADS.get(extent, "")


FLAG6_LETTERS = (
    (0x2, "G"), (0x4, "H"), (0x8, "R"), (0x10, "D"), (0x20, "M"), (0x00010000, "d"), (0x00020000, "a"), (0x00040000, "A"),
    (0x00400000, "e"), (0x01000000, "C"), (0x00200000, "n"),
)  # fmt: skip


def inet6_table(call: Call, style: str) -> str:
    """`Kernel IPv6 routing table`."""
    text = "Kernel IPv6 routing table\nDestination                    Next Hop                   Flag Met Ref  Use If\n"
    for line in call.proc.read_text("/proc/net/ipv6_route").splitlines():
        dst, length, _, _, hop, metric, refcnt, use, flag_text, iface = line.split()
        flags = int(flag_text, 16)
        letters = ("!" if flags & 0x200 else "U") + "".join(letter for bit, letter in FLAG6_LETTERS if flags & bit)
        value = int(metric, 16)
        number = value - (1 << 32) if value >> 31 else value
        target = f"{_shown6(int(dst, 16), style)}/{int(length, 16)}"
        text += f"{target:<30s} {_shown6(int(hop, 16), style):<26s} {letters:<4s} {number:<3d} {int(refcnt, 16):<1d}{int(use, 16):7d} {iface}\n"
    return text


def _shown6(value: int, style: str) -> str:
    text = str(IPv6(value))
    return f"[{text}]" if style != NUMBERS and not value else text


def print_tables(call: Call, families: list[str], extent: int, style: str, what: frozenset[str]) -> Result:
    """The tables of each family, as `route` and `netstat -r` print them; `what` names "fib", "cache" or both."""
    out = ""
    for family in families:
        if family == "inet":
            out += inet_table(call, extent, style) if "fib" in what else ""
            out += inet_cache(extent) if "cache" in what else ""
        elif family == "inet6":
            out += inet6_table(call, style) if "fib" in what else ""
            if "cache" in what:
                return Result(out, "route: no support for `ND Table' on this system.\n", 1)
        else:
            problem = UNCONFIGURED.get(family, Result("", f"No routing for address family `{family}'.\n", E_OPTERR))
            return Result(out + problem.stdout, problem.stderr, problem.status)
    return Result(out)


UNCONFIGURED = {
    "ax25": Result("AX.25 not configured in this system.\n", "/proc/net/ax25_route: No such file or directory\n", 1),
    "ipx": Result("IPX routing not in file /proc/net/ipx/route or /proc/net/ipx_route found.\n", "No such file or directory\n", 1),
}
"""Families the tool could print but the kernel does not have."""
INET_ROUTES = {"inet": INET_ROUTE, "inet6": INET6_ROUTE}


def route(call: Call) -> Result:
    """The route command."""
    words = [{"-net": "#net", "-host": "#host"}.get(word, word) for word in call.argv[1:]]
    chosen = AddressFamilies()
    extent, style, what, is_help = 1, NAMED, set(), False
    try:
        options, rest = parse(words, ROUTE_GRAMMAR)
    except OptionError as error:
        told = route_usage(0)
        return Result(told.stdout, f"route: {error}\n" + told.stderr, 0)
    for option in options:
        try:
            chosen.take(option)
        except UnknownFamily as error:
            return Result("", f"{error}\n", 1)
        if option.name == "V":
            return Result(RELEASE + "+NEW_ADDRT +RTF_IRTT +RTF_REJECT +I18N +SELINUX\n" + FEATURES_AF + "HW:  " + FEATURES_HW)
        extent += option.name == "e"
        style = NUMBERS if option.name == "n" else style
        what |= {"C": {"cache"}, "F": {"fib"}}.get(option.name, set())
        is_help |= option.name in "h?"
    if is_help:
        return _help(chosen)
    if not rest:
        return print_tables(call, chosen.names or ["inet"], extent, style, frozenset(what or {"fib"}))
    action = {"add": "add", "del": "del", "delete": "del", "flush": "flush"}.get(rest[0])
    if action is None:
        return route_usage(E_OPTERR)
    return _edit(call, action, chosen.names or ["inet"], rest[1:], frozenset(what))


def _help(chosen: AddressFamilies) -> Result:
    if not chosen.names:
        return route_usage(0)
    return Result("".join(INET_ROUTES.get(name, "") for name in chosen.names))


def _edit(call: Call, action: str, families: list[str], words: list[str], what: frozenset[str]) -> Result:
    family = families[0]
    if family not in INET_ROUTES:
        return Result("", f'netsim: "route -A {family}" is not modelled\n', 1)
    usage = INET_ROUTES[family]
    if action == "flush":
        return Result("", f"Flushing `{family}' routing table not supported\n{usage}", E_OPTERR)
    if "cache" in what and family == "inet":
        return Result("", f"Modifying `inet' routing cache not supported\n{usage}", E_OPTERR)
    if not words:
        return Result(usage)
    return (set_route if family == "inet" else set_route6)(call, action, words)
