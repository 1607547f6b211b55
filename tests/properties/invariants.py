"""What holds in every world, whatever was typed."""

from __future__ import annotations

from typing import Any

from netsim import World
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.veth import Veth
from netsim.kernel.tables.fib import RT_TABLE_LOCAL, RTN_LOCAL

SHOWN = (
    "ip link", "ip -d link", "ip -s -s link", "ip -j -d link", "ip -br link", "ip addr", "ip -4 -br addr", "ip -6 addr", "ip -j addr", "ip route show table all",
    "ip -6 route show table all", "ip -j route", "ip rule", "ip neigh", "ip -s neigh", "ip netns", "ip maddr", "bridge link", "bridge -d link", "bridge fdb",
    "bridge -s -j fdb", "brctl show", "ifconfig -a", "route -n", "arp -n", "netstat -i", "netstat -rn", "netstat -s", "nstat -az", "sysctl -a", "ss -a", "iptables-save",
    "cat /proc/net/dev /proc/net/route /proc/net/fib_trie /proc/net/arp /proc/net/if_inet6",
)  # fmt: skip


def check(world: World) -> None:
    """No table names what is not there, and every pair of things that name each other agree."""
    for host in world.hosts.values():
        kernel = host.machine.kernel
        assert kernel.namespaces[0] is kernel.init_net
        assert len({netns.inode for netns in kernel.namespaces}) == len(kernel.namespaces)
        for netns in kernel.namespaces:
            if not netns.dead:
                check_netns(kernel, netns)


def check_netns(kernel: Kernel, netns: Netns) -> None:
    assert netns.loopback is netns.devices[netns.loopback.ifindex]
    named = {name: dev for dev in netns.devices.values() for name in (dev.name, *dev.altnames)}
    assert named == netns.names
    for ifindex, dev in netns.devices.items():
        assert dev.registered and dev.netns is netns and dev.ifindex == ifindex
        check_device(kernel, dev)
    addresses = {
        int(address) for dev in netns.devices.values() if dev.inet is not None for ifa in dev.inet.addresses for address in (ifa.local, ifa.peer)
    }
    for table in netns.inet.fib.tables.values():
        for route in table.routes():
            assert route.table == table.number
            assert all(hop.ifindex in netns.devices for hop in route.nexthops), f"{route} leads nowhere"
            if route.table == RT_TABLE_LOCAL and route.type == RTN_LOCAL and route.protocol == 2:
                assert route.length < 32 or int(route.dst) in addresses, f"{route} of no address"
    for entry in netns.inet.arp.entries.values():
        assert entry.dev.registered and entry.dev.netns is netns, f"neighbour {entry.key} on a device that is gone"


def check_device(kernel: Kernel, dev: NetDevice) -> None:
    if isinstance(dev, Veth) and dev.peer is not None:
        assert dev.peer.peer is dev and dev.peer.registered and (dev.peer.netns in kernel.namespaces or dev.peer.netns.dead)
    master: Any = dev.master
    if master is not None:
        assert master.registered and master.netns is dev.netns
    if isinstance(master, Bridge):
        assert [port for port in master.ports if port.dev is dev] == [dev.slave_data]
    if isinstance(dev, Bridge):
        for port in dev.ports:
            assert port.dev.master is dev and port.dev.registered and port.bridge is dev
        for entry in dev.fdb.entries.values():
            assert entry.port is None or entry.port in dev.ports, f"{entry.address} at a port that is gone"
    lower = dev.lower()
    if lower is not None:
        assert lower.registered
    for upper in dev.uppers:
        assert upper.registered
    locals_ = [ifa.local for ifa in dev.inet.addresses] if dev.inet is not None else []
    assert dev.inet is None or len(dev.inet.addresses) == len({(ifa.local, ifa.peer, ifa.length) for ifa in dev.inet.addresses}), locals_


def show_everything(world: World) -> list[str]:
    """What every listing prints in every namespace; each must print."""
    shown = []
    host = world.host()
    for prefix in ["", *(f"ip netns exec {name} " for name in host.run("ip -br netns list").stdout.split() if name.isalnum() and len(name) == 1)]:
        for line in SHOWN:
            done = host.run(prefix + line)
            assert done.status in (0, 1) and "netsim" not in done.stderr, (prefix + line, done)
            shown.append(done.stdout)
    return shown
