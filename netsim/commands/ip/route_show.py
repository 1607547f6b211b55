"""Routes in words (`iproute.c:print_route`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4, IPv6
from netsim.commands.ip import nexthop_show
from netsim.commands.ip.names import NAMES, name_of
from netsim.kernel.rtnl.route import hop_flags
from netsim.kernel.tables.fib import (
    RT_SCOPE_UNIVERSE,
    RT_TABLE_MAIN,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTNH_F_ONLINK,
    RTNH_F_PERVASIVE,
    TCP_CONGESTION,
    NextHop,
    Route,
)

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def _flags(session: Ip, hop: NextHop) -> list[str]:
    flags = hop_flags(session.netns, hop)
    names = []
    for bit, name in ((RTNH_F_DEAD, "dead"), (RTNH_F_ONLINK, "onlink"), (RTNH_F_PERVASIVE, "pervasive"), (RTNH_F_LINKDOWN, "linkdown")):
        if flags & bit:
            names.append(name)
    return names


def _hop_flags(session: Ip, hop: NextHop) -> str:
    return "".join(f"{name} " for name in _flags(session, hop))


def _dev(session: Ip, ifindex: int) -> str:
    dev = session.netns.devices.get(ifindex)
    return dev.name if dev is not None else f"if{ifindex}"


def destination(route: Route) -> str:
    """`default`, an address, or a prefix."""
    if not route.length:
        return "default"
    return str(route.dst) if route.length == 32 else f"{route.dst}/{route.length}"


def _via(gateway: IPv4 | IPv6) -> str:
    """A gateway of the other protocol is told with its family (RTA_VIA)."""
    return "via" if isinstance(gateway, IPv4) else "via inet6"


def gateway_item(gateway: IPv4 | IPv6) -> dict[str, Any]:
    """The same as -j prints it."""
    return {"gateway": str(gateway)} if isinstance(gateway, IPv4) else {"via": {"family": "inet6", "host": str(gateway)}}


def type_word(session: Ip, kind: int) -> str:
    """A route's type by name, or with -N as it is."""
    return str(kind) if session.style.numeric else NAMES["type"][kind]


def line(session: Ip, route: Route, wanted: Any) -> str:
    """One route; fields that every route shown shares are left out."""
    style = session.style
    details = style.details > 0
    text = ""
    if route.type != RTN_UNICAST or details:
        text += f"{type_word(session, route.type)} "
    text += style.paint_address(route.dst, f"{destination(route)} ") if route.length else destination(route) + " "
    if route.tos and wanted.tos is None:
        text += f"tos 0x{route.tos:02x} "
    if route.nh is not None:
        text += f"nhid {route.nh.id} "
    single = route.nexthops[0] if len(route.nexthops) == 1 else None
    if single is not None:
        if single.gateway is not None and (wanted.via is None or isinstance(single.gateway, IPv6)):
            text += f"{_via(single.gateway)} {style.paint_address(single.gateway, f'{single.gateway} ')}"
        if not wanted.dev:
            text += f"dev {style.paint('ifname', f'{_dev(session, single.ifindex)} ')}"
    if (route.table != RT_TABLE_MAIN or details) and wanted.table == 0:
        text += f"table {name_of(session, 'table', route.table)} "
    if (route.protocol != 3 or details) and wanted.protocol is None:
        text += f"proto {name_of(session, 'protocol', route.protocol)} "
    if (route.scope != RT_SCOPE_UNIVERSE or details) and wanted.scope is None:
        text += f"scope {name_of(session, 'scope', route.scope)} "
    if route.prefsrc is not None and wanted.src is None:
        text += f"src {style.paint_address(route.prefsrc, f'{route.prefsrc} ')}"
    if route.priority and wanted.metric is None:
        text += f"metric {route.priority} "
    if single is not None:
        text += _hop_flags(session, single)
    text += metrics_text(route.metrics)
    if route.nh is not None and details:
        text += nh_info(session, route.nh.id)
    if len(route.nexthops) > 1:
        for hop in route.nexthops:
            text += f"{style.newline}\tnexthop "
            if hop.gateway is not None:
                text += f"{_via(hop.gateway)} {style.paint_address(hop.gateway, f'{hop.gateway} ')}"
            text += f"dev {style.paint('ifname', f'{_dev(session, hop.ifindex)} ')}weight {hop.weight} " + _hop_flags(session, hop)
    return text


def nh_info(session: Ip, number: int) -> str:
    """The nexthop object a route leads by, in a line of its own even under -o."""
    known = nexthop_show.info(session, number)
    return f"\n\tnh_info {nexthop_show.line(session, known)}" if known is not None else ""


def metrics_text(metrics: tuple[tuple[str, int], ...]) -> str:
    """A route's metrics in the kernel's order (`print_rta_metrics`)."""
    locked = {name.removeprefix("lock ") for name, value in metrics if name.startswith("lock ")}
    return "".join(f"{name} {'lock ' if name in locked else ''}{metric_text(name, value)} " for name, value in ordered_metrics(metrics))


METRIC_ORDER = (
    "mtu", "window", "rtt", "rttvar", "ssthresh", "cwnd", "advmss", "reordering", "hoplimit", "initcwnd", "features", "rto_min", "initrwnd", "quickack", "congctl",
    "fastopen_no_cookie",
)  # fmt: skip
PER_MS = {"rtt": 8, "rttvar": 4, "rto_min": 1}


def ordered_metrics(metrics: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """The metrics by their numbers (`RTAX_*`)."""
    return sorted(((name, value) for name, value in metrics if not name.startswith("lock ")), key=_number)


def _number(metric: tuple[str, int]) -> int:
    return METRIC_ORDER.index(metric[0])


def metric_text(name: str, value: int) -> str:
    """Times are kept in parts of a ms and told in ms or s."""
    if name == "features":
        return "ecn"
    if name == "congctl":
        return TCP_CONGESTION[value]
    if name not in PER_MS:
        return str(value)
    ms = value // PER_MS[name]
    return f"{ms / 1000:g}s" if ms >= 1000 else f"{ms}ms"


def metrics_json(metrics: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """The metrics as -j tells them."""
    return {
        ("ecn" if name == "features" else name): None
        if name == "features"
        else TCP_CONGESTION[value]
        if name == "congctl"
        else value // PER_MS.get(name, 1)
        for name, value in ordered_metrics(metrics)
    }


def json_route(session: Ip, route: Route, wanted: Any) -> dict[str, Any]:
    """One route as -j prints it."""
    item: dict[str, Any] = {}
    details = session.style.details > 0
    if route.type != RTN_UNICAST or details:
        item["type"] = type_word(session, route.type)
    item["dst"] = destination(route)
    if route.tos and wanted.tos is None:
        item["tos"] = f"0x{route.tos:02x}"
    if route.nh is not None:
        item["nhid"] = route.nh.id
    single = route.nexthops[0] if len(route.nexthops) == 1 else None
    if single is not None:
        if single.gateway is not None and (wanted.via is None or isinstance(single.gateway, IPv6)):
            item.update(gateway_item(single.gateway))
        if not wanted.dev:
            item["dev"] = _dev(session, single.ifindex)
    if route.table != RT_TABLE_MAIN and wanted.table == 0:
        item["table"] = name_of(session, "table", route.table)
    if (route.protocol != 3 or details) and wanted.protocol is None:
        item["protocol"] = name_of(session, "protocol", route.protocol)
    if (route.scope != RT_SCOPE_UNIVERSE or details) and wanted.scope is None:
        item["scope"] = name_of(session, "scope", route.scope)
    if route.prefsrc is not None and wanted.src is None:
        item["prefsrc"] = str(route.prefsrc)
    if route.priority and wanted.metric is None:
        item["metric"] = route.priority
    item["flags"] = _flags(session, single) if single is not None else []
    if route.metrics:
        item["metrics"] = [metrics_json(route.metrics)]
    if route.nh is not None and details:
        item["nh_info"] = nexthop_show.info(session, route.nh.id)
    if len(route.nexthops) > 1:
        item["nexthops"] = []
        for hop in route.nexthops:
            entry: dict[str, Any] = {}
            if hop.gateway is not None:
                entry.update(gateway_item(hop.gateway))
            entry.update(dev=_dev(session, hop.ifindex), weight=hop.weight, flags=_flags(session, hop))
            item["nexthops"].append(entry)
    return item
