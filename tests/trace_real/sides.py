"""The two that are compared: an explanation, and the trace of this machine's kernel through `watcher.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

import netsim
from netsim.analysis.probe import PAYLOADS
from tests.netfilter_real.scenes import SCENES
from tests.netfilter_real.wires import ROUTER
from tests.real.inside import Inside

LISTENERS = [("h2", 80), ("h2", 53), (ROUTER, 80), (ROUTER, 53), ("h1", 81)]
STEP = re.compile(r"(?P<table>\w+) (?P<chain>\w+)(?: \(from \w+\))? (?:policy|rule \d+: (?P<text>.*))")
SOON = 500_000_000
"""ns in which nothing is sent again."""
FIRST = "--comment first -j TRACE"
"""The rule that begins both tables that see a packet first."""
WAYS = ("out", "back", "error", "relay", "asking")
Met = tuple[str, str, str]
"""Table, chain and rule ("" for the policy)."""


@attrs.frozen
class Lab:
    """Two hosts with addresses, names of their own for the words that rules are drawn with, and a router between."""

    name: str
    wires: list[str]
    program: str
    said: Callable[[str], str]
    six: int = 0


def _lab(scene: str, *lines: str) -> list[str]:
    return [*SCENES[scene].wires, *lines]


LABS = {
    lab.name: lab
    for lab in (
        Lab(
            "IPv4",
            _lab(
                "nft",
                "for a in 10 11; do ip -n h1 addr add 10.1.0.$a/24 dev eth0; done; ip -n h1 link set lo up; ip -n h1 route add default via 10.1.0.1",
                "for a in 10 11 12; do ip -n h2 addr add 10.2.0.$a/24 dev eth0; done; ip -n h2 link set lo up; ip -n h2 route add default via 10.2.0.1",
                "ip -n h2 addr add 10.9.0.1/32 dev lo; ip -n h1 neigh add 10.1.0.1 lladdr 02:00:00:00:01:01 dev eth0",
                "ip -n h2 neigh add 10.2.0.1 lladdr 02:00:00:00:02:01 dev eth0",
                "for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000; done",
            ),
            "iptables-nft", SCENES["nft"].said,
        ),
        Lab(
            "IPv6",
            _lab(
                "six-nft",
                "for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.icmp.ratelimit=0; done",
                "for n in h1 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.eth0.accept_ra=0; ip -n $n link set lo up; done",
                "for a in 10 11; do ip -n h1 addr add fd01::$a/120 dev eth0 nodad; done; ip -n h1 route add default via fd01::1",
                "for a in 10 11 12; do ip -n h2 addr add fd02::$a/120 dev eth0 nodad; done; ip -n h2 route add default via fd02::1",
                "ip -n h2 addr add fd09::1/128 dev lo nodad; ip -n h1 neigh add fd01::1 lladdr 02:00:00:00:01:01 dev eth0",
                "ip -n h2 neigh add fd02::1 lladdr 02:00:00:00:02:01 dev eth0; sleep 2",
            ),
            "ip6tables-nft", SCENES["six-nft"].said, 1,
        ),
    )
}  # fmt: skip


@attrs.frozen
class Packet:
    """What is sent from where."""

    place: str
    protocol: str
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.place} -> {self.address} {self.protocol} {self.port or ''}".strip()


class Real:
    """The kernel of this machine."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.ident = lab, 0
        wanted = {"wires": lab.wires, "router": ROUTER, "listeners": LISTENERS, "program": lab.program, "six": lab.six}
        self.inside = Inside("tests.trace_real.watcher", wanted)

    def met(self, rules: str, packet: Packet, pause: float) -> list[list[Met]] | str:
        """What the first packet met at the router, and what the next one did; what the tool said if it refused the rules."""
        answer = self.inside.ask({"do": "load", "rules": rules})
        if answer["status"]:
            return str(answer["stderr"])
        self.ident = self.ident % 0xFFF0 + 1
        sent = {
            "protocol": packet.protocol,
            "address": packet.address,
            "port": packet.port,
            "ident": self.ident,
            "data": PAYLOADS[packet.protocol].hex(),
        }
        met = self.inside.ask({"do": "probe", "place": packet.place, "packet": sent, "pause": pause})["met"]
        return [[(table, chain, text) for table, chain, text in part] for part in met[:2]]

    def close(self) -> None:
        """End the process and with it the network."""
        self.inside.close()


class Ours:
    """netsim: a fork of one prepared world for every set of rules."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.base = netsim.World(seed=1)
        host = self.base.host("vm")
        for line in lab.wires:
            done = host.run(line)
            assert done.status == 0, (line, done)
        for place, port in LISTENERS:
            for kind in ("", "-u"):
                done = host.run(f"ip netns exec {place} nc {'-6' if lab.six else '-4'} {kind} -lk -p {port} > /dev/null &")
                assert done.status == 0, done
        self.base.run_for(60_000_000_000)
        self.reason = ""

    def met(self, rules: str, packet: Packet) -> list[list[Met]] | str:
        """The rules an explanation tells of for the first packet and for what comes back first."""
        world = self.base.fork()
        host = world.hosts["vm"]
        host.machine.files.write(host.machine.init, "/rules", rules.encode())
        done = host.run(f"{self.lab.program}-restore /rules", netns=host.netns(ROUTER).netns)
        if done.status:
            return str(done.stderr)
        answer = netsim.explain(world, packet.place, self.target(packet))
        self.reason = answer.reason.code
        steps = [step for step in answer.steps if step.place == ROUTER and step.kind in ("rule", "policy")]
        return packets_of(steps)[:2]

    def target(self, packet: Packet) -> str:
        """The words an explanation is asked with."""
        host = f"[{packet.address}]" if self.lab.six else packet.address
        return packet.address if packet.protocol == "icmp" else f"{host}:{packet.port}/{packet.protocol}"


def packets_of(steps: list[Any]) -> list[list[Met]]:
    """The rules met, packet by packet: each meets the rule that has it traced first. Back from lo it is another to the kernel.

    Explanations are told way by way: of one moment's packets those that came in are before those that they led to.
    """
    found: dict[tuple[int, int, str], list[Met]] = {}
    begun: Counter[tuple[int, str]] = Counter()
    for step in steps:
        match = STEP.fullmatch(step.object)
        if match is not None and step.time < steps[0].time + SOON:
            text = match["text"] or ""
            begun[step.time, step.way] += FIRST in text
            found.setdefault((step.time, begun[step.time, step.way], step.way), []).append((match["table"], match["chain"], text))
    return [met for _, met in sorted(found.items(), key=_order)]


def _order(item: tuple[tuple[int, int, str], list[Met]]) -> tuple[int, bool, int, int]:
    (time, number, way), met = item
    return time, met[0][1] == "OUTPUT", number, WAYS.index(way)
