"""What the strategies draw is what they promise, and a state machine's failure is a short script."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, run_state_machine_as_test

from netsim import World, strategies
from netsim.addr import IPv4Net
from netsim.assertions import assert_reaches
from netsim.packet.codec import decode, encode
from netsim.strategies.topologies import Topology

few = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
OFFICE = IPv4Net.parse("192.0.2.0/28")


@given(strategies.ipv4s(OFFICE))
def test_addresses_are_those_of_hosts_in_their_prefix(address: int) -> None:
    assert OFFICE.contains(address) and address not in (OFFICE.network, OFFICE.broadcast)


@given(strategies.ipv4_nets(), strategies.ipv6_nets())
def test_prefixes_have_no_host_bits(four: IPv4Net, six: object) -> None:
    assert four.network == four.address
    assert IPv4Net.parse(str(four)) == four
    assert six.network == six.address  # type: ignore[attr-defined]


@given(strategies.macs())
def test_macs_are_local_and_unicast(mac: object) -> None:
    assert mac.is_local_admin and not mac.is_multicast  # type: ignore[attr-defined]


@given(strategies.frames())
def test_frames_can_be_written_and_read_back(frame: object) -> None:
    assert encode(decode(encode(frame))) == encode(frame)  # type: ignore[arg-type]


@few
@given(strategies.topologies())
def test_everybody_reaches_everybody_in_a_drawn_topology(topology: Topology) -> None:
    world = topology.build()
    names = list(topology.addresses)
    for other in {names[0], names[-1]}:
        assert_reaches(world, names[len(names) // 2], topology.addresses[other])


def test_topologies_shrink_to_one_host() -> None:
    assert find(strategies.topologies(), lambda topology: True) == Topology((), (1,))


@few
@given(strategies.rulesets())
def test_the_packet_filter_takes_every_drawn_rule(rules: strategies.Ruleset) -> None:
    done = World().host().run_script("set -e\n" + rules.script)
    assert (done.status, done.stderr) == (0, "")


@few
@given(strategies.docker_worlds())
def test_containers_reach_each_other_exactly_when_they_share_a_network(drawn: strategies.DockerHost) -> None:
    assume(len(drawn.containers) > 1)
    world = drawn.build()
    one, other = drawn.containers[0], drawn.containers[-1]
    done = world.host().run(f"docker exec {one} nc -z -w 2 {other} 80")
    assert (done.status == 0) == drawn.shared(one, other)


@few
@given(strategies.scripts())
def test_drawn_scripts_run_to_their_end(script: str) -> None:
    done = World().host().run_script(script + "echo the end\n")
    assert done.stdout.endswith("the end\n")


class NobodyLosesTheirAddress(strategies.WorldMachine):
    """A claim that is wrong: nothing ever takes the address away."""

    setup_script = "ip link add d9 type dummy\nip addr add 10.9.9.9/24 dev d9\n"
    commands = st.sampled_from(["ip netns add a", "ip link set d9 up", "ip addr flush dev d9", "ping -c 1 10.9.9.9"])

    @invariant()
    def the_address_is_there(self) -> None:
        if "host" in self.world.hosts:
            assert "10.9.9.9" in self.world.fork().host().run("ip addr show d9").stdout


def test_a_failing_state_machine_shrinks_to_a_short_script() -> None:
    with pytest.raises(AssertionError) as failure:
        run_state_machine_as_test(
            NobodyLosesTheirAddress, settings=settings(max_examples=30, deadline=None, derandomize=True, stateful_step_count=10)
        )
    notes = "\n".join(getattr(failure.value, "__notes__", ()))
    assert "the script so far:" in notes
    typed = notes[notes.index("the script so far:") :]
    assert "ip addr flush dev d9" in typed
    assert "ip netns add a" not in typed and "ping" not in typed


def test_drawn_values_print_as_what_builds_them() -> None:
    topology = Topology((0,), (1, 2))
    assert eval(repr(topology), {"Topology": Topology}) == topology
