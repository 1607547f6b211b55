"""traceroute's table of probes: which to send next, how long each may take, when the trace is over (traceroute 2.1.2, `do_it`)."""

from __future__ import annotations

import attrs

from netsim.clock import MS
from netsim.programs.traceroute.options import Options

PRECISION = 5 * MS  # added to a measured time before it is multiplied


@attrs.define(eq=False)
class Probe:
    """One probe: when it went, what came back. Times in ns."""

    number: int  # from 0; the hop is number // queries + 1
    key: int = 0  # port, sequence number ...: what replies are known by
    sent: int = 0
    is_sent: bool = False
    received: int | None = None
    address: str = ""
    text: str = ""  # "!H" and the like
    ttl: int = -1  # of the reply
    done: bool = False
    final: bool = False
    mtu: int = 0

    @property
    def took(self) -> int | None:
        """Round trip in ns, None when nothing came."""
        return None if self.received is None else self.received - self.sent


@attrs.define(eq=False)
class ProbeTable:
    """All probes of one trace."""

    options: Options
    probes: list[Probe] = attrs.field(factory=list)
    start: int = 0
    end: int = 0

    def begin(self) -> None:
        """Lay out one row of probes for each hop."""
        queries = self.options.queries
        self.end = self.options.max_hops * queries
        self.probes = [Probe(number) for number in range(self.end)]
        self.start = (self.options.first_hop - 1) * queries

    def hop(self, probe: Probe) -> int:
        """The TTL of a probe."""
        return probe.number // self.options.queries + 1

    def by_key(self, key: int) -> Probe | None:
        """The probe under way that a reply with this key answers."""
        return next((probe for probe in self.probes if probe.is_sent and probe.key == key), None)

    def patience(self, probe: Probe) -> int:
        """How long to wait for one probe in ns: less than the maximum once others have answered."""
        options = self.options
        queries = options.queries
        row = probe.number // queries * queries
        if options.here:
            took = self._shortest(row, row + queries)
            if took is not None:
                return min(int((took + PRECISION) * options.here), options.wait)
        if options.near:
            took = self._shortest(row + queries, self.end)
            if took is not None:
                return min(int((took + PRECISION) * options.near), options.wait)
        return options.wait

    def _shortest(self, first: int, last: int) -> int | None:
        for probe in self.probes[first:last]:
            if probe.done and probe.took:
                return probe.took
        return None

    def finish(self, probe: Probe) -> None:
        """A probe is settled; the first final answer ends the trace with its hop."""
        probe.done = True
        if probe.final:
            queries = self.options.queries
            self.end = min(self.end, (probe.number // queries + 1) * queries)

    def expire(self, probe: Probe) -> None:
        """Nothing came in time; when later hops already answered finally, a silent destination may have answered there (`check_expired`)."""
        self.finish(probe)
