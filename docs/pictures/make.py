"""Makes the pictures of the documentation: `python docs/pictures/make.py`; graphviz must be installed for the SVG files."""

from __future__ import annotations

from pathlib import Path

from netsim import Diagram, World, draw, explain

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"


def lab(path: Path) -> World:
    """The world a script makes, a moment later."""
    world = World()
    done = world.host().run_script(path.read_text())
    assert done.status == 0, done.stderr
    world.run_for(2_000_000_000)
    return world


def machines() -> World:
    """Three machines with Docker on a switch; two of their networks are one, by a tunnel over a cable of their own."""
    world = World()
    alpha, beta, gamma = (world.host(name) for name in ("alpha", "beta", "gamma"))
    world.lan("office", alpha, beta, gamma)
    world.cable(alpha, beta, delay=20_000_000)
    for number, host in enumerate((alpha, beta, gamma), 1):
        done = host.run_script(f"""
            ip addr add 192.168.1.{number}/24 dev eth0
            ip link set eth0 up
            docker network create --subnet 10.{number}.0.0/24 -o com.docker.network.bridge.name=br-net net
            docker run -d --name web --network net nginx sleep 1d
            docker run -d --name app --network net alpine sleep 1d""")
        assert done.status == 0, done.stderr
    for host, own, other in ((alpha, 1, 2), (beta, 2, 1)):
        done = host.run_script(f"""
            ip addr add 10.99.0.{own}/30 dev eth1
            ip link set eth1 up
            ip link add vx0 type vxlan id 7 remote 10.99.0.{other} dstport 4789
            ip link set vx0 master br-net
            ip link set vx0 up""")
        assert done.status == 0, done.stderr
    world.run_for(2_000_000_000)
    return world


def pictures() -> dict[str, Diagram]:
    """Every picture by the name of its files."""
    company = lab(EXAMPLES / "company" / "stack.sh")
    return {
        "company": draw(company),
        "dropped": draw(company, path=explain(company, "internet", "203.0.113.10:9000")),
        "machines": draw(machines()),
        "tunnel": draw(lab(HERE / "tunnel.sh")),
    }


if __name__ == "__main__":
    for name, diagram in pictures().items():
        for suffix in ("dot", "svg"):
            diagram.save(HERE / f"{name}.{suffix}")
