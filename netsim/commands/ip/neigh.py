"""ip neighbour: entries added, changed, removed, flushed and shown (`ipneigh.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.clock import SECOND
from netsim.commands.ip.link import lladdr
from netsim.commands.ip.names import name_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route_words import named
from netsim.commands.ip.usage import NEIGH
from netsim.commands.ip.words import (
    Prefix,
    Stop,
    Words,
    address,
    answers,
    device,
    duparg,
    duparg2,
    invarg,
    ll_name_to_index,
    matches,
    no_device,
    number,
    prefix,
)
from netsim.errors import NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.link import getlink
from netsim.kernel.rtnl.neigh import NTF_EXT_LEARNED, NTF_PROXY, NTF_ROUTER, NTF_USE, NeighRequest, delneigh, newneigh, table_for
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_NONE, NUD_PERMANENT, Neighbour

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

STATES = {"none": 0, "incomplete": 1, "reachable": 2, "stale": 4, "delay": 8, "probe": 16, "failed": 32, "noarp": 64, "permanent": 128}
STATE_NAMES = {value: name.upper() for name, value in STATES.items()}
ALL_STATES = 255


def do_ipneigh(session: Ip, cursor: Words) -> None:
    """ip neighbour."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_EXCL)
    elif matches(word, "change") or matches(word, "chg"):
        modify(session, cursor, NLM_F_REPLACE)
    elif matches(word, "replace"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_REPLACE)
    elif matches(word, "delete"):
        modify(session, cursor, 0)
    elif matches(word, "get"):
        get(session, cursor)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "flush"):
        flush(session, cursor)
    elif matches(word, "help"):
        raise Stop(NEIGH, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip neigh help".\n', 255)


def state_of(word: str) -> int:
    """A state by abbreviation or number; `nud state is bad`."""
    for name, value in STATES.items():
        if matches(word, name):
            return value
    parsed = number(word, 0, 255)
    if parsed is None:
        raise invarg("nud state is bad", word)
    return parsed


def _lladdr(word: str) -> MAC:
    """A hardware address; one too short is the kernel's to refuse, of one too long it takes what it needs."""
    word = ":".join(word.split(":")[:6])
    try:
        return lladdr(word)
    except Stop as stop:
        if "Invalid address length" in stop.stderr:
            raise Stop("Error: Invalid link address.\n", 2) from None
        raise


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """add, change, replace, delete (`ipneigh_modify`)."""
    fields: dict[str, Any] = {}
    name: str | None = None
    typed: str | None = None
    dst: Any = None
    while cursor.more():
        word = cursor.take()
        if matches(word, "lladdr"):
            typed = cursor.argument()
        elif word == "nud":
            fields["state"] = state_of(cursor.argument())
        elif matches(word, "proxy"):
            value = cursor.argument()
            if dst is not None:
                raise duparg("address", value)
            dst = address(value, session.style.family if session.style.family in (2, 10) else 0)
            fields["flags"] = fields.get("flags", 0) | NTF_PROXY
        elif word == "router":
            fields["flags"] = fields.get("flags", 0) | NTF_ROUTER
        elif word == "extern_learn":
            fields["flags"] = fields.get("flags", 0) | NTF_EXT_LEARNED
        elif word == "use":
            fields["flags"] = fields.get("flags", 0) | NTF_USE
            fields["state"] = NUD_NONE
        elif word == "dev":
            name = cursor.argument()
        elif word == "protocol":
            fields["protocol"] = named(session, "protocol", cursor.argument(), '"protocol" value is invalid\n')
        elif word == "managed":
            raise Stop(f'netsim: "ip neigh" option "{word}" is not modelled\n', 1)
        else:
            if word == "to":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(NEIGH, 255)
            if dst is not None:
                raise duparg2("to", word)
            dst = address(word, session.style.family if session.style.family in (2, 10) else 0)
    is_proxy = fields.get("flags", 0) & NTF_PROXY
    if dst is None or (name is None and not is_proxy):
        raise Stop("Device and destination are required arguments.\n", 255)
    if typed is not None and typed != "null":
        fields["lladdr"] = _lladdr(typed)
    dev = ll_name_to_index(session.netns, name) if name is not None else session.netns.loopback
    if dev is None:
        raise no_device(name or "")
    request = NeighRequest(dst, **{"state": NUD_PERMANENT if flags else 0, "everywhere": int(name is None), **fields})
    try:
        if flags:
            newneigh(dev, request, flags)
        else:
            delneigh(dev, request)
    except NetError as error:
        raise answers(error) from None


def get(session: Ip, cursor: Words) -> None:
    """ip neighbour get."""
    dst, name, proxy = None, None, False
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            name = cursor.argument()
        elif matches(word, "proxy"):
            proxy = True
        else:
            if word == "to":
                word = cursor.argument()
            dst = address(word, session.style.family if session.style.family in (2, 10) else 0)
    if dst is None or (name is None and not proxy):
        raise Stop("Device and address are required arguments.\n", 1)
    dev = device(session.netns, name or "lo")
    table, _ = table_for(dev, dst)
    if proxy:
        if (dst, dev.ifindex if name is not None else 0) not in table.proxies:
            raise Stop("Error: Proxy neighbour entry not found.\n", 2)
        session.print(f"{dst} " + (f"dev {dev.name} " if name is not None else "") + "proxy \n")
        return
    known = table.entries.get((dst, dev.ifindex))
    if known is None:
        raise Stop("Error: Neighbour entry not found.\n", 2)
    session.print(line(session, known, hide_dev=False))


class Filter:
    """What a listing or flush is asked about."""

    def __init__(self) -> None:
        self.dev: NetDevice | None = None
        self.states = 0
        self.to: Prefix | None = None
        self.unused = False
        self.proxy = False
        self.master: NetDevice | None = None
        self.protocol = 0
        self.has_no_master = 0


def parse_filter(session: Ip, cursor: Words) -> Filter:
    """The filter words."""
    wanted = Filter()
    name = ""
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            if name:
                raise duparg("dev", cursor.argument())
            name = cursor.argument()
        elif word in ("master", "vrf"):
            value = cursor.argument()
            wanted.master = getlink(session.netns, value)
            if wanted.master is None:
                raise invarg("Device does not exist\n", value)
        elif word == "nomaster":
            wanted.has_no_master = 1
        elif word == "unused":
            wanted.unused = True
        elif word == "nud":
            value = cursor.argument()
            wanted.states |= (ALL_STATES | 0x100) if value == "all" else (0x100 if state_of(value) == 0 else state_of(value))
        elif word == "proxy":
            wanted.proxy = True
        elif matches(word, "protocol"):
            wanted.protocol = named(session, "protocol", cursor.argument(), 'invalid "protocol"\n')
        else:
            if word == "to":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(NEIGH, 255)
            wanted.to = prefix(word, session.style.family if session.style.family in (2, 10) else 0)
    if name:  # looked for once every word was read
        wanted.dev = ll_name_to_index(session.netns, name)
        if wanted.dev is None:
            raise no_device(name)
    return wanted


def chosen(session: Ip, wanted: Filter) -> list[Neighbour]:
    """The entries that pass: by default all but NOARP ones and those without a state."""
    entries = []  # type: ignore[var-annotated]
    if session.style.family != 10:
        entries += session.netns.inet.arp.entries.values()
    if session.style.family != 2:
        entries += session.netns.inet6.neigh.entries.values()
    return [entry for entry in entries if _passes(entry, wanted)]


def _passes(entry: Neighbour, wanted: Filter) -> bool:
    if wanted.dev is not None and entry.dev is not wanted.dev:
        return False
    if wanted.has_no_master and entry.dev.master is not None:
        return False
    if wanted.master is not None and entry.dev.master is not wanted.master:
        return False
    if wanted.unused and entry.timer is not None:  # a timer that runs holds the entry
        return False
    if wanted.protocol and entry.protocol != wanted.protocol:
        return False
    if entry.flags & NTF_EXT_LEARNED:
        pass  # shown in whatever state
    elif wanted.states:
        if not entry.state & wanted.states and not (entry.state == NUD_NONE and wanted.states & 0x100):
            return False
    elif entry.state in (NUD_NONE, NUD_NOARP):
        return False
    if wanted.to is not None and wanted.to.address is not None:
        if type(wanted.to.address) is not type(entry.key):
            return False
        width = 32 if wanted.to.family == 2 else 128
        return not (entry.key ^ wanted.to.address) >> (width - wanted.to.length)
    return True


def show(session: Ip, cursor: Words) -> None:
    """ip neighbour show."""
    wanted = parse_filter(session, cursor)
    if wanted.proxy:
        _show_proxies(session, wanted)
        return
    entries = chosen(session, wanted)
    if session.style.json:
        session.print(to_json([_to_dict(session, entry, wanted) for entry in entries], session.style))
        return
    for entry in entries:
        session.print(line(session, entry, hide_dev=wanted.dev is not None))


def _show_proxies(session: Ip, wanted: Filter) -> None:
    items: list[dict[str, Any]] = []
    family, netns = session.style.family, session.netns
    proxies = ([] if family == 10 else [*netns.inet.arp.proxies]) + ([] if family == 2 else [*netns.inet6.neigh.proxies])
    for key, ifindex in proxies:
        dev = session.netns.devices.get(ifindex)
        if wanted.dev in (None, dev):
            items.append({"dst": str(key), **({"dev": dev.name} if wanted.dev is None and dev is not None else {}), "proxy": None})
    if session.style.json:
        session.print(to_json(items, session.style))
    for item in items if not session.style.json else ():
        session.print(f"{item['dst']} " + (f"dev {item['dev']} " if "dev" in item else "") + "proxy \n")


def _ages(session: Ip, entry: Neighbour) -> tuple[int, int, int]:
    now = session.netns.kernel.clock.now
    return tuple(max(0, now - moment) // SECOND for moment in (entry.used, entry.confirmed, entry.updated))  # type: ignore[return-value]


def line(session: Ip, entry: Neighbour, *, hide_dev: bool) -> str:
    """One entry (`print_neigh`)."""
    if session.style.brief:
        known = entry.lladdr is not None and entry.state not in (0x01, 0x20, 0)
        return f"{entry.key!s:<40}" + ("" if hide_dev else f"{entry.dev.name:<17}") + (f"{entry.lladdr}" if known else "") + "\n"
    style = session.style
    text = style.paint_address(entry.key, f"{entry.key} ")
    if not hide_dev:
        text += f"dev {style.paint('ifname', f'{entry.dev.name} ')}"
    if entry.lladdr is not None and entry.state not in (0x01, 0x20, 0):
        text += f"lladdr {style.paint('mac', f'{entry.lladdr} ')}"
    if entry.is_router:
        text += "router "
    if entry.flags & NTF_PROXY:
        text += "proxy "
    if entry.flags & NTF_EXT_LEARNED:
        text += "extern_learn "
    if session.style.statistics:
        used, confirmed, updated = _ages(session, entry)
        reference = "ref 1 " if entry.timer is not None else ""  # a timer that runs holds the entry
        text += f" {reference}used {used}/{confirmed}/{updated}probes {entry.probes} "
    name = STATE_NAMES.get(entry.state, "")
    if entry.state != NUD_NONE:
        text += f"{name} "
    if entry.protocol:
        text += f"proto {name_of(session, 'protocol', entry.protocol)} "
    return text + "\n"


def _to_dict(session: Ip, entry: Neighbour, wanted: Filter) -> dict[str, Any]:
    item: dict[str, Any] = {"dst": str(entry.key)}
    if wanted.dev is None:
        item["dev"] = entry.dev.name
    if entry.lladdr is not None and entry.state not in (0x01, 0x20, 0):
        item["lladdr"] = str(entry.lladdr)
    if entry.is_router:
        item["router"] = None
    if entry.flags & NTF_EXT_LEARNED:
        item["extern_learn"] = None
    if session.style.statistics:
        if entry.timer is not None:
            item["refcnt"] = 1
        item["used"], item["confirmed"], item["updated"] = _ages(session, entry)
        item["probes"] = entry.probes
    item["state"] = [STATE_NAMES[entry.state]] if entry.state else []
    if entry.protocol:
        item["protocol"] = name_of(session, "protocol", entry.protocol)
    return item


def flush(session: Ip, cursor: Words) -> None:
    """ip neighbour flush: permanent and NOARP entries only when asked for by state."""
    if not cursor.more():
        raise Stop("Flush requires arguments.\n", 1)
    words = [word for word in cursor.words[cursor.at :] if word != "all"] if "nud" not in cursor.words else None
    trimmed = (
        Words(words)
        if words is not None
        else Words([word for place, word in enumerate(cursor.words[cursor.at :]) if not (word == "all" and place == 0)])
    )
    wanted = parse_filter(session, trimmed)
    if wanted.states == ALL_STATES | 0x100:
        wanted.states &= ~NUD_NOARP  # `nud all` of a flush
    elif not wanted.states:
        wanted.states = (ALL_STATES | 0x100) & ~(NUD_PERMANENT | NUD_NOARP)  # those without a state too
    if wanted.proxy:
        for key, ifindex in list(session.netns.inet.arp.proxies):
            if wanted.dev is None or wanted.dev.ifindex == ifindex:
                delneigh(session.netns.devices.get(ifindex, session.netns.loopback), NeighRequest(key, flags=NTF_PROXY, everywhere=int(not ifindex)))
        return
    entries = chosen(session, wanted)
    if session.style.statistics and not entries:
        session.print("Nothing to flush.\n")
    for entry in entries:
        if session.style.statistics > 1:
            session.print(line(session, entry, hide_dev=wanted.dev is not None))
        try:
            delneigh(entry.dev, NeighRequest(entry.key))
        except NetError:
            continue
    if session.style.statistics and entries:
        session.print(f"\n*** Round 1, deleting {len(entries)} entries ***\n*** Flush is complete after 1 round ***\n")
