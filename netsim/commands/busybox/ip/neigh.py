"""ip neighbour of BusyBox: shows and flushes (`libiproute/ipneigh.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4
from netsim.commands.busybox.ip.words import AF_INET, AF_INET6, Ip, Prefix, device, keyword, prefix
from netsim.commands.ip.neigh import ALL_STATES, STATE_NAMES, STATES
from netsim.commands.ip.words import number
from netsim.errors import NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.neigh import NeighRequest, delneigh
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_NONE, NUD_PERMANENT, Neighbour

NO_STATE = 0x100


def do_ipneigh(ip: Ip) -> None:
    """ip neighbour (`do_ipneigh`)."""
    if not ip.more():
        show(ip)
        return
    word = ip.take()
    command = keyword(word, ("show", "flush"))
    if not command:
        raise ip.wrong(word, "ip")
    if command == "flush":
        flush(ip)
    else:
        show(ip)


@attrs.define(eq=False)
class Wanted:
    """What a listing or flush is asked about."""

    states: int
    family: int
    dev: NetDevice | None = None
    to: Prefix | None = None


def _read(ip: Ip, states: int) -> Wanted:
    wanted = Wanted(states, ip.family)
    name = None
    named_states = 0
    while ip.more():
        word = ip.take()
        if word == "dev":
            name = ip.argument()
            continue
        if word == "nud":
            value = ip.argument()
            named_states |= _state(ip, value)
            continue
        if word == "to":
            word = ip.argument()
        wanted.to = prefix(ip, word, wanted.family)
        wanted.family = wanted.family or wanted.to.family
    wanted.states = named_states or wanted.states
    wanted.dev = device(ip, name) if name is not None else None
    return wanted


def _state(ip: Ip, word: str) -> int:
    if word == "all":
        return ALL_STATES | NO_STATE
    state = STATES.get(word)
    if state is None:
        state = number(word, 0, ALL_STATES)
    if state is None:
        raise ip.wrong(word, "nud state")
    return state or NO_STATE


def _chosen(ip: Ip, wanted: Wanted) -> list[Neighbour]:
    entries: list[Neighbour] = []
    if wanted.family != AF_INET6:
        entries += ip.netns.inet.arp.entries.values()
    if wanted.family != AF_INET:
        entries += ip.netns.inet6.neigh.entries.values()
    return [entry for entry in entries if _passes(entry, wanted)]


def _passes(entry: Neighbour, wanted: Wanted) -> bool:
    if wanted.dev is not None and entry.dev is not wanted.dev:
        return False
    if not wanted.states & (entry.state or NO_STATE):
        return False
    if wanted.to is None or wanted.to.address is None:
        return True
    if isinstance(entry.key, IPv4) != isinstance(wanted.to.address, IPv4):
        return False
    return not (entry.key ^ wanted.to.address) >> ((32 if isinstance(entry.key, IPv4) else 128) - wanted.to.length)


def show(ip: Ip) -> None:
    """ip neighbour show."""
    wanted = _read(ip, ALL_STATES & ~NUD_NOARP)
    for entry in _chosen(ip, wanted):
        ip.print(line(ip, entry, wanted))


def line(ip: Ip, entry: Neighbour, wanted: Wanted) -> str:
    """One entry (`print_neigh`)."""
    text = f"{entry.key} "
    if wanted.dev is None:
        text += f"dev {entry.dev.name} "
    if entry.lladdr is not None and entry.state not in (STATES["incomplete"], STATES["failed"], NUD_NONE):
        text += f"lladdr {entry.lladdr}"
    if entry.is_router:
        text += " router"
    if entry.timer is not None:
        text += " ref 1"
    text += f" used 0/0/0 probes {entry.probes}"  # it takes the kernel's ticks for ns, and never sees a second pass
    if entry.state != NUD_NONE:
        text += f" {STATE_NAMES.get(entry.state, '')}"
    return text + "\n"


def flush(ip: Ip) -> None:
    """ip neighbour flush: tells what it deletes."""
    if not ip.more():
        raise ip.fail('"ip neigh flush" requires an argument')
    wanted = _read(ip, ALL_STATES & ~(NUD_PERMANENT | NUD_NOARP))
    entries = _chosen(ip, wanted)
    if not entries:
        ip.print("Nothing to flush\n")
        return
    for entry in entries:
        ip.print(line(ip, entry, wanted))
        try:
            delneigh(entry.dev, NeighRequest(entry.key))
        except NetError as error:
            raise ip.answers(error) from None
    ip.print(f"\n*** Round 1, deleting {len(entries)} entries ***\n*** Flush is complete after 1 round(s) ***\n")
