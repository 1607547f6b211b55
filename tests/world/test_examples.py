"""The pages about several machines show what their scripts print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netsim import World
from netsim.labs import play

ROOT = Path(__file__).parent.parent.parent
SHOWN = re.compile(r"```console\n\$ netsim run (\S+)\n(.*?)```\n", re.DOTALL)
RUNS = [(page.name, *found) for page in sorted((ROOT / "docs").glob("cross-host-*.md")) for found in SHOWN.findall(page.read_text())]


@pytest.mark.parametrize(("page", "script", "shown"), RUNS, ids=[f"{page}: {Path(script).name}" for page, script, _ in RUNS])
def test_a_page_shows_what_its_script_prints(page: str, script: str, shown: str) -> None:
    world, done = play(str(ROOT / script))
    assert (done.stderr, done.status) == ("", 0)
    assert done.stdout == shown
    assert len(world.hosts) > 1


def test_every_cross_host_example_has_its_page() -> None:
    assert {Path(script).name for _, script, _ in RUNS} == {path.name for path in (ROOT / "examples" / "cross-host").glob("*.sh")}


TUNNELS = {
    "gre": "ip link add t0 type gre local {here} remote {there} ttl 64",
    "ipip": "ip link add t0 type ipip local {here} remote {there} ttl 64",
    "vxlan": "ip link add t0 type vxlan id 7 local {here} remote {there} dstport 4789",
}


@pytest.mark.parametrize("kind", TUNNELS)
def test_two_private_sites_across_two_routers_reach_each_other_through(kind: str) -> None:
    world = World()
    h1, r1, r2, h2 = (world.host(name) for name in ("h1", "r1", "r2", "h2"))
    for a, b in ((h1, r1), (r1, r2), (r2, h2)):
        world.cable(a, b)
    r1.run_script(ROUTER.format(left="10.1.0.1/24", right="10.9.0.1/24", far="10.2.0.0/24", next="10.9.0.2"))
    r2.run_script(ROUTER.format(left="10.9.0.2/24", right="10.2.0.1/24", far="10.1.0.0/24", next="10.9.0.1"))
    sites = ((h1, 1, "10.1.0.2", "10.2.0.2"), (h2, 2, "10.2.0.2", "10.1.0.2"))
    for host, own, here, there in sites:
        host.run_script(SITE.format(own=own, peer=3 - own, here=here, tunnel=TUNNELS[kind].format(here=here, there=there)))
    world.run_for(2_000_000_000)
    assert "2 received" in h1.run("ping -c2 -I 172.16.1.1 172.16.2.1").stdout
    assert r1.run("ping -c1 -W1 172.16.2.1").status  # the routers know nothing of it


ROUTER = """
sysctl -qw net.ipv4.ip_forward=1
ip addr add {left} dev eth0; ip link set eth0 up; ip addr add {right} dev eth1; ip link set eth1 up
ip route add {far} via {next}
"""
SITE = """
ip addr add {here}/24 dev eth0; ip link set eth0 up; ip route add default via 10.{own}.0.1
ip link add site type dummy; ip addr add 172.16.{own}.1/24 dev site; ip link set site up
{tunnel}; ip addr add 172.16.0.{own}/30 dev t0; ip link set t0 up
ip route add 172.16.{peer}.0/24 via 172.16.0.{peer}
"""
