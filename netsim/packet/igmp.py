"""IGMP (RFC 2236, RFC 3376)."""

import attrs

from netsim.addr import IPv4


@attrs.frozen
class Igmp:
    """An IGMPv1 or v2 message: query, report or leave; `max_resp` in tenths of a second."""

    type: int
    max_resp: int
    group: IPv4

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8


@attrs.frozen
class Igmpv3Query:
    """An IGMPv3 query: `max_resp` and `interval` are raw codes, `flags` the S bit (8) and robustness."""

    max_resp: int
    group: IPv4
    flags: int
    interval: int
    sources: tuple[IPv4, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 12 + 4 * len(self.sources)


@attrs.frozen
class Igmpv3Record:
    """One group of an IGMPv3 report (`IGMPV3_MODE_IS_INCLUDE` ...)."""

    kind: int
    group: IPv4
    sources: tuple[IPv4, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + 4 * len(self.sources)


@attrs.frozen
class Igmpv3Report:
    """An IGMPv3 report."""

    records: tuple[Igmpv3Record, ...]

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 8 + sum(record.size for record in self.records)
