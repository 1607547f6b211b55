"""ICMP for IPv4."""

import attrs

from netsim.packet.ip import Ip
from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class IcmpEcho:
    """An echo request or reply (type 8 or 0)."""

    type: int
    code: int
    ident: int
    seq: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.data)


@attrs.frozen
class IcmpError:
    """An error or redirect about a packet: `rest` is the header's second word (next-hop MTU, gateway, pointer in the high octet).

    `inner` is that packet, or bytes where only a piece of one is known; `room` bounds how many of its bytes are quoted
    (Linux fills 576 bytes in all, so 548 when the error itself has no IP options: `icmp_send`).
    """

    type: int
    code: int
    rest: int
    inner: Ip | bytes
    room: int = 548

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        inner = self.inner
        return 8 + min(self.room, len(inner) if isinstance(inner, bytes) else inner.size)

    def with_inner(self, inner: Ip | bytes) -> "IcmpError":
        """The same error about another packet (address translation reaches into errors)."""
        return IcmpError(self.type, self.code, self.rest, inner, self.room)


@attrs.frozen
class IcmpOther:
    """Any other message: the second word as a number, then what follows."""

    type: int
    code: int
    rest: int
    data: bytes

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + len(self.data)
