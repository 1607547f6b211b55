"""conntrack (man conntrack(8))."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.commands.conntrack.events import Watch
from netsim.commands.conntrack.filters import UNREPLIED, wanted
from netsim.commands.conntrack.request import OTHER, Parser, Problem, Request
from netsim.commands.conntrack.text import XML_HEAD, XML_TAIL, flow
from netsim.commands.conntrack.usage import USAGE, VERSION
from netsim.errors import EEXIST, EINVAL, ENOENT, EOPNOTSUPP, EPERM, NetError, strerror
from netsim.kernel.netfilter.conntrack import netlink
from netsim.kernel.netfilter.conntrack.entries import sweep
from netsim.kernel.tables.conntrack import (
    IPS_ASSURED,
    IPS_DST_NAT,
    IPS_DST_NAT_DONE,
    IPS_SEEN_REPLY,
    IPS_SRC_NAT,
    IPS_SRC_NAT_DONE,
    Connection,
    Tuple,
)
from netsim.machine.call import Call, Program, Result

WORDS = {
    EPERM: "sorry, you must be root or get CAP_NET_ADMIN capability to do this",
    EINVAL: "invalid parameters",
    ENOENT: "such conntrack doesn't exist",
    EEXIST: "Such conntrack exists, try -U to update",
}
STATISTICS = ("found", "invalid", "insert", "insert_failed", "drop", "early_drop", "error", "search_restart", "clash_resolve", "chaintoolong")
EXPECT_STATISTICS = ("expect_new", "expect_create", "expect_delete")


def conntrack(call: Call) -> Result | Program:
    """The conntrack command."""
    try:
        request = Parser(call.argv[1:]).parse()
        if request.command in ("", "h"):
            return Result(USAGE)
        if request.command == "V":
            return Result(f"{VERSION}\n")
        if not call.netns.kernel.is_admin():
            raise NetError(EPERM)
        if request.command == "E":
            return _watch(call, request)
        return _COMMANDS[request.command](call, request)
    except Problem as problem:
        return Result("", problem.text, problem.status)
    except NetError as error:
        return Result("", Problem(f"Operation failed: {WORDS.get(error.errno, strerror(error.errno))}", OTHER).text, OTHER)


def _chosen(call: Call, request: Request) -> list[Connection]:
    if request.table != "conntrack":
        return []
    table, now = netlink.table_of(call.netns), call.netns.kernel.clock.now
    return [connection for connection in table.connections(now) if wanted(connection, request, now)]


def _text(call: Call, request: Request, connections: list[Connection], *, uses: int = 1) -> str:
    now = call.netns.kernel.clock.now
    wall = call.proc.wall_clock() - now
    text = "".join(flow(connection, now, request.output, uses=uses, wall=wall) for connection in connections)
    return XML_HEAD + text + XML_TAIL if "xml" in request.output else text


def _told(count: int, what: str) -> str:
    return f"{VERSION}: {count} flow entries have been {what}.\n"


def _list(call: Call, request: Request) -> Result:
    if request.table == "expect":
        return Result("", f"{VERSION}: 0 expectations have been shown.\n")
    chosen = _chosen(call, request)
    text = _text(call, request, chosen)
    if "zero" in request.given:
        for connection in chosen:
            if connection.packets is not None:
                connection.packets, connection.bytes = [0, 0], [0, 0]
    warning = "nfct_labelmap_new: No such file or directory\n" if "labels" in request.output else ""
    return Result(text, warning + _told(len(chosen), "shown"))


def _delete(call: Call, request: Request) -> Result:
    chosen = _chosen(call, request)
    text = _text(call, request, chosen) if chosen or "xml" not in request.output else ""
    for connection in chosen:
        netlink.delete(call.netns, connection, call.proc.pid)
    return Result(text, _told(len(chosen), "deleted"), 0 if chosen else OTHER)


def _update(call: Call, request: Request) -> Result:
    filter_only = Request(request.command, request.table, request.family, request.protocol, [], request.addresses, dict(request.numbers))
    filter_only.numbers.pop("timeout", None)
    change = _change(request)
    changed = [connection for connection in _chosen(call, filter_only) if _differs(call, connection, change)]
    if changed and not (request.family or any(request.addresses.values())):
        # What the options say is copied over what was found, its family too, and that was never said; it is told at the place and at the end.
        told = f"Operation failed: {strerror(EOPNOTSUPP)}"
        return Result("", f"{told}\n{Problem(told, OTHER).text}", OTHER)
    for connection in changed:
        netlink.update(call.netns, connection, change, call.proc.pid)
    return Result(_text(call, request, changed, uses=2), _told(len(changed), "updated"), 0 if changed else OTHER)


def _differs(call: Call, connection: Connection, change: netlink.Change) -> bool:
    """Whether a change would change anything: what stays as it is is left alone (`nfct_cmp` in the tool's `update_cb`)."""
    if change.timeout is not None and change.timeout != max(0, connection.timeout - call.netns.kernel.clock.now) // SECOND:
        return True
    if change.mark is not None and connection.mark != connection.mark & ~change.mark[1] & 0xFFFFFFFF ^ change.mark[0]:
        return True
    if change.state is not None and connection.tcp is not None and connection.tcp.state != change.state:
        return True
    return bool(change.status & ~connection.status)


def _change(request: Request) -> netlink.Change:
    status = 0 if request.status is None or request.status == UNREPLIED else request.status
    return netlink.Change(request.numbers.get("timeout"), request.mark, status, request.state)


def _tuples(request: Request) -> tuple[Tuple, Tuple]:
    """Both directions of the connection that the options describe."""
    source, destination = request.addresses.get("src"), request.addresses.get("dst")
    reply_source, reply_destination = request.addresses.get("reply-src"), request.addresses.get("reply-dst")
    source, destination = source or reply_destination, destination or reply_source
    if source is None or destination is None:
        raise Problem("you have to specify `--src' and `--dst'")
    kind = IPv6 if source[0] == 10 else IPv4
    sport, dport = _numbers(request)
    zone = request.numbers.get("zone", 0)
    assert request.protocol is not None
    original = Tuple(source[0], request.protocol, kind(source[1]), kind(destination[1]), sport, dport, zone)
    reply = original.inverted()
    if reply is None:
        raise NetError(EINVAL)
    to, back = request.addresses.get("dst-nat") or reply_source, request.addresses.get("src-nat") or reply_destination
    reply = Tuple(
        reply.family, reply.protocol, kind(to[1]) if to else reply.src, kind(back[1]) if back else reply.dst,
        request.numbers.get("reply-port-src", reply.sport), request.numbers.get("reply-port-dst", reply.dport), zone,
    )  # fmt: skip
    return original, reply


def _numbers(request: Request) -> tuple[int, int]:
    """The ports, or ICMP's id and type with code; what a protocol cannot do without is missed."""
    numbers = request.numbers
    if request.protocol in (1, 58):
        for name in ("icmp-type", "icmp-code", "icmp-id"):
            if name not in numbers:
                raise Problem(f"You need to supply the `--{name}' option for this command")
        return numbers["icmp-id"], numbers["icmp-type"] << 8 | numbers["icmp-code"]
    if request.protocol in (6, 17, 33, 132, 136):
        sport = numbers.get("orig-port-src", numbers.get("reply-port-dst"))
        dport = numbers.get("orig-port-dst", numbers.get("reply-port-src"))
        if sport is None or dport is None:
            raise Problem("you have to specify `--sport' and `--dport'")
        return sport, dport
    return 0, 0


def _create(call: Call, request: Request) -> Result:
    original, reply = _tuples(request)
    change = _change(request)
    if request.protocol == 6 and request.state is None:
        raise Problem("You need to supply the `--state' option for this command")
    if request.status is not None and request.mark is not None:
        change = attrs.evolve(change, mark=(change.status & (IPS_SEEN_REPLY | IPS_ASSURED), 0xFFFFFFFF))  # what 1.4.7 does
    if request.addresses.get("src-nat"):
        change = attrs.evolve(change, status=change.status | IPS_SRC_NAT | IPS_SRC_NAT_DONE)
    if request.addresses.get("dst-nat"):
        change = attrs.evolve(change, status=change.status | IPS_DST_NAT | IPS_DST_NAT_DONE)
    netlink.create(call.netns, original, reply, change, request.numbers.get("zone", 0), call.proc.pid)
    return Result("", _told(1, "added" if request.command == "A" else "created"))


def _get(call: Call, request: Request) -> Result:
    original, _ = _tuples(request)
    found = netlink.table_of(call.netns).find(original, call.netns.kernel.clock.now)
    if found is None:
        raise NetError(ENOENT)
    return Result(_text(call, request, [found[0]], uses=2), _told(1, "shown"))


def _flush(call: Call, request: Request) -> Result:
    if request.table == "expect":
        return Result("", f"{VERSION}: expectation table has been emptied.\n")
    netlink.flush(call.netns, call.proc.pid)
    return Result("", f"{VERSION}: connection tracking table has been emptied.\n")


def _count(call: Call, request: Request) -> Result:
    table = netlink.table_of(call.netns)
    sweep(table, call.netns.kernel.clock.now)
    return Result(f"{0 if request.table == 'expect' else table.count}\n")


def _statistics(call: Call, request: Request) -> Result:
    """Per processor; everything here runs on the first."""
    names = EXPECT_STATISTICS if request.table == "expect" else STATISTICS
    stats = netlink.table_of(call.netns).stats
    text = ""
    for cpu in range(call.netns.kernel.profile.cpus):
        text += f"cpu={cpu:<4d}\t" + "".join(f"{name}={0 if cpu else stats[name]} " for name in names) + "\n"
    return Result(text)


def _load(call: Call, request: Request) -> Result:
    raise Problem("--load-file is not modelled by netsim", OTHER)


def _watch(call: Call, request: Request) -> Program:
    return Watch(request, netlink.table_of(call.netns), call.netns)


_COMMANDS: dict[str, Callable[[Call, Request], Result]] = {
    "L": _list, "D": _delete, "U": _update, "I": _create, "A": _create, "G": _get, "F": _flush, "C": _count, "S": _statistics, "R": _load,
}  # fmt: skip
