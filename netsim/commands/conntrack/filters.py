"""Which connections a request means."""

from __future__ import annotations

from netsim.commands.conntrack.request import Request
from netsim.kernel.tables.conntrack import IPS_DST_NAT_DONE, IPS_SEEN_REPLY, IPS_SRC_NAT_DONE, Connection
from netsim.machine.procnet_conntrack import seconds_left

UNREPLIED = -1


def wanted(connection: Connection, request: Request, now: int) -> bool:
    """Whether a connection meets all that was asked."""
    original = connection.original
    if request.family and original.family != request.family:
        return False
    if request.protocol is not None and original.protocol != request.protocol:
        return False
    return _addresses(connection, request) and _numbers(connection, request, now) and _marks(connection, request) and _nat(connection, request)


def _addresses(connection: Connection, request: Request) -> bool:
    original, reply = connection.tuples
    found = {"src": original.src, "dst": original.dst, "reply-src": reply.src, "reply-dst": reply.dst}
    for name, address in found.items():
        asked = request.addresses.get(name)
        if asked is None:
            continue
        mask = asked[2]
        given_mask = request.addresses.get(f"mask-{name}")
        if given_mask is not None:
            mask = given_mask[1]
        if address & mask != asked[1] & mask:
            return False
    return True


def _numbers(connection: Connection, request: Request, now: int) -> bool:
    original, reply = connection.tuples
    found = {
        "orig-port-src": original.sport, "orig-port-dst": original.dport, "reply-port-src": reply.sport, "reply-port-dst": reply.dport,
        "icmp-type": original.dport >> 8, "icmp-code": original.dport & 255, "icmp-id": original.sport,
        "zone": connection.zone if connection.zone_directions == 3 else 0,
        "orig-zone": connection.zone if connection.zone_directions == 1 else 0,
        "reply-zone": connection.zone if connection.zone_directions == 2 else 0,
        "id": connection_id(connection), "timeout": seconds_left(connection, now),
    }  # fmt: skip
    return all(found.get(name, value) == value for name, value in request.numbers.items())


def connection_id(connection: Connection) -> int:
    """The number that tells a connection from others of the same tuples (`nf_ct_get_id`): the kernel's is a seeded hash."""
    return connection.ident * 2654435761 + 0x9E3779B9 & 0xFFFFFFFF


def _marks(connection: Connection, request: Request) -> bool:
    if request.mark is not None and connection.mark & request.mark[1] != request.mark[0]:
        return False
    if request.state is not None and (connection.tcp is None or connection.tcp.state != request.state):
        return False
    if request.status == UNREPLIED:
        return not connection.status & IPS_SEEN_REPLY
    return request.status is None or connection.status & request.status == request.status


def _nat(connection: Connection, request: Request) -> bool:
    """Where translation was decided the tool compares the tuples, ports too, and so takes every ICMP flow for a translated one."""
    original, reply, status = *connection.tuples, connection.status
    source = bool(status & IPS_SRC_NAT_DONE) and (original.src, original.sport) != (reply.dst, reply.dport)
    destination = bool(status & IPS_DST_NAT_DONE) and (original.dst, original.dport) != (reply.src, reply.sport)
    for name, is_translated, address in (
        ("src-nat", source, (reply.dst,)),
        ("dst-nat", destination, (reply.src,)),
        ("any-nat", source or destination, (reply.src, reply.dst)),
    ):
        if name not in request.addresses:
            continue
        asked = request.addresses[name]
        moved = (original.src != reply.dst, original.dst != reply.src)
        if asked is None:
            if not is_translated:
                return False
        elif asked[1] not in address or not any(moved):
            return False
    return True
