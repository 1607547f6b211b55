"""Cutting packets into fragments and putting them together again (`ip_output.c:ip_do_fragment`, `ip_fragment.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import SECOND, Timer
from netsim.kernel.core.skbuff import SkBuff
from netsim.packet import Ip
from netsim.packet.codec import DecodeError, decode_content, encode_content
from netsim.packet.numbers import IP_DF, IP_MF

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns


DEFRAG_LOCAL_DELIVER, DEFRAG_CONNTRACK_IN, DEFRAG_CONNTRACK_OUT, DEFRAG_CONNTRACK_BRIDGE_IN, DEFRAG_VS_OUT = range(5)
"""Who puts together (`enum ip_defrag_users`): each its own pieces."""


def split(packet: Ip, mtu: int) -> list[Ip]:
    """The packet in pieces that fit; offsets are multiples of eight."""
    content = encode_content(packet)
    room = (mtu - packet.header_size) & ~7
    if room <= 0:
        return []
    pieces = []
    for start in range(0, len(content), room):
        part = content[start : start + room]
        more = start + room < len(content) or packet.flags & IP_MF
        flags = packet.flags & IP_DF | (IP_MF if more else 0)
        pieces.append(packet.fragment(flags, packet.offset + start, part))
    return pieces


@attrs.define(eq=False)
class Queue:
    """Fragments of one packet that came so far (`struct ipq`)."""

    parts: dict[int, bytes] = attrs.field(factory=dict)
    first: SkBuff | None = None
    total: int | None = None
    largest: int = 0
    timer: Timer | None = None


def ip_defrag(netns: Netns, skb: SkBuff, user: int = DEFRAG_LOCAL_DELIVER) -> SkBuff | None:
    """The whole packet when this was the missing piece, else None. Its `control` is the size of the largest piece (`frag_max_size`)."""
    packet = skb.packet
    queues = netns.inet.fragments
    key = (int(packet.src), int(packet.dst), packet.protocol, packet.ident, user)
    netns.mib["IpReasmReqds"] += 1
    queue = queues.get(key)
    if queue is None:
        queue = queues[key] = Queue()
        lasts = int(netns.inet.sysctl.get("ipfrag_time", 30)) * SECOND
        queue.timer = netns.kernel.clock.call_later(lasts, ip_expire, netns, key)
    queue.parts[packet.offset] = packet.payload
    queue.largest = max(queue.largest, packet.size)
    if packet.offset == 0:
        queue.first = skb
    if not packet.flags & IP_MF:
        queue.total = packet.offset + len(packet.payload)
    content = _joined(queue)
    if content is None or queue.first is None:
        return None
    del queues[key]
    if queue.timer is not None:
        queue.timer.cancel()
    whole = queue.first
    head = whole.packet.fragment(whole.packet.flags & ~IP_MF, 0, content)
    try:
        payload = decode_content(head, content)
    except DecodeError:
        payload = content
    whole.packet = head.with_payload(payload)
    whole.control = queue.largest
    netns.mib["IpReasmOKs"] += 1
    return whole


def _joined(queue: Queue) -> bytes | None:
    if queue.total is None:
        return None
    content = b""
    for offset in sorted(queue.parts):
        if offset > len(content):
            return None
        content = content[:offset] + queue.parts[offset]
    return content if len(content) >= queue.total else None


def ip_expire(netns: Netns, key: tuple[int, int, int, int, int]) -> None:
    """The rest did not come in time: if the first piece did, its sender is told (`ip_expire`)."""
    from netsim.kernel.ipv4.icmp import icmp_send

    queue: Queue | None = netns.inet.fragments.pop(key, None)
    if queue is None:
        return
    netns.mib["IpReasmFails"] += 1
    netns.mib["IpReasmTimeout"] += 1
    if queue.first is not None and queue.first.route is not None:
        icmp_send(queue.first, 11, 1, 0)
