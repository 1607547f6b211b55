"""UDP and TCP."""

from typing import Any

import attrs

from netsim.packet.numbers import (
    TCPOPT_EOL,
    TCPOPT_MSS,
    TCPOPT_NOP,
    TCPOPT_SACK,
    TCPOPT_SACK_PERM,
    TCPOPT_TIMESTAMP,
    TCPOPT_WINDOW,
)
from netsim.packet.value import Payload
from netsim.values import set_class, twin

UDP_CSUM = 1
"""The datagram carries a checksum."""
UDP_CSUM_NONE = 0
"""The datagram goes without checksum (zero in the field), as VXLAN may."""


@attrs.frozen(init=False, weakref_slot=False)
class Udp:
    """A UDP datagram. `csum` says whether it carries a checksum; the codec computes it."""

    sport: int
    dport: int
    payload: Payload
    csum: int
    size: int = attrs.field(init=False, eq=False, repr=False)
    """Bytes on the wire: what the length field says."""

    def __init__(self, sport: int, dport: int, payload: Payload = b"", csum: int = UDP_CSUM) -> None:
        raw: Any = self
        set_class(raw, _Udp)
        raw.sport = sport
        raw.dport = dport
        raw.payload = payload
        raw.csum = csum
        raw.size = 8 + (len(payload) if isinstance(payload, bytes) else payload.size)
        raw.__class__ = Udp

    def with_sport(self, sport: int) -> "Udp":
        """The same datagram from another port."""
        raw: Any = _Udp()
        raw.sport = sport
        raw.dport = self.dport
        raw.payload = self.payload
        raw.csum = self.csum
        raw.size = self.size
        raw.__class__ = Udp
        return raw  # type: ignore[no-any-return]

    def with_dport(self, dport: int) -> "Udp":
        """The same datagram to another port."""
        raw: Any = _Udp()
        raw.sport = self.sport
        raw.dport = dport
        raw.payload = self.payload
        raw.csum = self.csum
        raw.size = self.size
        raw.__class__ = Udp
        return raw  # type: ignore[no-any-return]

    def with_ports(self, sport: int, dport: int) -> "Udp":
        """The same datagram between other ports."""
        return Udp(sport, dport, self.payload, self.csum)

    def with_payload(self, payload: Payload) -> "Udp":
        """The same ports around another payload."""
        return Udp(self.sport, self.dport, payload, self.csum)


_Udp = twin(Udp)


@attrs.frozen
class TcpOption:
    """A TCP option: kind and data. NOP has no data; kind 0 ends the list and keeps what follows it; kind -1 is an unreadable rest."""

    kind: int
    data: bytes = b""

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        if self.kind == -1:
            return len(self.data)
        return (1 if self.kind <= TCPOPT_NOP else 2) + len(self.data)


NOP = TcpOption(TCPOPT_NOP)
END_OF_OPTIONS = TcpOption(TCPOPT_EOL)
SACK_PERMITTED = TcpOption(TCPOPT_SACK_PERM)


def mss(value: int) -> TcpOption:
    """A maximum segment size option."""
    return TcpOption(TCPOPT_MSS, value.to_bytes(2, "big"))


def window_scale(shift: int) -> TcpOption:
    """A window scale option."""
    return TcpOption(TCPOPT_WINDOW, bytes([shift]))


def timestamps(value: int, echo: int) -> TcpOption:
    """A timestamps option: the sender's clock and the last one seen from the peer."""
    return TcpOption(TCPOPT_TIMESTAMP, (value << 32 | echo).to_bytes(8, "big"))


def sack(*blocks: tuple[int, int]) -> TcpOption:
    """A selective acknowledgement option: left and right edges."""
    return TcpOption(TCPOPT_SACK, b"".join((left << 32 | right).to_bytes(8, "big") for left, right in blocks))


@attrs.frozen(init=False, weakref_slot=False)
class Tcp:
    """A TCP segment; `flags` are `TCP_SYN | TCP_ACK ...` (twelve bits, reserved ones included), `window` as it stands in the header."""

    sport: int
    dport: int
    seq: int
    ack: int
    flags: int
    window: int
    options: tuple[TcpOption, ...]
    urgent: int
    payload: Payload
    size: int = attrs.field(init=False, eq=False, repr=False)
    """Bytes on the wire, options padded to four."""

    def __init__(
        self,
        sport: int,
        dport: int,
        seq: int = 0,
        ack: int = 0,
        flags: int = 0,
        window: int = 0,
        options: tuple[TcpOption, ...] = (),
        urgent: int = 0,
        payload: Payload = b"",
    ) -> None:
        raw: Any = self
        set_class(raw, _Tcp)
        raw.sport = sport
        raw.dport = dport
        raw.seq = seq
        raw.ack = ack
        raw.flags = flags
        raw.window = window
        raw.options = options
        raw.urgent = urgent
        raw.payload = payload
        header = 20 + (sum([option.size for option in options]) + 3 & ~3 if options else 0)
        raw.size = header + (len(payload) if isinstance(payload, bytes) else payload.size)
        raw.__class__ = Tcp

    @property
    def header_size(self) -> int:
        """Bytes of the header with its options."""
        payload = self.payload
        return self.size - (len(payload) if isinstance(payload, bytes) else payload.size)

    def option(self, kind: int) -> bytes | None:
        """The data of the first option of a kind, or None."""
        for option in self.options:
            if option.kind == kind:
                return option.data
        return None

    def with_sport(self, sport: int) -> "Tcp":
        """The same segment from another port."""
        s = self
        return Tcp(sport, s.dport, s.seq, s.ack, s.flags, s.window, s.options, s.urgent, s.payload)

    def with_dport(self, dport: int) -> "Tcp":
        """The same segment to another port."""
        s = self
        return Tcp(s.sport, dport, s.seq, s.ack, s.flags, s.window, s.options, s.urgent, s.payload)

    def with_ports(self, sport: int, dport: int) -> "Tcp":
        """The same segment between other ports."""
        s = self
        return Tcp(sport, dport, s.seq, s.ack, s.flags, s.window, s.options, s.urgent, s.payload)

    def with_options(self, options: tuple[TcpOption, ...]) -> "Tcp":
        """The same segment with other options (MSS clamping)."""
        s = self
        return Tcp(s.sport, s.dport, s.seq, s.ack, s.flags, s.window, options, s.urgent, s.payload)

    def with_payload(self, payload: Payload) -> "Tcp":
        """The same header around another payload."""
        s = self
        return Tcp(s.sport, s.dport, s.seq, s.ack, s.flags, s.window, s.options, s.urgent, payload)


_Tcp = twin(Tcp)
