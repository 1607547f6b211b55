"""Cutting IPv6 packets at their source and putting them together again (`ip6_output.c:ip6_fragment`, `reassembly.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import SECOND, Timer
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6.exthdrs import HDR_FIELD, NEXTHDR_FRAGMENT, PARAMPROB, upper_of
from netsim.packet import DestOpts, Fragment, HopByHop, Ip6, Routing
from netsim.packet.codec import DecodeError, decode_content, encode_content

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

HEADER = 8
LONGEST = 65535


def split(packet: Ip6, mtu: int, ident: int) -> list[Ip6]:
    """The packet in pieces that fit: hop-by-hop and routing headers on each, offsets multiples of eight (`ip6_fragment`)."""
    fixed, protocol = _unfragmentable(packet)
    content = encode_content(packet)[fixed:]
    room = (mtu - 40 - fixed - HEADER) & ~7
    if room <= 0:
        return []
    pieces = []
    for start in range(0, len(content), room):
        more = int(start + room < len(content))
        pieces.append(_with_fragment(packet, Fragment(protocol, start, more, ident, content[start : start + room])))
    return pieces


def _unfragmentable(packet: Ip6) -> tuple[int, int]:
    """How many bytes of extension headers must be on every piece, and the header that follows them (`ip6_find_1stfragopt`)."""
    size, protocol, header = 0, packet.nexthdr, packet.payload
    best = (0, protocol)
    while isinstance(header, HopByHop | Routing | DestOpts):
        inner = header.payload
        size += header.size - (len(inner) if isinstance(inner, bytes) else inner.size)
        if not isinstance(header, DestOpts):
            best = (size, header.nexthdr)
        protocol, header = header.nexthdr, inner
    return best


def _with_fragment(packet: Ip6, fragment: Fragment) -> Ip6:
    """The packet's unfragmentable headers with a fragment header after them."""
    fixed, _ = _unfragmentable(packet)
    nexthdr, payload = _rebuilt(packet.nexthdr, packet.payload, fixed, fragment)
    return packet.with_content(nexthdr, payload)


def _rebuilt(nexthdr: int, header: Any, fixed: int, fragment: Fragment) -> tuple[int, Any]:
    if fixed <= 0:
        return NEXTHDR_FRAGMENT, fragment
    inner = header.payload
    size = header.size - (len(inner) if isinstance(inner, bytes) else inner.size)
    following, rest = _rebuilt(header.nexthdr, inner, fixed - size, fragment)
    if isinstance(header, Routing):
        return nexthdr, Routing(following, header.type, header.segments_left, header.data, rest)
    return nexthdr, type(header)(following, header.options, rest)


@attrs.define(eq=False)
class Queue:
    """Fragments of one packet that came so far (`struct frag_queue`); a queue that met an overlap swallows what follows."""

    parts: dict[int, bytes] = attrs.field(factory=dict)
    runs: list[tuple[int, int]] = attrs.field(factory=list)  # stretches of pieces that came in order at the end, from lowest to highest
    first: SkBuff | None = None
    total: int | None = None
    largest: int = 0  # bytes of the largest piece
    timer: Timer | None = None


@attrs.frozen
class Refusal:
    """A fragment that cannot be: the offset of the octet that is wrong, for the parameter problem."""

    pointer: int


def insert(queue: Queue, offset: int, data: bytes, more: int) -> bool:
    """Put a piece in its place (`ip6_frag_queue`, `inet_frag_queue_insert`); False: it overlaps another or contradicts the end."""
    end = offset + len(data)
    if not more:
        if (queue.total is not None and queue.total != end) or any(place + len(part) > end for place, part in queue.parts.items()):
            return False
        queue.total = end
    elif queue.total is not None and end > queue.total:
        return False
    if not data:
        return False
    runs = queue.runs
    if runs and offset == runs[-1][1]:
        runs[-1] = (runs[-1][0], end)
    else:
        for low, high in runs:
            if low <= offset and end <= high:
                return True  # all of it is there already, as a repetition: ignored
            if low < end and offset < high:
                return False
        runs.append((offset, end))
        runs.sort()
    queue.parts[offset] = data
    return True


def joined(queue: Queue) -> bytes | None:
    """The whole content when nothing is missing."""
    if queue.total is None or sum(map(len, queue.parts.values())) != queue.total:
        return None
    return b"".join(queue.parts[offset] for offset in sorted(queue.parts))


def ipv6_frag_rcv(netns: Netns, skb: SkBuff) -> SkBuff | None:
    """The whole packet when this was the missing piece, else None (`ipv6_frag_rcv`)."""
    from netsim.kernel.ipv6.icmp import icmp6_send

    upper = upper_of(skb.packet)
    piece = upper.fragment
    assert piece is not None
    netns.mib["Ip6ReasmReqds"] += 1
    refusal = _refused(skb.packet, piece, upper.offset)
    if refusal is not None:
        netns.mib["Ip6InHdrErrors"] += 1
        icmp6_send(skb, PARAMPROB, HDR_FIELD, refusal.pointer)
        return None
    if not piece.offset and not piece.more:
        netns.mib["Ip6ReasmOKs"] += 1
        return whole_of(skb, piece, piece.payload)  # an atomic fragment
    key = (
        int(skb.packet.src),
        int(skb.packet.dst),
        piece.ident,
        skb.dev.ifindex if skb.packet.dst.is_linklocal or skb.packet.dst.is_multicast else 0,
    )
    queue = netns.inet6.fragments.get(key)
    if queue is None:
        queue = netns.inet6.fragments[key] = Queue()
        lasts = int(netns.inet6.sysctl.get("net/ipv6/ip6frag_time", 60)) * SECOND
        queue.timer = netns.kernel.clock.call_later(lasts, frag_expire, netns, key)
    if not insert(queue, piece.offset, piece.payload, piece.more):
        _kill(netns, key, queue)
        netns.mib["Ip6ReasmFails"] += 1
        return None
    if piece.offset == 0 and queue.first is None:
        queue.first = skb
    content = joined(queue)
    if content is None or queue.first is None:
        return None
    _kill(netns, key, queue)
    netns.mib["Ip6ReasmOKs"] += 1
    head = upper_of(queue.first.packet).fragment
    assert head is not None
    return whole_of(queue.first, head, content)


def _refused(packet: Ip6, piece: Fragment, content_offset: int) -> Refusal | None:
    if piece.more and len(piece.payload) % 8:
        return Refusal(4)
    if piece.offset + len(piece.payload) > LONGEST:
        return Refusal(content_offset - HEADER + 2)
    return None


def _kill(netns: Netns, key: tuple[int, int, int, int], queue: Queue) -> None:
    netns.inet6.fragments.pop(key, None)
    if queue.timer is not None:
        queue.timer.cancel()


def whole_of(skb: SkBuff, piece: Fragment, content: bytes) -> SkBuff:
    """The packet without its fragment header."""
    packet = skb.packet
    nexthdr, header = _without_fragment(packet.nexthdr, packet.payload, piece.nexthdr, content)
    bare = packet.with_content(nexthdr, header)
    try:
        payload = decode_content(bare, encode_content(bare))
    except DecodeError:
        payload = header
    skb.packet = bare.with_payload(payload)
    return skb


def _without_fragment(nexthdr: int, header: Any, following: int, content: bytes) -> tuple[int, Any]:
    if isinstance(header, Fragment):
        return following, content
    inner = _without_fragment(header.nexthdr, header.payload, following, content)
    if isinstance(header, Routing):
        return nexthdr, Routing(inner[0], header.type, header.segments_left, header.data, inner[1])
    return nexthdr, type(header)(inner[0], header.options, inner[1])


def frag_expire(netns: Netns, key: tuple[int, int, int, int]) -> None:
    """The rest did not come in time: if the first piece did, its sender is told (`ip6frag_expire_frag_queue`)."""
    from netsim.kernel.ipv6.icmp import icmp6_send

    queue: Queue | None = netns.inet6.fragments.pop(key, None)
    if queue is None:
        return
    netns.mib["Ip6ReasmFails"] += 1
    netns.mib["Ip6ReasmTimeout"] += 1
    if queue.first is not None:
        icmp6_send(queue.first, 3, 1, 0)
