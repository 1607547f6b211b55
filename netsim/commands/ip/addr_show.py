"""ip address show and flush: which addresses are asked about, and how they are printed (`print_addrinfo`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.commands.ip import link_show
from netsim.commands.ip.names import name_of, number_of
from netsim.commands.ip.output import Style, to_json
from netsim.commands.ip.usage import ADDRESS
from netsim.commands.ip.words import Prefix, Stop, Words, duparg2, invarg, ll_name_to_index, matches, number, prefix
from netsim.errors import NetError
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.rtnl.addr import AddrRequest, deladdr
from netsim.kernel.rtnl.link import dumped, getlink
from netsim.kernel.tables.inet import IFA_F_NOPREFIXROUTE, IFA_F_PERMANENT, IFA_F_SECONDARY, Ifa
from netsim.kernel.tables.inet6 import IFA_F_DEPRECATED, Ifa6

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

SCOPES = {"global": 0, "universe": 0, "nowhere": 255, "host": 254, "link": 253, "site": 200}
SCOPE_NAMES = {0: "global", 255: "nowhere", 254: "host", 253: "link", 200: "site"}
FLAGS = {"home": 0x10, "mngtmpaddr": 0x100, "nodad": 0x02, "optimistic": 0x04, "noprefixroute": IFA_F_NOPREFIXROUTE, "autojoin": 0x400}
READ_ONLY_FLAGS = ("secondary", "temporary", "dadfailed", "deprecated", "tentative", "permanent", "stable-privacy")
FLAGS_OF_IPV6 = ("nodad", "optimistic", "home", "mngtmpaddr")
FOREVER = 4294967295


def scope_number(word: str) -> int:
    """A scope by name or number."""
    parsed = SCOPES.get(word)
    if parsed is None:
        parsed = number(word, 0, 255)
    if parsed is None:
        raise invarg("invalid scope value.", word)
    return parsed


class Filter:
    """What `ip address show` is asked to leave out."""

    def __init__(self, session: Ip) -> None:
        self.session = session
        self.family = session.style.family if session.style.family in (2, 10) else 0
        self.dev: str | None = None
        self.up = False
        self.scope: int | None = None
        self.label: str | None = None
        self.to: Prefix | None = None
        self.kind: str | None = None
        self.master: NetDevice | None = None
        self.group: int | None = None
        self.flags = 0
        self.unwanted = 0

    @property
    def is_inet6_dump(self) -> bool:
        """Whether devices are told by IPv6, as they are where all are asked for their IPv6 addresses."""
        return self.family == 10 and self.dev is None

    @property
    def by_address(self) -> bool:
        """Whether devices without a fitting address are left out."""
        return bool(self.family or self.scope is not None or self.label or self.to or self.flags or self.unwanted)


FLAG_FILTERS = {
    "permanent": (0x80, 0),
    "dynamic": (0, 0x80),
    "secondary": (1, 0),
    "temporary": (1, 0),
    "primary": (0, 1),
    "tentative": (0x40, 0),
    "deprecated": (0x20, 0),
    "dadfailed": (0x08, 0),
    "stable-privacy": (0x800, 0),
    **{name: (bit, 0) for name, bit in FLAGS.items()},
}


def parse_filter(session: Ip, cursor: Words) -> Filter:
    """The filter words."""
    wanted = Filter(session)
    while cursor.more():
        word = cursor.take()
        if word == "to":
            wanted.to = prefix(cursor.argument(), wanted.family)
            wanted.family = wanted.family or wanted.to.family
        elif word == "scope":
            value = cursor.argument()
            if value != "all":
                wanted.scope = scope_number(value)
        elif word == "up":
            wanted.up = True
        elif word.lstrip("-") in FLAG_FILTERS:
            have, lack = FLAG_FILTERS[word.lstrip("-")]
            if word.startswith("-"):
                have, lack = lack, have
            wanted.flags |= have
            wanted.unwanted |= lack
        elif word == "label":
            wanted.label = cursor.argument()
        elif word == "group":
            value = cursor.argument()
            wanted.group = number_of(session, "group", value)
            if wanted.group is None:
                raise invarg('Invalid "group" value\n', value)
        elif word in ("master", "vrf"):
            value = cursor.argument()
            wanted.master = getlink(session.netns, value)
            if wanted.master is None:
                raise invarg("Device does not exist\n", value)
        elif word == "type":
            wanted.kind = cursor.argument()
        else:
            if word == "dev":
                word = cursor.argument()
            elif matches(word, "help"):
                raise Stop(ADDRESS, 255)
            if wanted.dev is not None:
                raise duparg2("dev", word)
            wanted.dev = word
    return wanted


def chosen_devices(session: Ip, wanted: Filter) -> list[NetDevice]:
    """The devices a listing goes over."""
    devices = dumped(session.netns)
    if wanted.dev is not None:
        found = ll_name_to_index(session.netns, wanted.dev)
        if found is None:
            raise Stop(f'Device "{wanted.dev}" does not exist.\n', 1)
        devices = [found]
    if wanted.up:
        devices = [dev for dev in devices if dev.flags & IFF_UP]
    if wanted.kind is not None:
        devices = [dev for dev in devices if dev.kind == wanted.kind]
    if wanted.master is not None:
        devices = [dev for dev in devices if dev.master is wanted.master]
    if wanted.group is not None:
        devices = [dev for dev in devices if dev.group == wanted.group]
    return devices


def addresses_of(dev: NetDevice, wanted: Filter) -> list[Ifa | Ifa6]:
    """The addresses of a device that pass the filter, IPv4 first."""
    found: list[Ifa | Ifa6] = []
    if wanted.family in (0, 2) and dev.inet is not None:
        found += dev.inet.addresses
    if wanted.family in (0, 10) and dev.inet6 is not None:
        found += dev.inet6.addresses
    return [ifa for ifa in found if _passes(wanted.session, dev, ifa, wanted)]


def _passes(session: Ip, dev: NetDevice, ifa: Ifa | Ifa6, wanted: Filter) -> bool:
    if wanted.scope is not None and ifa.scope != wanted.scope:
        return False
    if (wanted.flags or wanted.unwanted) and flags_in_force(session, ifa) & (wanted.flags | wanted.unwanted) != wanted.flags:
        return False
    if wanted.label is not None:
        if not fnmatchcase(ifa.label if isinstance(ifa, Ifa) else dev.name, wanted.label):
            return False
    if wanted.to is not None and wanted.to.address is not None:
        value = ifa.local if isinstance(ifa, Ifa) else ifa.address
        if isinstance(value, IPv4) != isinstance(wanted.to.address, IPv4):
            return False
        width = 32 if isinstance(value, IPv4) else 128
        return not (value ^ wanted.to.address) >> (width - wanted.to.length)
    return True


def show(session: Ip, cursor: Words) -> None:
    """ip address show."""
    style = session.style
    wanted = parse_filter(session, cursor)
    if style.family == 17:
        _show_packet(session, wanted)
        return
    rows = []
    for dev in chosen_devices(session, wanted):
        found = addresses_of(dev, wanted)
        if found or not wanted.by_address or (not wanted.family and wanted.to is None and not addresses_of(dev, Filter(session))):
            rows.append((dev, found))  # one that has no address at all is not asked for one (`ipaddr_filter`)
    if style.json:
        items = [_to_dict(session, dev, found, wanted) for dev, found in rows]
        session.print(to_json(items, style))
        return
    for dev, found in rows:
        if style.brief:
            session.print(_brief(session, dev, found, wanted))
        elif style.oneline:
            for ifa in found:
                session.print(f"{dev.ifindex}: {dev.name}    {_address_text(session, dev, ifa)}\n")
        else:
            session.print(_block(session, dev, found, wanted))


def _show_packet(session: Ip, wanted: Filter) -> None:
    """The link alone, as `ip link` but for its mode."""
    devices = chosen_devices(session, wanted)
    if session.style.json:
        items = [{key: value for key, value in link_show.to_dict(session, dev).items() if key != "linkmode"} for dev in devices]
        session.print(to_json(items, session.style))
        return
    for dev in devices:
        session.print(link_show.brief(session, dev) if session.style.brief else link_show.show_without_mode(session, dev))


def _block(session: Ip, dev: NetDevice, found: list[Ifa | Ifa6], wanted: Filter) -> str:
    style = session.style
    if wanted.label is not None:
        return "".join(f"    {_address_text(session, dev, ifa)}\n" for ifa in found)
    if wanted.is_inet6_dump:
        text = link_show.inet6_head(session, dev)
    elif wanted.family in (2, 10) and not style.details:
        text = link_show.head(session, dev) + f"group {name_of(session, 'group', dev.group)} "
        if dev.tx_queue_len:
            text += f"qlen {dev.tx_queue_len}"
        lower = dev.lower()
        if lower is not None and lower.netns is not dev.netns:
            text += link_show.netns_note(session, dev)
    else:
        text = link_show.head(session, dev) + link_show.tail(session, dev)
    if not wanted.is_inet6_dump:
        text += link_show.address_extras(session, dev)
    text += "\n"
    for ifa in found:
        text += f"    {_address_text(session, dev, ifa)}\n"
    if style.statistics:
        text += link_show.statistics(dev, style) + "\n"
    return text


def _brief(session: Ip, dev: NetDevice, found: list[Ifa | Ifa6], wanted: Filter) -> str:
    style = session.style
    told = "".join(f"{_short(style, ifa)} " + (f"metric {ifa.metric} " if ifa.metric else "") for ifa in found) + "\n"
    if wanted.label is not None:
        return told
    _, here = link_show.inet6_link(session, dev)
    link = link_show.at_link(dev) if not wanted.is_inet6_dump else f"@{here}" if here else ""
    name = style.paint("ifname", f"{dev.name + link:<16s} ")
    state = link_show.painted_state(style, dev, f"{link_show.operstate(dev):<14s} ")
    return name + state + told


def _short(style: Style, ifa: Ifa | Ifa6) -> str:
    if isinstance(ifa, Ifa6):
        peer = f" peer {style.paint_address(ifa.peer)}" if ifa.peer is not None else ""
        return f"{style.paint_address(ifa.address)}{peer}/{ifa.length}"
    if ifa.peer != ifa.local:
        return f"{style.paint_address(ifa.local)} peer {style.paint_address(ifa.peer)}/{ifa.length}"
    return f"{style.paint_address(ifa.local)}/{ifa.length}"


def _address_text(session: Ip, dev: NetDevice, ifa: Ifa | Ifa6) -> str:
    """One address with its lifetimes (`print_addrinfo`)."""
    if isinstance(ifa, Ifa):
        text = f"inet {_short(session.style, ifa)} "
        if ifa.metric:
            text += f"metric {ifa.metric} "
        if ifa.broadcast is not None:
            text += f"brd {session.style.paint_address(ifa.broadcast, f'{ifa.broadcast} ')}"
    else:
        text = f"inet6 {_short(session.style, ifa)} "
        if ifa.metric:
            text += f"metric {ifa.metric} "
    text += f"scope {SCOPE_NAMES.get(ifa.scope, str(ifa.scope))} " + _flag_words(session, ifa)
    if isinstance(ifa, Ifa):
        text += ifa.label
    text += session.style.newline
    left = _left(session, ifa)
    valid = "forever" if left[0] is None else f"{left[0]}sec"
    preferred = "forever" if left[1] is None else f"{left[1]}sec"
    return text + f"       valid_lft {valid} preferred_lft {preferred}"


def _left(session: Ip, ifa: Ifa | Ifa6) -> tuple[int | None, int | None]:
    passed = (session.netns.kernel.clock.now - ifa.updated) // SECOND
    valid = None if ifa.valid is None else max(0, ifa.valid - passed)
    preferred = None if ifa.preferred is None or (ifa.valid is None and isinstance(ifa, Ifa)) else max(0, ifa.preferred - passed)
    return valid, preferred


FLAG_WORDS = (
    (0x02, "nodad"), (0x04, "optimistic"), (0x08, "dadfailed"), (0x10, "home"), (0x20, "deprecated"), (0x40, "tentative"), (0x80, ""),
    (0x100, "mngtmpaddr"), (0x200, "noprefixroute"), (0x400, "autojoin"), (0x800, "stable-privacy"),
)  # fmt: skip
"""In iproute2's order; what is not permanent is `dynamic` (`ifa_flag_data`)."""


def flags_in_force(session: Ip, ifa: Ifa | Ifa6) -> int:
    """The flags of an address; an IPv4 one is deprecated once its preferred time is over (`set_ifa_lifetime`, `check_lifetime`)."""
    if isinstance(ifa, Ifa6) or ifa.preferred is None:
        return ifa.flags
    is_over = ifa.preferred == 0 or _left(session, ifa)[1] == 0
    return ifa.flags | IFA_F_DEPRECATED if is_over else ifa.flags


def _flag_list(session: Ip, ifa: Ifa | Ifa6) -> list[str]:
    flags = flags_in_force(session, ifa)
    names = [] if not flags & IFA_F_SECONDARY else ["secondary" if isinstance(ifa, Ifa) else "temporary"]
    for bit, name in FLAG_WORDS:
        if bit == IFA_F_PERMANENT:
            names += [] if flags & bit else ["dynamic"]
        elif flags & bit:
            names.append(name)
    return names


def _flag_words(session: Ip, ifa: Ifa | Ifa6) -> str:
    return "".join(f"{name} " for name in _flag_list(session, ifa))


def _to_dict(session: Ip, dev: NetDevice, found: list[Ifa | Ifa6], wanted: Filter) -> dict[str, Any]:
    if wanted.label is not None and not session.style.oneline:  # then nothing is said of the link (`print_linkinfo`)
        return {"addr_info": _addresses_json(session, dev, found)}
    if session.style.brief:
        item: dict[str, Any] = {}
        kind, value = link_show.inet6_link(session, dev) if wanted.is_inet6_dump else link_show.link_of(dev)
        if kind:
            item[kind] = value
        item.update(ifname=dev.name, operstate=link_show.operstate(dev))
        item["addr_info"] = _addresses_json(session, dev, found)
        return item
    if session.style.oneline:
        return {"addr_info": [{"index": dev.ifindex, "dev": dev.name, **_address_dict(session, ifa)} for ifa in found]}
    item = _inet6_dict(session, dev) if wanted.is_inet6_dump else link_show.to_dict(session, dev)
    item.pop("inet6_addr_gen_mode", None)
    if not session.style.details:
        item.pop("ifalias", None)
    for key in ("linkmode", "link_type", "address", "broadcast") if wanted.family and not session.style.details else ("linkmode",):
        item.pop(key, None)
    item["addr_info"] = _addresses_json(session, dev, found)
    return item


def _addresses_json(session: Ip, dev: NetDevice, found: list[Ifa | Ifa6]) -> list[dict[str, Any]]:
    if session.style.brief:
        return [_brief_dict(ifa) for ifa in found]
    return [_address_dict(session, ifa) if ifa in found else {} for ifa in addresses_of(dev, Filter(session))]  # an object is opened for each


def _inet6_dict(session: Ip, dev: NetDevice) -> dict[str, Any]:
    kind, value = link_show.inet6_link(session, dev)
    link = {kind: value} if kind else {}
    return {
        "ifindex": dev.ifindex, **link, "ifname": dev.name, "flags": link_show.inet6_flags(session, dev), "mtu": dev.mtu,
        "operstate": link_show.operstate(dev), "txqlen": dev.tx_queue_len,
    }  # fmt: skip


def _brief_dict(ifa: Ifa | Ifa6) -> dict[str, Any]:
    if isinstance(ifa, Ifa6):
        peer = {"address": str(ifa.peer)} if ifa.peer is not None else {}
        metric = {"metric": ifa.metric} if ifa.metric else {}
        return {"local": str(ifa.address), **peer, "prefixlen": ifa.length, **metric}
    item: dict[str, Any] = {"local": str(ifa.local)}
    if ifa.peer != ifa.local:
        item["address"] = str(ifa.peer)
    item["prefixlen"] = ifa.length
    if ifa.metric:
        item["metric"] = ifa.metric
    return item


def _address_dict(session: Ip, ifa: Ifa | Ifa6) -> dict[str, Any]:
    item: dict[str, Any] = {"family": "inet" if isinstance(ifa, Ifa) else "inet6", **_brief_dict(ifa)}
    if isinstance(ifa, Ifa) and ifa.broadcast is not None:
        item["broadcast"] = str(ifa.broadcast)
    item["scope"] = SCOPE_NAMES.get(ifa.scope, str(ifa.scope))
    for name in _flag_list(session, ifa):
        item[name] = True
    if isinstance(ifa, Ifa):
        item["label"] = ifa.label
    valid, preferred = _left(session, ifa)
    item["valid_life_time"] = FOREVER if valid is None else valid
    item["preferred_life_time"] = FOREVER if preferred is None else preferred
    return item


def flush(session: Ip, cursor: Words) -> None:
    """ip address flush: what the filter names goes."""
    if not cursor.more():
        raise Stop("Flush requires arguments.\n", 1)
    wanted = parse_filter(session, cursor)
    found = [(dev, ifa) for dev in chosen_devices(session, wanted) for ifa in addresses_of(dev, wanted)]
    if not found and session.style.statistics:
        session.print("Nothing to flush.\n")
    for dev, ifa in found:
        if session.style.statistics > 1:
            session.print(f"{dev.ifindex}: {dev.name}    {_address_text(session, dev, ifa)}\n")
        if isinstance(ifa, Ifa):
            _quietly(dev, AddrRequest(ifa.local, ifa.length, ifa.peer if ifa.peer != ifa.local else None, label=ifa.label))
        else:
            _quietly(dev, AddrRequest(ifa.address, ifa.length))

    if found and session.style.statistics:
        session.print(f"\n*** Round 1, deleting {len(found)} addresses ***\n*** Flush is complete after 1 round ***\n")


def _quietly(dev: NetDevice, request: AddrRequest) -> None:
    try:
        deladdr(dev, request)
    except NetError:
        return
