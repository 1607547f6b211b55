"""ip netconf: a few settings of devices, of all and of new ones, by family (`ipnetconf.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.output import to_json
from netsim.commands.ip.words import Stop, Words, ll_name_to_index, matches
from netsim.kernel.core.netns import Netns
from netsim.kernel.inet.family import AF_INET6

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = "Usage: ip netconf show [ dev STRING ]\n"
AF_INET = 2
RP_FILTER = ("off", "strict", "loose")
FAMILIES = {AF_INET: "inet", AF_INET6: "inet6"}


def do_ipnetconf(session: Ip, cursor: Words) -> None:
    """ip netconf [show [dev DEV]]; of MPLS there is nothing."""
    word = cursor.take() if cursor.more() else "show"
    if matches(word, "help"):
        raise Stop(USAGE, 255)
    if not any(matches(word, name) for name in ("show", "lst", "list")):
        raise Stop(f'Command "{word}" is unknown, try "ip netconf help".\n', 255)
    only = ""
    while cursor.more():
        if cursor.take() != "dev":
            continue
        name = cursor.argument()
        found = ll_name_to_index(session.netns, name)
        if found is None:
            raise Stop(f'Device "{name}" does not exist.\n', 1)
        only = found.name
    wanted = [session.style.family] if session.style.family else list(FAMILIES)
    items = [item for family in wanted if family in FAMILIES for item in _items(session.netns, family) if only in ("", item["interface"])]
    if session.style.json and not (only and session.style.family):  # the answer to a single question is always text
        session.out.append(to_json(items, session.style))
        return
    for item in items:
        told = " ".join(f"{name} {_told(value)}" for name, value in list(item.items())[2:])
        session.out.append(f"{item['family']} {item['interface']} {told} \n")


def _told(value: Any) -> str:
    return value if isinstance(value, str) else "on" if value else "off"


def _items(netns: Netns, family: int) -> list[dict[str, Any]]:
    """One item for each device that speaks the family, in the order of their indexes, then `all` and `default` (`inet_netconf_dump_devconf`)."""
    state = netns.inet if family == AF_INET else netns.inet6
    confs: list[tuple[str, Any]] = []
    for ifindex in sorted(netns.devices):
        dev = netns.devices[ifindex]
        of_device = dev.inet if family == AF_INET else dev.inet6
        if of_device is not None:
            confs.append((dev.name, of_device.conf))
    confs += [("all", state.conf_all), ("default", state.conf_default)]
    return [_item(FAMILIES[family], name, conf) for name, conf in confs]


def _item(family: str, name: str, conf: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"family": family, "interface": name, "forwarding": bool(conf.forwarding)}
    if family == "inet":
        item["rp_filter"] = RP_FILTER[conf.rp_filter] if 0 <= conf.rp_filter < len(RP_FILTER) else "unknown mode"
    if hasattr(conf, "mc_forwarding"):
        item["mc_forwarding"] = bool(conf.mc_forwarding)
    item["proxy_neigh"] = bool(conf.proxy_arp if family == "inet" else conf.proxy_ndp)
    item["ignore_routes_with_linkdown"] = bool(conf.ignore_routes_with_linkdown)
    return item
