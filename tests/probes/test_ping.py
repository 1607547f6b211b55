"""Options of ping that decide whom it reaches and hears."""

from __future__ import annotations

import pytest

from netsim import Host, World

LAB = """set -e
ip netns add r; ip netns add b
ip link add near type veth peer name near netns r; ip -n r link add far type veth peer name far netns b
ip addr add 10.0.0.1/24 dev near; ip link set near up; ip -n r addr add 10.0.0.2/24 dev near; ip -n r link set near up
ip -n r addr add 10.1.0.2/24 dev far; ip -n r link set far up; ip -n b addr add 10.1.0.3/24 dev far; ip -n b link set far up
ip route add default via 10.0.0.2; ip -n b route add default via 10.1.0.2
ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_echo_ignore_broadcasts=0
"""


@pytest.fixture
def host() -> Host:
    made = World().host()
    assert made.run_script(LAB).status == 0
    return made


def test_past_routers_nobody_is_reached_without_routing(host: Host) -> None:
    assert host.run("ping -c 1 -W 1 10.1.0.3").status == 0
    refused = host.run("ping -r -c 1 -W 1 10.1.0.3")
    assert refused.status == 1
    assert "1 packets transmitted, 0 received" in refused.stdout
    assert not refused.stderr
    assert host.run("ping -r -c 1 -W 1 10.0.0.2").status == 0


def test_a_connected_ping_hears_only_of_whom_it_asks(host: Host) -> None:
    assert host.run("ping -b -c 1 -W 1 10.0.0.255").status == 0
    assert host.run("ping -b -C -c 1 -W 1 10.0.0.255").status == 1
    assert host.run("ping -C -c 1 -W 1 10.0.0.2").status == 0
    refused = host.run("ping -C -c 1 -r 10.1.0.3")
    assert (refused.stdout, refused.status) == ("PING 10.1.0.3 (10.1.0.3) 56(84) bytes of data.\n", 2)
    assert refused.stderr == "ping: connect failed: Network is unreachable\n"
