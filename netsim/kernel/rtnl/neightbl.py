"""RTM_GETNEIGHTBL and RTM_SETNEIGHTBL: what neighbours of a family are treated by, by default and device by device (`neightbl_set`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from netsim.errors import ENOENT, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.neigh import NeighParms
from netsim.kernel.tables.settings import having

TABLES = {"arp_cache": "ipv4", "ndisc_cache": "ipv6"}
"""Tables by name, each with the family its settings are under."""
ROOM = 2090
"""What a frame in the queue counts for (`SKB_TRUESIZE(ETH_FRAME_LEN)`)."""
SETTINGS = {
    "base_reachable": ("base_reachable_time_ms", 1), "retrans": ("retrans_time_ms", 1), "gc_stale": ("gc_stale_time", 1000),
    "delay_probe": ("delay_first_probe_time", 1000), "queue": ("unres_qlen", 1), "app_probes": ("app_solicit", 1), "ucast_probes": ("ucast_solicit", 1),
    "mcast_probes": ("mcast_solicit", 1), "anycast_delay": ("anycast_delay", 10), "proxy_delay": ("proxy_delay", 10), "proxy_queue": ("proxy_qlen", 1),
    "locktime": ("locktime", 10),
}  # fmt: skip
"""By what ip calls them: the setting's name, and how many of ip's units (ms where it is a time) one of its own is."""
LIMITS = {"thresh1": "gc_thresh1", "thresh2": "gc_thresh2", "thresh3": "gc_thresh3", "gc_int": "gc_interval"}
"""Settings of a whole table, which belong to the first namespace."""
USUAL = ("128", "512", "1024", "30")


@attrs.frozen
class Row:
    """One table's settings: by default (no device), or for one device."""

    table: str
    dev: NetDevice | None
    parms: NeighParms
    refcnt: int
    reachable_ms: int


def rows(netns: Netns) -> Iterator[Row]:
    """Every table's defaults, then its devices, the newest first (`neightbl_dump_info`)."""
    for name, family in TABLES.items():
        first = netns.kernel.init_net
        default = first.inet.arp_default if family == "ipv4" else first.inet6.nd_default
        yield Row(name, None, default, 1, _drawn(default.base_reachable_time_ms, 0))
        for dev in reversed(list(netns.devices.values())):
            home: Any = dev.inet if family == "ipv4" else dev.inet6
            if home is not None:
                parms = home.arp if family == "ipv4" else home.nd
                base = parms.base_reachable_time_ms
                told = home.reachable_ms if home.drawn_for == base else _drawn(base, dev.ifindex)
                yield Row(name, dev, parms, 1 + _users(netns, family, dev), told)


def _users(netns: Netns, family: str, dev: NetDevice) -> int:
    table = netns.inet.arp if family == "ipv4" else netns.inet6.neigh
    return sum(neigh.dev is dev for neigh in table.entries.values())


def _drawn(base: int, salt: int) -> int:
    """A time that nobody has needed yet, and that is drawn when somebody does: any between half and one and a half of the base."""
    return base // 2 + (salt * 7919 + 12345) % base if base else 0


def limits(netns: Netns, table: str) -> dict[str, int]:
    """The thresholds of a table, and ms between its cleanings."""
    texts = netns.kernel.init_net.inet.sysctl
    found = {name: int(texts.get(_key(table, setting), usual)) for (name, setting), usual in zip(LIMITS.items(), USUAL, strict=True)}
    return {**found, "gc_int": found["gc_int"] * 1000}


def _key(table: str, setting: str) -> str:
    """Where the text of a table's setting is kept (`net.ipv4.neigh.default.*`)."""
    return f"{'' if TABLES[table] == 'ipv4' else 'net/ipv6/'}neigh/default/{setting}"


def value(parms: NeighParms, name: str) -> int:
    """A setting in ip's units."""
    if name == "queue":
        return parms.unres_qlen_bytes // ROOM
    attribute, unit = SETTINGS[name]
    return int(getattr(parms, attribute)) * unit


def change(netns: Netns, table: str, dev: NetDevice | None, asked: Mapping[str, int]) -> None:
    """Change settings; ENOENT for a table there is not, and for defaults outside the first namespace."""
    netns.kernel.require_admin()
    if table not in TABLES or (netns is not netns.kernel.init_net and (dev is None or not LIMITS.keys().isdisjoint(asked))):
        raise NetError(ENOENT)
    owner: Any = (netns if dev is None else dev).inet if TABLES[table] == "ipv4" else (netns if dev is None else dev).inet6
    slot = {"ipv4": "arp", "ipv6": "nd"}[TABLES[table]] + ("_default" if dev is None else "")
    if owner is None:
        raise NetError(ENOENT)
    values: dict[str, int] = {}
    for name, number in asked.items():
        if name in LIMITS:
            netns.inet.sysctl[_key(table, LIMITS[name])] = str(number // 1000 if name == "gc_int" else number)
            netns.kernel.unmodelled.append(f"ip ntable: {name} {number}: neighbours are never too many")
            continue
        setting, unit = SETTINGS[name]
        values[setting] = number // unit
        if name == "queue":
            values["unres_qlen_bytes"] = number * ROOM
    if values:
        setattr(owner, slot, having(getattr(owner, slot), **values))
        netns.stir()
        if dev is not None:
            owner.drawn_for = 0
