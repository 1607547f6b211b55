"""What the tools say of a namespace, brought into a form in which a model's words and a kernel's can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from netsim.replay.queues import PUT

COUNTERS = re.compile(r"\[\d+:\d+\]")
LINK_KEYS = ("link", "mtu", "operstate", "master", "group", "link_type", "address", "broadcast", "txqlen", "ifalias", "altnames")
CARD_KEYS = ("mtu", "operstate", "master", "address")
"""What a card has in common with the veth that plays it."""
ADDRESS_KEYS = (
    "family", "address", "broadcast", "scope", "label", "metric", "secondary", "tentative", "deprecated", "noprefixroute", "nodad", "mngtmpaddr", "home",
    "autojoin", "dadfailed", "protocol",
)  # fmt: skip
TIMED = re.compile(
    r"_timer$|^(?:bridge_id|root_id|root_port|no|id|designated_\w+|topology_change\w*|config_pending|group_addr|link_failure_count|"
    r"mcast_startup_query_intvl)$"
)
ROUTE_DROPPED = ("pref", "expires", "cache", "age", "used")
GROUPS = re.compile(r"^(?:33:33:|01:00:5e:|01:80:c2:)", re.I)
SET_NOISE = re.compile(r" (?:hashsize|bucketsize|initval|timeout) \S+| (?:packets|bytes) \d+")

FALLBACKS = frozenset({"gre0", "gretap0", "erspan0", "tunl0", "sit0"})
"""Devices that a module brings to every namespace of its machine; a machine that plays several has them in all."""

Facts = dict[str, Any]
"""What is said of things, by a name for each that is unique in its section."""


@attrs.frozen
class Blind:
    """What cannot agree by its nature: devices whose hardware address is drawn anew, and cards, which a veth plays."""

    drawn: frozenset[str] = frozenset()
    cards: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    """Devices that have lost their carrier: what IPv6 did while they had one is not repeated."""
    apart: frozenset[str] = frozenset()
    """Devices without carrier whose other end is in another namespace: whether they say DOWN or LOWERLAYERDOWN hangs on the device that had the other end's
    number in their own namespace when they lost it (`default_operstate`)."""
    vlans: int = 1
    """Whether VLANs of bridges matter: 0 where no bridge looks at them, as not every kernel has them."""


def _devices(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for dev in json.loads(text or "[]"):
        name = dev.get("ifname")
        if name is None or (name in FALLBACKS and "UP" not in dev.get("flags", ())):
            continue
        is_card = name in blind.cards
        facts = {key: dev[key] for key in (CARD_KEYS if is_card else LINK_KEYS) if key in dev}
        facts["flags"] = sorted(dev.get("flags", ()))
        if name in blind.drawn:
            facts.pop("address", None)
        if name in blind.apart and facts["operstate"] == "LOWERLAYERDOWN":
            facts["operstate"] = "DOWN"
        info = dev.get("linkinfo", {})
        if not is_card:
            facts["kind"] = info.get("info_kind", "")
            facts.update({f"{facts['kind']} {key}": value for key, value in info.get("info_data", {}).items() if not TIMED.search(key)})
        facts.update({f"port {key}": value for key, value in info.get("info_slave_data", {}).items() if not TIMED.search(key)})
        found[name] = facts
        for address in dev.get("addr_info", ()):
            local = address.get("local", "")
            if local.startswith("fe80:") and (name in blind.drawn or name in blind.lost):
                continue
            told = {key: address[key] for key in ADDRESS_KEYS if key in address and not (key == "tentative" and name in blind.lost)}
            found[f"{name} {local}/{address.get('prefixlen')}"] = told
    return found


def _routes(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for route in json.loads(text or "[]"):
        kept = {key: value for key, value in route.items() if key not in ROUTE_DROPPED}
        dev, dst = route.get("dev"), str(route.get("dst", ""))
        if (dev in blind.drawn and dst.startswith("fe80:")) or (dev in blind.lost and ":" in dst and route.get("protocol") == "kernel"):
            continue
        _add(found, kept)
    return found


def _add(found: Facts, kept: dict[str, Any]) -> None:
    """A thing that is all it has: the same once more is told by a number."""
    name = json.dumps(kept, sort_keys=True)
    found[name] = found.get(name, 0) + 1


def _plain(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for item in json.loads(text or "[]"):
        _add(found, item)
    return found


def _neighbours(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for item in json.loads(text or "[]"):
        _add(found, {key: item[key] for key in ("dst", "dev", "lladdr", "proxy") if key in item})
    return found


def _fdb(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for item in json.loads(text or "[]"):
        is_set = item.get("state") in ("permanent", "static") and (blind.vlans or "vlan" not in item)
        if is_set and not GROUPS.match(item.get("mac", "")) and item.get("ifname") not in blind.drawn:
            _add(found, {key: value for key, value in item.items() if key != "linkNetNsId"})  # a namespace's own number, given in the order of asking
    return found


def _groups(text: str, blind: Blind) -> Facts:
    """Entries set to stay; others come and go with reports."""
    found: Facts = {}
    for told in json.loads(text or "[]"):
        for item in told.get("mdb", ()):
            if item.get("state") == "permanent":
                _add(found, {key: value for key, value in item.items() if key not in ("index", "flags")})
    return found


def _filters(text: str, blind: Blind) -> Facts:
    tables: dict[str, list[str]] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((":", "-A")):
            tables.setdefault(table, []).append(COUNTERS.sub("", line).strip())
    return {table: lines for table, lines in tables.items() if any(not re.fullmatch(r":\w+ ACCEPT", line) for line in lines)}


def _sets(text: str, blind: Blind) -> Facts:
    return dict.fromkeys((SET_NOISE.sub("", line).strip() for line in text.splitlines()), 1)


def _lines(text: str, blind: Blind) -> Facts:
    return {"": [line.rstrip() for line in text.splitlines() if line.strip()]}


def _settings(text: str, blind: Blind) -> Facts:
    return {name: " ".join(value.split()) for line in text.splitlines() for name, _, value in [line.partition(" = ")] if value or name}


def _queues(text: str, blind: Blind) -> Facts:
    found: Facts = {}
    for item in json.loads(text or "[]"):
        if item.get("kind") in PUT and item.get("handle") != "0:":
            item.get("options", {}).pop("direct_packets_stat", None)
            found[f"{item.get('dev')} {item.get('handle')}"] = {key: value for key, value in item.items() if key not in ("refcnt", "offloaded")}
    return found


READERS: dict[str, Callable[[str, Blind], Facts]] = {
    "devices": _devices,
    "routes": _routes,
    "IPv6 routes": _routes,
    "rules": _plain,
    "IPv6 rules": _plain,
    "neighbours": _neighbours,
    "forwarding database": _fdb,
    "VLANs": _plain,
    "groups": _groups,
    "nexthops": _plain,
    "iptables": _filters,
    "ip6tables": _filters,
    "sets": _sets,
    "virtual services": _sets,
    "nftables": _lines,
    "settings": _settings,
    "queues": _queues,
}
"""How each section is read; the commands are those of `Question`."""


@attrs.frozen
class Difference:
    """Where they do not agree: the model's words and the kernel's, "" for one that says nothing of it."""

    site: str
    section: str
    thing: str
    model: str
    kernel: str

    def __str__(self) -> str:
        head = f"{self.site}: {self.section}: {self.thing}" if self.thing else f"{self.site}: {self.section}"
        return f"{head}\n  model:  {self.model or '(nothing)'}\n  kernel: {self.kernel or '(nothing)'}"


def compare(site: str, section: str, model: str, kernel: str, blind: Blind) -> Iterator[Difference]:
    """Each fact in which two listings differ; a listing that cannot be read is a difference itself."""
    reader = READERS[section]
    try:
        ours, theirs = reader(model, blind), reader(kernel, blind)
    except (json.JSONDecodeError, AttributeError, TypeError) as problem:
        yield Difference(site, section, "", model.strip()[:200], f"{kernel.strip()[:200]} ({problem})")
        return
    for thing in dict.fromkeys((*ours, *theirs)):
        before, after = ours.get(thing), theirs.get(thing)
        if before != after:
            yield from _told(site, section, thing, before, after)


def _told(site: str, section: str, thing: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in dict.fromkeys((*ours, *theirs)):
            if " " in key and (key not in ours or key not in theirs):
                continue  # options of a kind that only one release has
            if ours.get(key) != theirs.get(key):
                yield Difference(site, section, f"{thing} {key}", _text(ours.get(key)), _text(theirs.get(key)))
        return
    if isinstance(ours, list) and isinstance(theirs, list):
        number = next((place for place, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), min(len(ours), len(theirs)))
        line = [lines[number] if number < len(lines) else "" for lines in (ours, theirs)]
        yield Difference(site, section, f"{thing} line {number + 1}".strip(), line[0], line[1])
        return
    if section not in ("devices", "settings"):
        yield Difference(site, section, "", thing if ours else "", thing if theirs else "")
        return
    yield Difference(site, section, thing, _text(ours), _text(theirs))


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
