"""N hosts on one bridge, by netsim and by the peers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.workloads.isolation import address, batch, sh


def script(count: int) -> Iterator[str]:
    """The commands one would type."""
    yield "ip link add br0 type bridge"
    yield "ip link set br0 up"
    for number in range(1, count + 1):
        yield f"ip netns add h{number}"
        yield f"ip link add v{number} type veth peer name eth0 netns h{number}"
        yield f"ip link set v{number} master br0 up"
        yield f"ip -n h{number} addr add {address(number)}/8 dev eth0"
        yield f"ip -n h{number} link set lo up"
        yield f"ip -n h{number} link set eth0 up"


def by_ip(count: int) -> None:
    """One `ip` a command, from a shell."""
    sh("sh", "-e", text="\n".join(script(count)) + "\n")


def by_batch(count: int) -> None:
    """`ip -batch` where it can: a process for the outer side and one a namespace."""
    outer: list[str] = []
    inner: dict[str, list[str]] = {}
    for line in script(count):
        words = line.split()
        if words[1] == "-n":
            inner.setdefault(words[2], []).append(" ".join(words[3:]))
        else:
            outer.append(" ".join(words[1:]))
    batch([line for line in outer if line.startswith("netns")])
    batch([line for line in outer if not line.startswith("netns")])
    for name, lines in inner.items():
        batch(lines, name)


def by_pyroute2(count: int) -> None:
    """pyroute2's calls."""
    from pyroute2 import IPRoute, NetNS, netns

    with IPRoute() as ip:
        ip.link("add", ifname="br0", kind="bridge")
        bridge = ip.link_lookup(ifname="br0")[0]
        ip.link("set", index=bridge, state="up")
        for number in range(1, count + 1):
            netns.create(f"h{number}")
            ip.link("add", ifname=f"v{number}", kind="veth", peer={"ifname": "eth0", "net_ns_fd": f"h{number}"})
            port = ip.link_lookup(ifname=f"v{number}")[0]
            ip.link("set", index=port, master=bridge, state="up")
            with NetNS(f"h{number}") as inside:
                eth0 = inside.link_lookup(ifname="eth0")[0]
                inside.addr("add", index=eth0, address=address(number), prefixlen=8)
                inside.link("set", index=1, state="up")
                inside.link("set", index=eth0, state="up")


def by_mininet(count: int, *, static: bool = False) -> Any:
    """Mininet's star on a Linux bridge, started."""
    from mininet.log import setLogLevel
    from mininet.net import Mininet
    from mininet.nodelib import LinuxBridge
    from mininet.topo import SingleSwitchTopo

    setLogLevel("error")
    net = Mininet(topo=SingleSwitchTopo(k=count), switch=LinuxBridge, controller=None, autoStaticArp=static)
    net.start()
    return net


def by_netsim(count: int) -> Any:
    """netsim's calls; the host the star is on."""
    from netsim import World

    host = World().host("h1")
    wiring = host.wiring
    wiring.bridge("br0")
    for number in range(1, count + 1):
        leaf = host.netns(f"h{number}")
        wiring.veth(f"v{number}", "eth0", leaf.netns)
        wiring.enslave(f"v{number}", "br0")
        wiring.up(f"v{number}")
        leaf.wiring.address("eth0", f"{address(number)}/8")
        leaf.wiring.up("lo", "eth0")
    return host
