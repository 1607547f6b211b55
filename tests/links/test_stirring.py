"""Whatever decides that floods are only counted at a device must be told to bridges before it changes (`NetDevice.stir`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netsim import World
from netsim.clock import SECOND
from netsim.kernel.core.netdevice import NetDevice
from netsim.transcript import replay

RECORDINGS = Path(__file__).parents[1] / "oracle" / "kernel"
DECIDING = frozenset({"netns", "mtu", "flags", "root_qdisc", "master", "rx_handler", "inet6", "is_active", "address", "inet"})
"""The fields of a device that `bridge.audience` looks at."""


def counted_on(dev: NetDevice) -> bool:
    """Whether a bridge floods past this device just now."""
    place = getattr(dev, "place", None)
    return place is not None and place.is_sorted and place.is_bystander


@pytest.fixture
def unannounced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Changes of a deciding field that no bridge was told of."""
    found: list[str] = []

    def watched(dev: NetDevice, name: str, value: Any) -> None:
        if name in DECIDING and counted_on(dev) and getattr(dev, name, value) != value:
            found.append(f"{dev.name}.{name} = {value!r}")
        object.__setattr__(dev, name, value)

    monkeypatch.setattr(NetDevice, "__setattr__", watched, raising=False)
    return found


CHANGES = [
    "ip -n n1 link set eth0 mtu 1400",
    "ip -n sw link set p2 mtu 1300",
    "ip -n n1 link set eth0 down",
    "ip -n sw link set p2 down",
    "ip -n n1 link set eth0 promisc on",
    "ip -n n1 link set eth0 arp off",
    "ip -n n1 link set eth0 address 02:00:00:00:00:01",
    "ip -n n1 link set eth0 allmulticast on",
    "ip -n n1 link set eth0 netns n2 name eth1",
    "ip -n sw link set p2 netns n2",
    "ip -n sw link set p2 nomaster",
    "ip -n n1 link add br1 type bridge; ip -n n1 link set eth0 master br1",
    "ip -n n1 link add link eth0 name mv type macvlan",
    "ip -n n1 link add bond0 type bond; ip -n n1 link set eth0 down; ip -n n1 link set eth0 master bond0",
    "ip netns exec n1 tc qdisc add dev eth0 root pfifo",
    "ip netns exec sw tc qdisc add dev p2 root pfifo",
    "ip netns exec n1 sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1",
    "ip -n n1 link del eth0",
    "ip netns del n1",
]


@pytest.mark.parametrize("change", CHANGES)
def test_bridges_are_told_before_a_device_changes(unannounced: list[str], change: str) -> None:
    world = World()
    host = world.host("h1")
    switch = host.netns("sw").wiring
    switch.bridge("br0")
    for number in range(4):
        leaf = host.netns(f"n{number}")
        switch.veth(f"p{number + 1}", "eth0", leaf.netns)
        switch.enslave(f"p{number + 1}", "br0")
        switch.up(f"p{number + 1}")
        leaf.wiring.up("lo", "eth0")
    world.run_for(5 * SECOND)
    bridge: Any = host.netns("sw").netns.device("br0")
    assert bridge is not None and sum(counted_on(port.dev) for port in bridge.ports) == 4  # else there is nothing to see
    assert host.run(change).status == 0
    world.run_for(5 * SECOND)
    assert unannounced == []


@pytest.mark.parametrize("name", ["bridge-chain", "bridge-learning", "netns-move-up-device", "vxlan-bridge-l2", "macvlan-modes", "link-set"])
def test_recordings_change_nothing_unannounced(unannounced: list[str], name: str) -> None:
    replay(json.loads((RECORDINGS / f"{name}.json").read_text()))
    assert unannounced == []
