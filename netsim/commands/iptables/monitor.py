"""xtables-monitor --trace: the rules that traced packets meet (man xtables-monitor(8))."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.addr import MAC
from netsim.commands.iptables.show import save_rule
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.netfilter.tracing import TraceEvent
from netsim.kernel.tables.xtables import NetfilterState
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.process import SIGINT, SIGTERM
from netsim.packet import Ip, Tcp, Udp

GRAMMAR = Grammar(
    flags="te46Vh",
    long={name: (letter, "") for name, letter in (("trace", "t"), ("event", "e"), ("ipv4", "4"), ("ipv6", "6"), ("version", "V"), ("help", "h"))},
)
VERSION = "xtables-monitor 1.8.9"
FLAGS = ((1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (16, "ACK"), (32, "URG"))
RETURNED = "0xfffffffb"  # the tool has no word for it


def xtables_monitor(call: Call) -> Result | Program:
    """Print what the kernel tells of traced packets until it is stopped."""
    try:
        options, rest = parse(call.argv[1:], GRAMMAR)
    except OptionError:
        return _bad()
    given = {option.name for option in options}
    if rest:
        return _bad()
    if "V" in given:
        return Result(f"{VERSION}\n")
    if "h" in given:
        return Result("Usage: xtables-monitor [OPTION...]\n" + "".join(f"  -{letter}, --{name}\n" for name, (letter, _) in GRAMMAR.long.items()))
    if "t" not in given or "e" in given:
        return Result("", "xtables-monitor: netsim: --event is not modelled, only --trace is\n", 1)
    families = {PF_INET: "4" in given or "6" not in given, PF_INET6: "6" in given or "4" not in given}
    return Monitor(state_of(call.netns), tuple(family for family, wanted in families.items() if wanted))


def _bad() -> Result:
    return Result("", f"{VERSION}: Bad argument.\nTry `xtables-monitor -h' for more information.\n", 2)


@attrs.define(eq=False)
class Monitor(Program):
    """A listener to one namespace's traces."""

    caught: ClassVar[frozenset[int]] = frozenset()

    state: NetfilterState
    families: tuple[int, ...]
    proc: Any = None

    def started(self, proc: Any) -> None:
        """Listen."""
        self.proc = proc
        self.state.tracers.append(self)

    def trace_event(self, event: TraceEvent) -> None:
        """A traced packet met something; a listener that was killed goes at its next event."""
        if self.proc.status is not None:
            self.state.tracers.remove(self)
            return
        if event.family not in self.families:
            return
        if event.is_first:
            self.proc.write(1, packet_text(event))
        self.proc.write(1, event_text(event))

    def signal(self, proc: Any, signum: int) -> None:
        """Any signal ends it."""
        if self in self.state.tracers and signum in (SIGINT, SIGTERM):
            self.state.tracers.remove(self)
        proc.die(signum)


def _short(address: int) -> str:
    return ":".join(f"{int(part, 16):x}" for part in str(MAC(address)).split(":"))


def packet_text(event: TraceEvent) -> str:
    """The packet as it came into a chain."""
    text = f"PACKET: {event.family} {event.number:08x} "
    text += f"IN={event.indev} " if event.indev else ""
    text += f"OUT={event.outdev} " if event.outdev else ""
    if event.link is not None:
        source, target, protocol = event.link
        text += f"MACSRC={_short(source)} MACDST={_short(target)} MACPROTO={protocol:04x} "
    packet = event.packet
    if isinstance(packet, Ip):
        text += f"SRC={packet.src} DST={packet.dst} LEN={packet.size} TOS=0x{packet.tos:X} TTL={packet.ttl} ID={packet.ident} "
        text += "".join(word for bit, word in ((4, "CE "), (2, "DF "), (1, "MF ")) if packet.flags & bit)
    else:
        length = packet.size - 20  # the tool adds the size of IPv4's header to the payload's
        text += f"SRC={packet.src} DST={packet.dst} LEN={length} TC={packet.tclass} HOPLIMIT={packet.hop_limit} FLOWLBL={packet.flowlabel} "
    header = transport_of(packet)
    if isinstance(header, (Tcp, Udp)):
        text += f"SPORT={header.sport} DPORT={header.dport} "
    if isinstance(header, Tcp):
        text += "".join(f"{word} " for bit, word in FLAGS if header.flags & bit)
    return text + "\n"


def event_text(event: TraceEvent) -> str:
    """What it met there."""
    text = f" TRACE: {event.family} {event.number:08x} {event.table}:{event.chain.name}:"
    if event.rule is None:
        return f"{text}policy:{event.verdict} \n"
    word = RETURNED if event.verdict == "RETURN" else event.verdict
    version = "4" if event.family == PF_INET else "6"
    return f"{text}rule:0x{event.rule.handle:x}:{word}  -{version} -t {event.table} {save_rule(event.rule, event.chain, event.family)}\n"
