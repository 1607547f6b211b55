"""The lines tcpdump prints for a packet (tcpdump 4.99.3).

Protocols beyond those of this package (OSPF, PIM, SCTP, ESP, DHCP, SNMP ...) get the general form tcpdump has for unknown ones.
"""

from collections.abc import Callable

import attrs

from netsim.packet.describe.demux import Demux
from netsim.packet.describe.dump import hex_and_text_lines, hex_lines, text_lines
from netsim.packet.describe.link import print_ethernet
from netsim.packet.describe.output import NO_NAMES, Flow, Names, Options, Output, Truncated
from netsim.packet.describe.stamp import stamp

__all__ = ["NO_NAMES", "Names", "Options", "Printer", "describe"]

_DEMUX = Demux()


@attrs.define(eq=False)
class Printer:
    """Describes the packets of one capture, one after the other: it remembers TCP connections and the time of the last packet."""

    options: Options = Options()
    names: Names = NO_NAMES
    flows: dict[Flow, tuple[int, int]] = attrs.field(factory=dict)
    count: int = 0
    first: int = 0
    last: int = 0

    def describe(self, time: int, frame: bytes, length: int | None = None, link: Callable[[Output, int, int], int] = print_ethernet) -> str:
        """The text for a frame captured at `time` (ns since the epoch, shown in UTC); `length` is the one it had before it was cut.

        `link` describes the link header and what follows, and says how long the header is: Ethernet's, or a part of `cooked.py`.

        Several lines are separated by newlines, the last has none.
        """
        options = self.options
        self.first = self.first if self.count else time
        self.last = self.last if self.count else time
        self.count += 1
        out = Output(frame, options, self.names, self.flows, _DEMUX, len(frame))
        if options.number:
            out.put(f"{self.count:5}  ")
        out.put(stamp(time, self.last, self.first, options.t))
        self.last = time
        header = len(frame)
        try:
            header = link(out, 0, len(frame) if length is None else length)
        except Truncated:
            out.truncated()
            # tcpdump then shows the contents from the link header on.
            header = 0
        return "".join(out.text) + _contents(frame, header, options)


def describe(frame: bytes, options: Options = Options(t=1), names: Names = NO_NAMES) -> str:  # noqa: B008 (a frozen value)
    """The text for one frame without a history: as if it were the only one of a capture, at the epoch."""
    return Printer(options, names).describe(0, frame)


def _contents(frame: bytes, header: int, options: Options) -> str:
    for count, form in ((options.X, hex_and_text_lines), (options.x, hex_lines)):
        if count:
            return form(frame if count > 1 else frame[header:], "\n\t")
    if options.A:
        return text_lines(frame if options.A > 1 else frame[header:])
    return ""
