"""The routing mesh on the host: published ports lead to the ingress sandbox (`programIngress`)."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.addr import IPv4
from netsim.docker.engine import way_out
from netsim.docker.engine.engine import Engine
from netsim.docker.swarm import wire
from netsim.docker.swarm.objects import PortSpec
from netsim.errors import NetError

CHAIN = "DOCKER-INGRESS"
LOCAL = ("-m", "addrtype", "--dst-type", "LOCAL", "-j", CHAIN)


def publish(engine: Engine, gateway: IPv4, ports: Sequence[PortSpec]) -> None:
    """Chains and jumps with the first service, then each port's rules; the daemon holds the port so that nobody else takes it."""
    if not engine.options.iptables:
        return
    _chains(engine)
    engine.set_sysctl(f"net/ipv4/conf/{way_out.NAME}/route_localnet", "1")
    rule = ("POSTROUTING", "-m", "addrtype", "--src-type", "LOCAL", "-o", way_out.NAME, "-j", "MASQUERADE")
    if _run(engine, "nat", "-C", *rule):
        _run(engine, "nat", "-I", *rule)
    for port in ports:
        _port(engine, "-I", port, gateway)
        _hold(engine, port)
        engine.ingress_ports[port.protocol, port.published] = gateway


def unpublish(engine: Engine, ports: Sequence[PortSpec]) -> None:
    """Take the ports' rules out; the chains stay."""
    for port in ports:
        gateway = engine.ingress_ports.pop((port.protocol, port.published), None)
        if gateway is None:
            continue
        _port(engine, "-D", port, gateway)
        fd = engine.ingress_held.pop((port.protocol, port.published), None)
        if fd is not None and fd in engine.process.fds:
            engine.process.close(fd)


def _chains(engine: Engine) -> None:
    for table in ("nat", "filter"):
        if _run(engine, table, "-n", "-L", CHAIN):
            _run(engine, table, "-N", CHAIN)
        if _run(engine, table, "-C", CHAIN, "-j", "RETURN"):
            _run(engine, table, "-A", CHAIN, "-j", "RETURN")
    for chain in ("OUTPUT", "PREROUTING"):
        if _run(engine, "nat", "-C", chain, *LOCAL):
            _run(engine, "nat", "-I", chain, *LOCAL)
    if _run(engine, "filter", "-C", engine.firewall.ingress_from, "-j", CHAIN):
        _run(engine, "filter", "-I", engine.firewall.ingress_from, "-j", CHAIN)
        engine.firewall.arrange()


def _port(engine: Engine, how: str, port: PortSpec, gateway: IPv4) -> None:
    number, target = str(port.published), f"{gateway}:{port.published}"
    _run(engine, "nat", how, CHAIN, "-p", port.protocol, "--dport", number, "-j", "DNAT", "--to-destination", target)
    state = ("conntrack", "--ctstate") if engine.firewall.ingress_tracks else ("state", "--state")
    _run(engine, "filter", how, CHAIN, "-p", port.protocol, "--sport", number, "-m", *state, "RELATED,ESTABLISHED", "-j", "ACCEPT")
    _run(engine, "filter", how, CHAIN, "-p", port.protocol, "--dport", number, "-j", "ACCEPT")


def _hold(engine: Engine, port: PortSpec) -> None:
    """A socket on the port (`plumbProxy`); where somebody else has it, nothing happens but a line in the daemon's log."""
    if port.protocol == "sctp":
        return
    try:
        fd = wire.bound(engine, wire.SOCK_STREAM if port.protocol == "tcp" else wire.SOCK_DGRAM, port.published)
        if port.protocol == "tcp":
            engine.process.sock(fd).listen(4096)
    except NetError:
        return
    engine.ingress_held[port.protocol, port.published] = fd


def _run(engine: Engine, table: str, *words: str) -> int:
    return engine.run(("iptables", "--wait", "-t", table, *words)).status
