"""A host with a pair of veth devices, one end in a namespace of its own, and without IPv6's chatter."""

from __future__ import annotations

import netsim
from netsim.api import Host

SETUP = (
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    "ip link add eth0 address 02:00:00:00:00:01 type veth peer name px address 02:00:00:00:00:02",
    "ip link set px up",
    "ip link set lo up",
)


def host_with_pair() -> Host:
    """The host, its devices up but without addresses."""
    host = netsim.World(seed=0).host("h1")
    for line in SETUP:
        told = host.run(line)
        assert (told.stderr, told.status) == ("", 0)
    return host
