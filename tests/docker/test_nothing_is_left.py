"""After everything is removed, nothing of it is left: devices, addresses, routes, rules, names, subnets, ports and processes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netsim import Host, World
from netsim.docker.engine.engine import Engine, engine_of
from netsim.docker.settings import DaemonOptions

LOOKS = (
    "ip -br link", "ip addr", "ip route show table all", "ip -6 route", "iptables-save", "ip6tables-save", "nft list tables", "bridge link",
    "docker network ls -q", "ls /run/docker/netns", "ss -ltunp",
)  # fmt: skip
NAMES, NETWORKS = ("ca", "cb", "cc"), ("na", "nb", "bridge", "nosuch")
OPTIONS = ("", "-p 8080:80", "-p 127.0.0.1:8080:80", "-P --expose 7000", "--ip 172.18.0.9", "--link ca:x", "--restart always", "nosuchcommand")
COMMANDS = st.one_of(
    st.builds("docker network create {} {}".format, st.sampled_from(("", "--internal", "--ipv6", "--subnet 10.9.0.0/24", "-d macvlan -o parent=nic",
                                                                     "-d ipvlan", "-o com.docker.network.bridge.enable_icc=false")), st.sampled_from(NETWORKS)),
    st.builds("docker run -d --name {} --net {} {} busybox sleep 1000".format, st.sampled_from(NAMES), st.sampled_from(NETWORKS), st.sampled_from(OPTIONS)),
    st.builds("docker network {} {} {}".format, st.sampled_from(("connect", "disconnect")), st.sampled_from(NETWORKS), st.sampled_from(NAMES)),
    st.builds("docker {} {}".format, st.sampled_from(("stop -t0", "start", "restart -t0", "rm -f", "kill")), st.sampled_from(NAMES)),
    st.builds("docker network rm {}".format, st.sampled_from(NETWORKS)),
)  # fmt: skip


def state(host: Host) -> dict[str, Any]:
    """What a user can see, and what the daemon keeps for itself."""
    engine = engine_of(host.machine)
    assert isinstance(engine, Engine)
    seen: dict[str, Any] = {line: shown(host.run(line).stdout) for line in LOOKS}
    seen["ports"], seen["pools"] = sorted(engine.ports.taken), sorted(str(pool.subnet) for pool in engine.space.pools)
    seen["addresses"] = [sorted(pool.taken) for pool in engine.space.pools]
    seen["proxies"], seen["resolvers"] = len(engine.proxies.running) + len(engine.proxies.held), len(engine.resolvers)
    return seen


def shown(text: str) -> list[str]:
    """Lines without comments, counters and what waits for the link watch."""
    return [line for line in text.splitlines() if not line.startswith(("#", ":")) and "valid_lft" not in line]


CLEANED = 61_000_000_000
"""ns until the daemon has also removed the files that namespaces were mounted on."""
ENGINES = [("20.10", ""), ("27", ""), ("28.0.0", ""), ("28.0.1", ""), ("28.2.0", ""), ("28", ""), ("29", ""), ("29", "nftables")]


@pytest.mark.parametrize(("release", "backend"), ENGINES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines=st.lists(COMMANDS, max_size=8), prunes=st.booleans())
def test_what_was_made_goes_without_a_trace(release: str, backend: str, lines: list[str], prunes: bool) -> None:  # noqa: FBT001 - drawn
    host = World().host("h1")
    for line in ("ip link set lo up", "ip link add nic type dummy", "ip link set nic up", "sysctl -qw net.ipv4.ip_forward=1",
                 "sysctl -qw net.ipv6.conf.all.forwarding=1", "sysctl -qw net.ipv6.conf.default.forwarding=1"):  # fmt: skip
        host.run(line)
    host.docker(release, DaemonOptions(firewall_backend=backend))
    for line in (
        "docker run -d --name first -p 9000:80 busybox sleep 1000", "docker rm -f first", "docker network create --ipv6 six",
        "docker run -d --name first --net six -p 9000:80 busybox sleep 1000", "docker rm -f first", "docker network rm six",
    ):  # fmt: skip
        host.run(line)  # what the first of its kind brings stays: jumps of a family (27), the table raw (28.0.1)
    host.world.run_for(CLEANED)
    before = state(host)
    for line in lines:
        host.run(line)
    by_name = (f"docker rm -f {' '.join(NAMES)}", "docker network rm na nb nosuch")
    for line in (f"docker kill {' '.join(NAMES)}", "docker container prune -f", "docker network prune -f") if prunes else by_name:
        host.run(line)
    host.world.run_for(CLEANED)
    after = state(host)
    changed = {key for key in before if after[key] != before[key]}
    assert changed == set(), [(before[key], after[key]) for key in changed]
