"""A long chain looked up by its index gives every packet the verdict, and every rule the counters, of walking all rules."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from netsim import World
from netsim.addr import IPv4, mask4
from netsim.kernel.core.hooks import FORWARD, PF_INET
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.netfilter import index, ruleset
from netsim.kernel.netfilter.chains import do_table
from netsim.kernel.netfilter.matches.statistic import StatisticMatch
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.netfilter.targets.mark import MarkTarget
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT, DROP, RETURN, HookState
from netsim.kernel.tables.xtables import Rule, RuleSpec, Table
from netsim.packet import Ip, Tcp, Udp

ADDRESSES = [0x0A000001 + number for number in range(6)]
NAMES = ["eth0", "eth1", "lo"]
PORTS = [80, 81, 82]
TARGETS = [None, Verdict("ACCEPT", ACCEPT), Verdict("DROP", DROP), Verdict("RETURN", RETURN), MarkTarget(7), Jump("user"), Jump("other")]

masks = st.sampled_from([0, mask4(8), mask4(30), mask4(31), mask4(32), 0xFF0000FF])
ports = st.sampled_from([(port, port) for port in PORTS] + [(0, 65535), (81, 82)])


@st.composite
def specs(draw: st.DrawFn, targets: list[Any]) -> RuleSpec:
    source_mask, target_mask = draw(masks), draw(masks)
    protocol = draw(st.sampled_from([0, 6, 17]))
    matches: list[Any] = []
    if draw(st.integers(0, 3)) == 0:
        matches.append(StatisticMatch("nth", every=2, packet=draw(st.integers(0, 1))))
    if protocol and draw(st.booleans()):
        kind = TcpMatch if protocol == 6 else UdpMatch
        matches.insert(draw(st.integers(0, len(matches))), kind(draw(ports), draw(st.booleans()), draw(ports), draw(st.booleans())))
    return RuleSpec(
        draw(st.sampled_from(ADDRESSES)) & source_mask, source_mask, draw(st.booleans()),
        draw(st.sampled_from(ADDRESSES)) & target_mask, target_mask, draw(st.booleans()),
        draw(st.sampled_from(["", *NAMES, "eth+", "+"])), draw(st.booleans()), draw(st.sampled_from(["", *NAMES, "eth+"])), draw(st.booleans()),
        protocol, draw(st.booleans()) if not matches else False, 0, tuple(matches), draw(st.sampled_from(targets)), draw(st.booleans()),
    )  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[RuleSpec]]:
    return {
        "FORWARD": draw(st.lists(specs(TARGETS), min_size=1, max_size=40)),
        "user": draw(st.lists(specs([*TARGETS[:5], Jump("other")]), max_size=40)),
        "other": draw(st.lists(specs(TARGETS[:5]), max_size=40)),
    }


packets = st.tuples(
    st.sampled_from(ADDRESSES), st.sampled_from(ADDRESSES), st.sampled_from([6, 17, 1]), st.sampled_from(PORTS), st.sampled_from(PORTS),
    st.sampled_from(NAMES), st.sampled_from(NAMES),
)  # fmt: skip


def table_with(netns: Any, rules: dict[str, list[RuleSpec]]) -> Table:
    table = Table("filter", PF_INET, netns=netns)
    for name, wanted in rules.items():
        chain = ruleset.Chain(name, ACCEPT if name == "FORWARD" else None)
        chain.rules = [Rule(fresh(spec)) for spec in wanted]
        table.chains[name] = chain
    table.hooks[FORWARD] = table.chains["FORWARD"]
    return table


def fresh(spec: RuleSpec) -> RuleSpec:
    """The same rule with memories of its own."""
    import attrs

    matches = tuple(attrs.evolve(match) if isinstance(match, StatisticMatch) else match for match in spec.matches)
    return attrs.evolve(spec, matches=matches)


def send(table: Table, netns: Any, devices: dict[str, NetDevice], packet: tuple[int, int, int, int, int, str, str]) -> tuple[int, int]:
    source, target, protocol, sport, dport, indev, outdev = packet
    content: Any = {6: Tcp(sport, dport), 17: Udp(sport, dport)}.get(protocol, b"12345678")
    skb = SkBuff(devices[indev], None, None, 0x800, Ip(IPv4(source), IPv4(target), protocol, 64, payload=content))  # type: ignore[arg-type]
    verdict = do_table(table, HookState(netns, PF_INET, FORWARD, devices[indev], devices[outdev], print, "filter"), skb)
    return verdict, skb.mark


def counters(table: Table) -> list[tuple[int, int]]:
    chains = table.chains.values()
    return [(rule.packets, rule.bytes) for chain in chains for rule in chain.rules] + [(chain.packets, chain.bytes) for chain in chains]


@given(tables(), st.lists(packets, min_size=1, max_size=25))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_the_index_gives_the_verdicts_marks_and_counters_of_walking_every_rule(rules: dict[str, list[RuleSpec]], sent: list[Any]) -> None:
    host = World().host("h")
    for name in ("eth0", "eth1"):
        host.run(f"ip link add {name} type dummy")
    netns = host.machine.kernel.init_net
    devices = {name: netns.names[name] for name in NAMES}
    walked, indexed = table_with(netns, rules), table_with(netns, rules)
    before = index.WORTHWHILE
    try:
        index.WORTHWHILE = 10**9
        plain = [send(walked, netns, devices, packet) for packet in sent]
        index.WORTHWHILE = 2
        fast = [send(indexed, netns, devices, packet) for packet in sent]
    finally:
        index.WORTHWHILE = before
    assert fast == plain
    assert counters(indexed) == counters(walked)
