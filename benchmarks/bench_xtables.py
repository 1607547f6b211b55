"""Long chains: a packet through 10,000 rules against 10, with and without the index, and loading them by -restore."""

from __future__ import annotations

from typing import Any

from benchmarks.stopwatch import best, seconds
from netsim import Host, World
from netsim.addr import IPv4
from netsim.kernel.core.hooks import FORWARD, PF_INET
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.netfilter import index, ruleset
from netsim.kernel.netfilter.chains import do_table
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Ip, Udp

FEW, MANY, PACKETS = 10, 10_000, 200


def listing(rules: int) -> str:
    """Rules for as many hosts, none of which the packet is for."""
    lines = ["*filter", ":FORWARD ACCEPT [0:0]"]
    lines += [f"-A FORWARD -d 10.{number >> 8}.{number & 255}.7/32 -p tcp -m tcp --dport 80 -j ACCEPT" for number in range(rules)]
    return "\n".join([*lines, "COMMIT", ""])


def loaded(rules: int) -> Host:
    """A host whose FORWARD chain has so many rules."""
    host = World().host("h")
    host.machine.files.write(host.machine.init, "/rules", listing(rules).encode())
    done = host.run("iptables-restore /rules")
    assert done.status == 0, done
    return host


def packets(host: Host, count: int = PACKETS) -> None:
    """Show packets to the FORWARD chain of the filter table."""
    netns: Any = host.machine.kernel.init_net
    table = ruleset.table_of(netns, PF_INET, "filter")
    device = netns.loopback
    for number in range(count):
        packet = Ip(IPv4(0x0A010101), IPv4(0xC0A80001), 17, 64, payload=Udp(1000 + number, 53))
        skb = SkBuff(device, None, None, 0x800, packet)  # type: ignore[arg-type]
        do_table(table, HookState(netns, PF_INET, FORWARD, device, device, print, "filter"), skb)


def run() -> dict[str, float]:
    """Ratios, and microseconds per packet."""
    few, many = loaded(FEW), loaded(MANY)
    packets(few, 2)
    packets(many, 2)
    short, long = best(lambda: packets(few)), best(lambda: packets(many))
    before, index.WORTHWHILE = index.WORTHWHILE, MANY * 10
    try:
        walked = seconds(lambda: packets(many, 5)) / 5 * PACKETS
    finally:
        index.WORTHWHILE = before
    load = best(lambda: loaded(MANY), 2)
    return {
        "a packet through 10,000 rules against 10": long / short,
        "walking 10,000 rules against the index": walked / long,
        "us per packet through 10,000 rules": long / PACKETS * 1e6,
        "us per packet through 10 rules": short / PACKETS * 1e6,
        "us per rule loaded by -restore": load / MANY * 1e6,
        "-restore of 10,000 rules against 1,000, per rule": load / MANY / (best(lambda: loaded(MANY // 10), 2) / MANY * 10),
    }
