"""Nexthop objects in words (`ipnexthop.c:print_nexthop`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.names import name_of
from netsim.kernel.tables.fib import RT_SCOPE_UNIVERSE, RTNH_F_ONLINK
from netsim.kernel.tables.nexthop import Nexthop

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def fields(session: Ip, nexthop: Nexthop) -> dict[str, Any]:
    """An object with iproute2's keys, in the order both forms print them."""
    item: dict[str, Any] = {"id": nexthop.id}
    details, hop = session.style.details > 0, nexthop.hop
    scope = RT_SCOPE_UNIVERSE if nexthop.is_group or nexthop.is_blackhole else hop.scope
    if nexthop.is_group:
        item["group"] = [{"id": member, **({"weight": weight} if weight > 1 else {})} for member, weight in nexthop.members]
    elif not nexthop.is_blackhole:
        if hop.gateway is not None:
            item["gateway"] = str(hop.gateway)
        dev = session.netns.devices.get(hop.ifindex)
        item["dev"] = dev.name if dev is not None else f"if{hop.ifindex}"
    if scope != RT_SCOPE_UNIVERSE or details:
        item["scope"] = name_of(session, "scope", scope)
    if nexthop.is_blackhole:
        item["blackhole"] = None
    if nexthop.protocol or details:
        item["protocol"] = name_of(session, "protocol", nexthop.protocol)
    item["flags"] = ["onlink"] if hop.flags & RTNH_F_ONLINK else []
    return item


def line(session: Ip, item: dict[str, Any]) -> str:
    """An object in one line."""
    style = session.style
    text = f"id {item['id']} "
    if "group" in item:
        text += "group " + "/".join(f"{member['id']}" + (f",{member['weight']}" if "weight" in member else "") for member in item["group"]) + " "
    if "gateway" in item:
        text += "via " + style.paint_address(item["gateway"], f"{item['gateway']} ")
    if "dev" in item:
        text += "dev " + style.paint("ifname", f"{item['dev']} ")
    if "scope" in item:
        text += f"scope {item['scope']} "
    if "blackhole" in item:
        text += "blackhole "
    if "protocol" in item:
        text += f"proto {item['protocol']} "
    return text + "".join(f"{flag} " for flag in item["flags"])


def info(session: Ip, number: int) -> dict[str, Any] | None:
    """The object a route leads by, as -d tells it in a listing of routes."""
    table = session.netns.nexthops
    known = table.by_id.get(number) if table is not None else None
    return fields(session, known) if known is not None else None
