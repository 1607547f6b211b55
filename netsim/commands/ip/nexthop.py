"""ip nexthop: nexthop objects added, replaced, removed and shown (`ipnexthop.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.names import number_of
from netsim.commands.ip.nexthop_show import fields, line
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route_words import vrf_named
from netsim.commands.ip.usage_nexthop import NEXTHOP
from netsim.commands.ip.words import Stop, Words, address, answers, invarg, ll_name_to_index, matches, number
from netsim.errors import NetError
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.nexthop import NexthopFilter, NexthopRequest, delnexthop, dump, getnexthop, newnexthop
from netsim.kernel.tables.fib import RTNH_F_ONLINK
from netsim.kernel.tables.nexthop import Nexthop, nexthops_of

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

ADD, REPLACE, DELETE = NLM_F_CREATE | NLM_F_EXCL, NLM_F_CREATE | NLM_F_REPLACE, 0


def do_ipnh(session: Ip, cursor: Words) -> None:
    """ip nexthop (`do_ipnh`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    for pattern, flags in (("add", ADD), ("replace", REPLACE), ("delete", DELETE)):
        if matches(word, pattern):
            modify(session, cursor, flags)
            return
    if matches(word, "list") or matches(word, "show") or matches(word, "lst"):
        show(session, cursor)
    elif matches(word, "get"):
        get(session, cursor)
    elif matches(word, "flush"):
        flush(session, cursor)
    elif matches(word, "bucket"):
        _bucket(cursor)
    elif matches(word, "help"):
        raise Stop(NEXTHOP, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip nexthop help".\n', 255)


def _bucket(cursor: Words) -> None:
    """Buckets are of resilient groups, which are refused; there are none to list."""
    if not cursor.more() or any(matches(cursor.peek(), pattern) for pattern in ("list", "show", "lst")):
        return
    raise Stop(NEXTHOP, 255)


def _unmodelled(what: str) -> Stop:
    return Stop(f'netsim: "ip nexthop" option "{what}" is not modelled\n', 1)


# changing --------------------------------------------------------------------------------------------------------------


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """Everything that changes objects (`ipnh_modify`)."""
    request = NexthopRequest(family=session.style.family if session.style.family in (2, 10) else 0)
    while cursor.more():
        word = cursor.take()
        request = attrs.evolve(request, **_one_word(session, cursor, word, request))
    try:
        if flags == DELETE:
            delnexthop(session.netns, request)
        else:
            newnexthop(session.netns, request, flags)
    except NetError as error:
        raise answers(error) from None


def _one_word(session: Ip, cursor: Words, word: str, known: NexthopRequest) -> dict[str, Any]:
    """What one word of a nexthop says."""
    if word == "id":
        return {"id": _id(cursor.argument())}
    if word == "dev":
        return {"ifindex": _device(session, cursor.argument()), "family": known.family or 2}
    if word == "via":
        gateway = _gateway(cursor, known.family)
        return {"gateway": gateway, "family": known.family or (2 if isinstance(gateway, IPv4) else 10)}
    if word == "blackhole":
        return {"is_blackhole": True, "family": known.family or 2}
    if word == "onlink":
        return {"flags": known.flags | RTNH_F_ONLINK}
    if word == "group":
        return {"members": _group(cursor.argument())}
    if word == "type":
        _type(cursor.argument())
        return {}
    if matches(word, "protocol"):
        value = cursor.argument()
        protocol = number_of(session, "protocol", value)
        if protocol is None:
            raise invarg('"protocol" value is invalid\n', value)
        return {"protocol": protocol}
    if word in ("encap", "fdb"):
        raise _unmodelled(word)
    if word == "help":
        raise Stop(NEXTHOP, 255)
    raise invarg("", word)


def _id(word: str) -> int:
    parsed = number(word, 0, 0xFFFFFFFF)
    if parsed is None:
        raise Stop(f'Error: argument "{word}" is wrong: invalid id value\n', 255)
    return parsed


def _device(session: Ip, name: str) -> int:
    dev = ll_name_to_index(session.netns, name)
    if dev is None:
        raise invarg("Device does not exist\n", name)
    return dev.ifindex


def _gateway(cursor: Words, family: int) -> IPv4 | IPv6:
    value = cursor.argument()
    told = {"inet": 2, "inet6": 10}.get(value)
    return address(value, family) if told is None else address(cursor.argument(), told)


def _type(word: str) -> None:
    """A group hashes flows (mpath); the other type keeps buckets."""
    if word == "mpath":
        return
    if word == "resilient":
        raise _unmodelled("type resilient")
    raise invarg('"type" value is invalid\n', word)


def _group(word: str) -> tuple[tuple[int, int], ...]:
    """`ID[,WEIGHT]/ID[,WEIGHT]...` (`parse_nh_group`)."""
    members = []
    for part in word.split("/"):
        told, comma, weight = part.partition(",")
        parsed = number(told, 0, 0xFFFFFFFF)
        if parsed is None:
            raise invarg('"group" value is invalid\n', word.split("/")[0].split(",")[0])
        wanted = number(weight, 1, 256) if comma else 1
        if wanted is None:
            raise invarg('"weight" is invalid\n', weight)
        members.append((parsed, wanted))
    return tuple(members)


# showing ---------------------------------------------------------------------------------------------------------------


def _print(session: Ip, nexthops: list[Nexthop]) -> None:
    items = [fields(session, nexthop) for nexthop in nexthops]
    session.print(to_json(items, session.style) if session.style.json else "".join(line(session, item) + "\n" for item in items))


def _filter(session: Ip, cursor: Words) -> tuple[NexthopFilter, int, int | None]:
    """What a listing is about: the filter, the protocol, and one id, at which the words end (`ipnh_list_flush`)."""
    wanted = NexthopFilter(session.style.family if session.style.family in (2, 10) else 0)
    protocol = 0
    while cursor.more():
        word = cursor.take()
        if word == "dev":
            wanted = attrs.evolve(wanted, ifindex=_device(session, cursor.argument()))
        elif word == "groups":
            wanted = attrs.evolve(wanted, groups=True)
        elif word == "master":
            wanted = attrs.evolve(wanted, master=_device(session, cursor.argument()))
        elif matches(word, "vrf"):
            wanted = attrs.evolve(wanted, master=vrf_named(session.netns, cursor.argument()).ifindex)
        elif word == "id":
            return wanted, protocol, _id(cursor.argument())
        elif matches(word, "protocol"):
            value = cursor.argument()
            told = number(value, 0, 0xFFFFFFFF)
            if told is None:
                raise Stop(f'Error: argument "{value}" is wrong: invalid protocol value\n', 255)
            protocol = told
        elif word == "fdb":
            continue  # the kernel's dump takes no notice
        elif matches(word, "help"):
            raise Stop(NEXTHOP, 255)
        else:
            raise invarg("", word)
    return wanted, protocol, None


def _listed(session: Ip, wanted: NexthopFilter, protocol: int) -> list[Nexthop]:
    return [nexthop for nexthop in dump(session.netns, wanted) if protocol in (0, nexthop.protocol)]


def show(session: Ip, cursor: Words) -> None:
    """ip nexthop show."""
    wanted, protocol, one = _filter(session, cursor)
    if one is not None:
        _get(session, one)
    else:
        _print(session, _listed(session, wanted, protocol))


def get(session: Ip, cursor: Words) -> None:
    """ip nexthop get (`ipnh_get`)."""
    wanted = 0
    while cursor.more():
        if cursor.take() != "id":
            raise Stop(NEXTHOP, 255)
        wanted = _id(cursor.argument())
    if not wanted:
        raise Stop(NEXTHOP, 255)
    _get(session, wanted)


def _get(session: Ip, wanted: int) -> None:
    try:
        _print(session, [getnexthop(session.netns, wanted)])
    except NetError as error:
        raise answers(error) from None


def flush(session: Ip, cursor: Words) -> None:
    """ip nexthop flush; a group that went with its last member counts all the same."""
    wanted, protocol, one = _filter(session, cursor)
    if one is not None:
        _delete(session, one)
        return
    gone = _listed(session, wanted, protocol)
    for nexthop in gone:
        if nexthop.id in nexthops_of(session.netns).by_id:
            _delete(session, nexthop.id)
    session.print(f"Flushed {len(gone)} nexthops\n" if gone else "Nothing to flush\n")


def _delete(session: Ip, number: int) -> None:
    try:
        delnexthop(session.netns, NexthopRequest(number))
    except NetError as error:
        raise answers(error) from None
