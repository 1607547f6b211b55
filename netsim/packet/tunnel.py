"""GRE (RFC 2784, RFC 2890) and VXLAN (RFC 7348)."""

import attrs

from netsim.packet.link import Ethernet
from netsim.packet.numbers import GRE_CSUM, GRE_KEY, GRE_SEQ
from netsim.packet.value import Payload, size_of


@attrs.frozen
class Gre:
    """A GRE header of version 0. `flags` are `GRE_CSUM | GRE_KEY | GRE_SEQ`; key and seq count only where their flag is set."""

    protocol: int
    payload: Payload
    flags: int = 0
    key: int = 0
    seq: int = 0

    @property
    def header_size(self) -> int:
        """Bytes of the header with its optional words."""
        flags = self.flags
        return 4 + (4 if flags & GRE_CSUM else 0) + (4 if flags & GRE_KEY else 0) + (4 if flags & GRE_SEQ else 0)

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return self.header_size + size_of(self.payload)


@attrs.frozen
class Vxlan:
    """A VXLAN header and the frame it carries."""

    vni: int
    payload: Ethernet

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + self.payload.size
