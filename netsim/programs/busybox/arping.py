"""arping of BusyBox (networking/arping.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.clock import MS, SECOND, US
from netsim.errors import ENODEV, NetError, strerror
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_NOARP, IFF_UP, NetDevice
from netsim.kernel.core.packet_socket import Seen
from netsim.kernel.core.skbuff import PACKET_HOST
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import inet_aton
from netsim.machine.resolver import getaddrinfo
from netsim.programs.arping import program as iputils
from netsim.programs.arping.source import Untaken, source_of
from netsim.programs.busybox.applet import counting, die, die_errno, ended, name_of, read_options, unsigned, usage

AF_PACKET, SOCK_DGRAM = 17, 2
INT_MAX = 0x7FFFFFFF
GRAMMAR = Grammar("UDAqfb", "cwIs")
TROUBLE = 2
SIGINT = 2
ROUNDED = 500 * MS
"""What the time given by -w is longer by, so that a probe on its last second goes out."""


def _positive(applet: str, word: str) -> int:
    return unsigned(applet, word, INT_MAX)


def arping(call: Call) -> Any:
    """arping (BusyBox)."""
    return ended(_arping, call)


def _arping(call: Call) -> Result | Program:
    applet = name_of(call)
    try:
        fd = call.proc.socket(AF_PACKET, SOCK_DGRAM, iputils.ETH_P_ARP)
    except NetError as error:
        raise die_errno(applet, "socket(AF_PACKET,2,0)", error) from None
    given = read_options(call, GRAMMAR, {"c": _positive, "w": counting})
    if len(given.words) != 1:
        raise usage(applet)
    options = iputils.Options(
        given.words[0], device=given.get("I", "eth0"), source=given.get("s", ""), count=given.get("c", -1), timeout=given.get("w", 0)
    )
    options.flags = {letter for letter in given.letters if letter in "DUAqfb"}
    dev = _usable_device(call, applet, options)
    found = getaddrinfo(call.proc, options.target, 4)
    if isinstance(found, str):
        raise die(applet, f"bad address '{options.target}'", TROUBLE)
    options.gdst = IPv4(found[0])
    options.gsrc = _source(call, applet, options)
    call.proc.sock(fd).bind(dev.ifindex)
    return Arping(options, dev.ifindex, dev.address, dev.broadcast, fd, unicasting="c" in given)


def _usable_device(call: Call, applet: str, options: iputils.Options) -> NetDevice:
    dev = call.netns.device(options.device)
    if dev is None:
        raise die(applet, f"interface {options.device} not found: {strerror(ENODEV)}", TROUBLE)
    if not dev.flags & IFF_UP:
        raise die(applet, f"interface {options.device} is down", TROUBLE)
    if dev.flags & (IFF_NOARP | IFF_LOOPBACK):
        raise die(applet, f"interface {options.device} is not ARPable", 0 if options.is_dad else TROUBLE)
    return dev


def _source(call: Call, applet: str, options: iputils.Options) -> IPv4:
    wanted = inet_aton(options.source) if options.source else None
    if options.source and wanted is None:
        raise die(applet, f"invalid source address {options.source}", TROUBLE)
    if not wanted:
        if options.is_dad:
            return IPV4_ANY
        wanted = options.gdst if options.is_unsolicited else None
    try:
        return source_of(call.proc, options.device, options.gdst, None if wanted is None else IPv4(wanted))
    except Untaken as problem:
        raise die(applet, f"{problem.step}: {strerror(problem.errno)}", TROUBLE) from None


@attrs.define(eq=False)
class Arping(iputils.Arping):
    """One arping: a probe each second. With -c the applet takes itself for unicasting from the start, and counts no probe as broadcast."""

    begun: int = -1

    def started(self, proc: Any) -> None:
        """The header, and the first probe."""
        proc.write(1, self.options.header())
        self.begun = proc.now()
        self._turn(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """Another second has passed (`catcher`)."""
        self._turn(proc)

    def _turn(self, proc: Any) -> None:
        options = self.options
        is_late = options.timeout and proc.now() - self.begun > options.timeout * SECOND + ROUNDED
        if not options.count or is_late:
            self._finish(proc)
            return
        if options.count > 0:
            options.count -= 1
        self._send(proc)
        if not options.count and options.is_unsolicited:
            self._finish(proc)
            return
        proc.timer(SECOND, iputils.NEXT)

    def signal(self, proc: Any, signum: int) -> None:
        """Ctrl-C ends with the summary."""
        if signum == SIGINT:
            self._finish(proc)
        else:
            proc.die(signum)

    def _take(self, proc: Any, seen: Seen) -> bool:
        """Account for a frame; True when it was the last one wanted (`recv_pack`)."""
        if not self._concerns_us(seen):
            return False
        proc.write(1, self.options.unless_quiet(self._line(proc, seen)))
        self.received += 1
        self.broadcast_answers += seen.pkt_type != PACKET_HOST
        self.requests += seen.packet.op == iputils.REQUEST
        if self.options.quits_on_reply:
            return True
        if "b" not in self.options.flags:
            self.he = seen.packet.sha
            self.unicasting = True
        return False

    def _line(self, proc: Any, seen: Seen) -> str:
        message = seen.packet
        how, what = "Unicast" if seen.pkt_type == PACKET_HOST else "Broadcast", "reply" if message.op == iputils.REPLY else "request"
        whom = f" for {message.tpa}" if message.tpa != self.options.gsrc else ""
        if message.tha != self.me:
            whom += f"{'' if whom else ' for'} [{message.tha}]"
        took = (proc.now() - self.last) // US
        return f"{how} {what} from {message.spa} [{message.sha}]{whom} {took // 1000}.{took % 1000:03d}ms\n"

    def _finish(self, proc: Any) -> None:
        text = (
            f"Sent {self.sent} probe(s) ({self.broadcasts} broadcast(s))\n"
            f"Received {self.received} response(s) ({self.requests} request(s), {self.broadcast_answers} broadcast(s))\n"
        )
        proc.write(1, self.options.unless_quiet(text))
        proc.exit(int(self.received > 0) if self.options.is_dad else 0 if self.options.is_unsolicited else int(not self.received))
