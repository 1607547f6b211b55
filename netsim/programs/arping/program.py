"""arping as it runs: asks once a second, hears answers on a packet socket, ends with a summary (`event_loop`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, MAC, IPv4
from netsim.clock import SECOND, US
from netsim.errors import ENETDOWN, NetError, strerror
from netsim.kernel.core.packet_socket import Seen
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST
from netsim.machine.call import Program
from netsim.packet import Arp

ETH_P_ARP = 0x0806
REQUEST, REPLY = 1, 2
NEXT, TIMEOUT = "next", "timeout"


@attrs.define(eq=False)
class Options:
    """What was asked for; `count` -1 and `timeout` 0 mean without end, times in seconds."""

    target: str = ""
    gdst: IPv4 = IPV4_ANY
    gsrc: IPv4 = IPV4_ANY
    device: str = ""
    source: str = ""
    count: int = -1
    timeout: int = 0
    interval: int = 1
    flags: set[str] = attrs.field(factory=set)

    @property
    def is_dad(self) -> bool:
        """Duplicate address detection (-D)."""
        return "D" in self.flags

    @property
    def is_unsolicited(self) -> bool:
        """An announcement that wants no answer (-U, -A)."""
        return bool(self.flags & {"U", "A"})

    @property
    def quits_on_reply(self) -> bool:
        """One answer is enough (-f, -D)."""
        return bool(self.flags & {"f", "D"})

    def unless_quiet(self, text: str) -> str:
        """The text, or nothing with -q."""
        return "" if "q" in self.flags else text

    def header(self) -> str:
        """The first line."""
        return self.unless_quiet(f"ARPING {self.gdst} from {self.gsrc} {self.device}\n")


@attrs.define(eq=False)
class Arping(Program):
    """One arping; `he` is where the next probe goes: everybody, then who answered."""

    options: Options
    ifindex: int
    me: MAC
    he: MAC
    fd: int
    sent: int = 0
    broadcasts: int = 0
    received: int = 0
    broadcast_answers: int = 0
    requests: int = 0
    unicasting: bool = False
    last: int = 0
    expiries: int = 1
    trouble: int = 0
    said: str = ""
    """What waits to be written: the header goes out with the first answer or at the end."""

    def started(self, proc: Any) -> None:
        """Print the header and send the first probe."""
        self.said = self.options.header()
        if self.options.interval:
            proc.timer(self.options.interval * SECOND, NEXT)
        if self.options.timeout:
            proc.timer(self.options.timeout * SECOND, TIMEOUT)
        self._send(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """The next probe is due, or it is time to end."""
        if token == NEXT:
            self.expiries += 1
            if not 0 < self.options.count < self.expiries:
                proc.timer(self.options.interval * SECOND, NEXT)
                self._send(proc)
                return
        elif self._is_due_too():
            self._send(proc)
        self._finish(proc)

    def _is_due_too(self) -> bool:
        """Whether a probe is due in the moment the time is up: it still goes out, as that timer is looked at first."""
        options = self.options
        if not options.interval or options.timeout % options.interval or self.expiries > options.timeout // options.interval:
            return False
        return not 0 < options.count < self.expiries + 1

    def signal(self, proc: Any, signum: int) -> None:
        """Ctrl-C, SIGTERM and SIGQUIT end with the summary."""
        if signum in (2, 3, 15):
            self._finish(proc)
        else:
            proc.die(signum)

    def readable(self, proc: Any, fd: int) -> None:
        """Frames came."""
        sock = proc.sock(self.fd)
        try:
            while (seen := sock.recv()) is not None:
                if self._take(proc, seen):
                    self._finish(proc)
                    return
        except NetError as error:
            proc.write(2, f"arping: recvfrom: {strerror(error.errno)}\n")
            if error.errno == ENETDOWN:
                self.trouble = 2
                self._finish(proc)

    def _send(self, proc: Any) -> None:
        options = self.options
        is_advert = "A" in options.flags
        message = Arp(REPLY if is_advert else REQUEST, self.me, options.gsrc, self.me if is_advert else self.he, options.gdst)
        try:
            proc.sock(self.fd).send(self.he, ETH_P_ARP, message)
        except NetError:
            return  # the tool goes on as if nothing had been due
        self.last = proc.now()
        self.sent += 1
        self.broadcasts += not self.unicasting

    def _concerns_us(self, seen: Seen) -> bool:
        message = seen.packet
        if seen.pkt_type not in (PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST):
            return False
        if not isinstance(message, Arp) or message.op not in (REQUEST, REPLY) or message.spa != self.options.gdst:
            return False
        if self.options.is_dad:
            return message.sha != self.me and (self.options.gsrc == 0 or message.tpa == self.options.gsrc)
        return message.tpa == self.options.gsrc and message.tha == self.me

    def _take(self, proc: Any, seen: Seen) -> bool:
        """Account for a frame; True when it was the last one wanted (`recv_pack`)."""
        if not self._concerns_us(seen):
            return False
        options, message = self.options, seen.packet
        proc.write(1, self.said + options.unless_quiet(self._line(proc, seen)))
        self.said = ""
        self.received += 1
        if options.timeout and self.received == options.count:
            return True
        self.broadcast_answers += seen.pkt_type != PACKET_HOST
        self.requests += message.op == REQUEST
        if options.quits_on_reply:
            return True
        if "b" not in options.flags:
            self.he = message.sha
            self.unicasting = True
        return False

    def _line(self, proc: Any, seen: Seen) -> str:
        message = seen.packet
        how = "Unicast" if seen.pkt_type == PACKET_HOST else "Broadcast"
        whom = f"for {message.tpa} " if message.tpa != self.options.gsrc else ""
        if message.tha != self.me:
            whom += f"{'' if whom else 'for '}[{_upper(message.tha)}]"
        took = (proc.now() - self.last + 500) // US
        # The tool adds half a millisecond to what it prints; see `recv_pack`.
        whole = (took + 500) // 1000
        return (
            f"{how} {'reply' if message.op == REPLY else 'request'} from {message.spa} [{_upper(message.sha)}] {whom} "
            f"{whole}.{took - whole * 1000 + 500:03d}ms\n"
        )

    def _finish(self, proc: Any) -> None:
        """Print the summary and end with the status (`finish`)."""
        kinds = [f"{self.requests} request(s)"] if self.requests else []
        kinds += [f"{self.broadcast_answers} broadcast(s)"] if self.broadcast_answers else []
        extra = f" ({', '.join(kinds)})" if kinds else ""
        text = f"Sent {self.sent} probes ({self.broadcasts} broadcast(s))\nReceived {self.received} response(s){extra}\n"
        proc.write(1, self.said + self.options.unless_quiet(text))
        proc.exit(self._status() | self.trouble)

    def _status(self) -> int:
        if self.options.is_dad:
            return int(self.received > 0)
        if self.options.is_unsolicited:
            return 0
        return int(self.sent != self.received)


def _upper(address: MAC) -> str:
    return str(address).upper()
