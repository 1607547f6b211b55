"""Whatever is drawn, the verdict of an explanation is what the real tools get in that world, and every death has a name."""

from __future__ import annotations

from hypothesis import event, given, settings
from hypothesis import strategies as st

import netsim
from tests.analysis.labs import ROUTED, Trouble, on
from tests.analysis.test_explain import attempt

PLACES = st.sampled_from(["red", "mid", "blue"])
CHAINS = st.sampled_from(["INPUT", "FORWARD", "OUTPUT"])
ACTIONS = st.sampled_from(
    ["ACCEPT", "DROP", "REJECT", "REJECT --reject-with tcp-reset -p tcp", "REJECT --reject-with icmp-host-prohibited", "RETURN"]
)
SELECTORS = st.sampled_from(
    [
        "",
        "-p tcp",
        "-p icmp",
        "-p tcp --dport 80",
        "-p udp --dport 53",
        "-s 10.0.1.2",
        "-d 10.0.2.0/24",
        "-i m0",
        "! -i m0",
        "-m conntrack --ctstate NEW",
    ]
)


@st.composite
def rules(draw: st.DrawFn) -> str:
    place, chain, selector, action = draw(PLACES), draw(CHAINS), draw(SELECTORS), draw(ACTIONS)
    if " -p tcp" in action:
        action = action.removesuffix(" -p tcp")
        selector = "-p tcp"
    if chain == "OUTPUT" and "-i" in selector:
        selector = ""
    return on(place, f"iptables -{draw(st.sampled_from('AI'))} {chain} {selector} -j {action}")


FAULTS = st.one_of(
    rules(),
    rules(),
    st.builds(on, PLACES, st.builds("iptables -P {} DROP".format, CHAINS)),
    st.sampled_from(
        [
            on("mid", "sysctl -qw net.ipv4.ip_forward=0"),
            on("mid", "sysctl -qw net.ipv4.conf.all.rp_filter=1"),
            on("blue", "sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),
            on("mid", "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.2.2:80"),
            on("mid", "iptables -t nat -A POSTROUTING -o m1 -j MASQUERADE"),
            on("mid", "iptables -t nat -A POSTROUTING -o m0 -j SNAT --to-source 10.0.1.77"),
            on("blue", "iptables -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 80"),
            "ip -n blue route del default\n",
            "ip -n blue route add 10.0.1.0/24 via 10.0.2.9\n",
            "ip -n mid route add 10.0.1.2/32 dev m1\n",
            "ip -n red route add unreachable 10.0.2.0/24\n",
            "ip -n mid rule add from 10.0.1.0/24 to 10.0.2.2 pref 50 prohibit\n",
            "ip -n mid neigh add 10.0.2.2 lladdr 02:00:00:00:00:99 dev m1 nud permanent\n",
            "ip -n blue link set b0 down\n",
            "ip -n mid link set m1 mtu 1000\n",
            "tc -n mid qdisc add dev m1 root netem loss 100%\n",
        ]
    ),
)
TARGETS = st.sampled_from(
    [
        "10.0.2.2",
        "10.0.2.2:80",
        "10.0.2.2:81",
        "10.0.2.2:53/udp",
        "10.0.1.1",
        "10.0.1.1:8080",
        "10.0.1.1:80",
        "10.0.2.9:80",
        "10.5.5.5",
        "127.0.0.1:80",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(FAULTS, max_size=4), TARGETS)
def test_the_verdict_is_what_the_tools_get(faults: list[str], target: str) -> None:
    world = netsim.World()
    host = world.host("h1")
    assert not host.run_script(ROUTED).status
    for fault in faults:
        host.run_script(fault)
    world.run_for(2 * 10**9)
    answer = netsim.explain(world, "red", target)
    event(answer.reason.code)
    assert answer.verdict != "unknown"
    assert answer.reason.code != "unexplained", f"{''.join(faults)}{answer}"
    trouble = Trouble(answer.reason.code, "", target)
    assert attempt(world.fork(), trouble) == answer.is_reached, f"{''.join(faults)}{answer}"


@settings(max_examples=15, deadline=None)
@given(st.lists(FAULTS, max_size=3))
def test_every_cell_of_the_matrix_is_one_real_attempt(faults: list[str]) -> None:
    world = netsim.World()
    host = world.host("h1")
    assert not host.run_script(ROUTED).status
    for fault in faults:
        host.run_script(fault)
    matrix = netsim.reach(world, ["red", "mid"], ["blue"])
    assert {(cell.protocol, cell.port) for cell in matrix.cells} <= {("icmp", 0), ("tcp", 80), ("udp", 53)}
    for cell in matrix.cells:
        form = cell.address if cell.protocol == "icmp" else f"{cell.address}:{cell.port}/{cell.protocol}"
        assert attempt(world.fork(), Trouble("", "", form, source=cell.source)) == (cell.verdict == "reached"), f"{''.join(faults)}{matrix}"
