"""Networks of namespaces: a tree of routers, each with a bridge of hosts, all of it routed."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from hypothesis import strategies as st

from netsim.api import World


@attrs.frozen
class Topology:
    """Routers `r0`, `r1` ... in a tree (`parents[n]` is the router that router n+1 hangs on), router n with hosts `h{n}x0`, `h{n}x1` ... .

    Router n's hosts are in 10.N.0.0/24 (it is .1, host m is .{m+2}); the line to its parent is 10.200.N.0/30. Everybody can reach everybody
    until somebody changes something: the routes are complete and forwarding is on.
    """

    parents: tuple[int, ...]
    hosts: tuple[int, ...]
    """How many hosts hang on each router."""

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each host by its namespace's name."""
        return {f"h{router}x{host}": f"10.{router}.0.{host + 2}" for router, count in enumerate(self.hosts) for host in range(count)}

    @property
    def script(self) -> str:
        """The commands that build it."""
        return "".join(f"{line}\n" for line in self._lines())

    def build(self, world: World | None = None) -> World:
        """Build it on the first machine of a world (a new one at need), and let devices get ready."""
        world = World() if world is None else world
        done = world.host().run_script(self.script)
        assert done.status == 0, done.stderr
        world.run_for(2_000_000_000)
        return world

    def _lines(self) -> Iterator[str]:
        for router, count in enumerate(self.hosts):
            yield from self._site(router, count)
        for child, parent in enumerate(self.parents, 1):
            up, down = f"to{parent}", f"to{child}"
            yield f"ip link add {up} netns r{child} type veth peer name {down} netns r{parent}"
            yield f"ip -n r{parent} addr add 10.200.{child}.1/30 dev {down}"
            yield f"ip -n r{child} addr add 10.200.{child}.2/30 dev {up}"
            yield f"ip -n r{parent} link set {down} up"
            yield f"ip -n r{child} link set {up} up"
            yield f"ip -n r{child} route add default via 10.200.{child}.1"
        for child in range(1, len(self.hosts)):
            below = child
            while below:
                parent = self.parents[below - 1]
                yield f"ip -n r{parent} route add 10.{child}.0.0/24 via 10.200.{below}.2"
                if below != child:
                    yield f"ip -n r{parent} route add 10.200.{child}.0/30 via 10.200.{below}.2"
                below = parent

    @staticmethod
    def _site(router: int, count: int) -> Iterator[str]:
        yield f"ip netns add r{router}"
        yield f"ip netns exec r{router} sysctl -qw net.ipv4.ip_forward=1"
        yield f"ip -n r{router} link add br0 type bridge"
        yield f"ip -n r{router} addr add 10.{router}.0.1/24 dev br0"
        yield f"ip -n r{router} link set br0 up"
        yield f"ip -n r{router} link set lo up"
        for host in range(count):
            name, port = f"h{router}x{host}", f"p{host}"
            yield f"ip netns add {name}"
            yield f"ip link add eth0 netns {name} type veth peer name {port} netns r{router}"
            yield f"ip -n r{router} link set {port} master br0"
            yield f"ip -n r{router} link set {port} up"
            yield f"ip -n {name} addr add 10.{router}.0.{host + 2}/24 dev eth0"
            yield f"ip -n {name} link set eth0 up"
            yield f"ip -n {name} link set lo up"
            yield f"ip -n {name} route add default via 10.{router}.0.1"


@st.composite
def topologies(draw: st.DrawFn, most_routers: int = 4, most_hosts: int = 3) -> Topology:
    """Trees of 1 to `most_routers` routers with 1 to `most_hosts` hosts each; they shrink to one router with one host."""
    routers = draw(st.integers(1, most_routers))
    parents = tuple(draw(st.integers(0, child - 1)) for child in range(1, routers))
    return Topology(parents, tuple(draw(st.integers(1, most_hosts)) for _ in range(routers)))
