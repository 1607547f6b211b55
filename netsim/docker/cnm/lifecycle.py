"""Sandboxes, and endpoints joining and leaving them: the order of the calls (`libnetwork/{sandbox,endpoint}.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.clock import SECOND
from netsim.docker.cnm.interface import Gateways, add_interface, remove_interface, set_gateway, switch_loopback, told_by_hook
from netsim.docker.cnm.model import Endpoint, Network, Sandbox, Subnet
from netsim.docker.errors import Refusal, failed, forbidden, invalid
from netsim.docker.ids import new_id
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import ExhaustedError
from netsim.docker.settings import EndpointSettings, Port, PortBinding
from netsim.errors import NetError
from netsim.kernel import sysctl
from netsim.kernel.boot import new_netns
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.netns import hold, put
from netsim.machine.nodes import File
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.docker.engine.engine import Engine
TIDY_INTERVAL = 60 * SECOND


def new_sandbox(engine: Engine, container_id: str, identity: str = "", name: str = "") -> Sandbox:
    """A namespace with lo up, and its file below the daemon's directory; `identity` and `name` of that file may be given."""
    netns = new_netns(engine.machine.kernel)
    sandbox = Sandbox(identity or new_id(engine.rng), container_id, hold(netns))
    sandbox.key = f"{engine.profile.runtime_directory}/netns/{name or sandbox.id[:12]}"
    bind_sandbox_file(engine, sandbox.key, netns)
    Wiring(netns).up("lo")
    return sandbox


def bind_sandbox_file(engine: Engine, path: str, netns: Netns) -> None:
    """A namespace gets a file below the daemon's directory; with the first one the daemon begins to tidy up there (`createNamespaceFile`, `createBasePath`)."""
    files = engine.machine.files
    engine.tidies_from = engine.tidies_from or engine.machine.kernel.clock.now
    try:
        node = files.open_for_writing(None, path, truncate=True)
    except NetError:
        files.makedirs(None, f"{engine.profile.runtime_directory}/netns")
        node = files.open_for_writing(None, path, truncate=True)
    assert isinstance(node, File)
    node.bound, node.mode = hold(netns), 0o444


def drop_sandbox_file(engine: Engine, path: str) -> None:
    """The file leads nowhere any more; it is removed when the daemon tidies up, once a minute, or ends (`addToGarbagePaths`, `removeUnusedPaths`)."""
    node = engine.machine.files.stat(None, path)
    if not isinstance(node, File) or node.bound is None:
        return
    bound, node.bound = node.bound, None
    node.mode = 0o644
    put(bound)
    clock = engine.machine.kernel.clock
    if not engine.untidied:
        clock.call_later(TIDY_INTERVAL - (clock.now - engine.tidies_from) % TIDY_INTERVAL, _tidy_in_time, engine)
    engine.untidied[path] = None


def _tidy_in_time(engine: Engine) -> None:
    if engine.process.status is None:
        tidy(engine)


def tidy(engine: Engine) -> None:
    """Files that lead nowhere are removed (`GC`)."""
    for path in list(engine.untidied):
        tidy_up(engine, path)


def tidy_up(engine: Engine, path: str) -> None:
    """One such file."""
    engine.untidied.pop(path, None)
    node = engine.machine.files.stat(None, path)
    if isinstance(node, File) and node.bound is None:
        engine.machine.files.unlink(None, path)


def host_sandbox(engine: Engine, container_id: str) -> Sandbox:
    """The host's own namespace; its file stays once the first one needed it."""
    sandbox = Sandbox(new_id(engine.rng), container_id, hold(engine.netns), shared=1)
    sandbox.key = f"{engine.profile.runtime_directory}/netns/default"
    if engine.machine.files.stat(None, sandbox.key) is None:
        bind_sandbox_file(engine, sandbox.key, engine.netns)
    return sandbox


def delete_sandbox(engine: Engine, sandbox: Sandbox) -> None:
    """Every endpoint leaves, then the namespace is let go."""
    for endpoint in list(sandbox.endpoints):
        detach(engine, endpoint, {})
    if sandbox.resolver is not None:
        sandbox.resolver.stop()
        sandbox.resolver = None
    if not sandbox.shared:
        drop_sandbox_file(engine, sandbox.key)
    put(sandbox.netns)


def create_endpoint(engine: Engine, network: Network, name: str, settings: EndpointSettings, sandbox: Sandbox) -> Endpoint:
    """An endpoint with its addresses and, from the driver, its interface (`Network.CreateEndpoint`)."""
    if network.spec.config_only:
        raise forbidden("cannot create endpoint on configuration-only network")
    for other in network.endpoints.values():
        if other.name == name:
            raise failed(f"endpoint with name {name} already exists in network {network.name}")
    endpoint = Endpoint(new_id(engine.rng), name, network, settings, container_id=sandbox.container_id)
    endpoint.interface.mac = settings.mac
    endpoint.interface.link_local = link_local(settings)
    try:
        if network.driver.has_ipam:
            assign(engine, endpoint, sandbox)
        network.driver.create_endpoint(engine, endpoint, sandbox)
    except Refusal:
        release_addresses(endpoint)
        raise
    network.endpoints[endpoint.id] = endpoint
    return endpoint


def _asked(text: str, family: str) -> IPv4 | IPv6 | None:
    """The address asked for; 20.10 sees only here that it is none."""
    try:
        return parse.address(text) if text else None
    except ValueError:
        raise failed(f"Invalid {family} address: {text})") from None


def link_local(settings: EndpointSettings) -> tuple[IPv4Net | IPv6Net, ...]:
    """Addresses of the link beside those of the network (`--link-local-ip`)."""
    found: list[IPv4Net | IPv6Net] = []
    for text in settings.link_local:
        try:
            address = parse.address(text)
        except ValueError:
            raise invalid(f"Invalid link-local IP address: [{' '.join(settings.link_local)}]") from None
        if not (address >> 16 == 0xA9FE if isinstance(address, IPv4) else address.is_linklocal):
            raise invalid(f"invalid link local IP address: {text}")
        found.append(IPv4Net(address, 16) if isinstance(address, IPv4) else IPv6Net(address, 64))
    return tuple(found)


def assign(engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
    """An address of each family the network has (`assignAddress`); the default bridge's IPv6 one waits for the MAC where the release makes it of
    that, and a namespace without ::1 gets none (28)."""
    network = endpoint.network
    text = endpoint.settings.ipv4
    assign_family(engine, endpoint, IPv4, _asked(text, "IPv4"))
    if network.spec.ipv6 and not network.defers_ipv6 and (not engine.profile.makes_veth_inside or has_ipv6(sandbox)):
        text = endpoint.settings.ipv6
        assign_family(engine, endpoint, IPv6, _asked(text, "IPv6"))


def has_ipv6(sandbox: Sandbox) -> int:
    """Whether the namespace's loopback device has IPv6 (`Namespace.IPv6LoEnabled`)."""
    return int(sandbox.netns.loopback.inet6 is not None and sysctl.read(sandbox.netns, "net/ipv6/conf/lo/disable_ipv6") == "0")


def assign_family(engine: Engine, endpoint: Endpoint, family: type[IPv4 | IPv6], address: IPv4 | IPv6 | None) -> None:
    """An address out of the network's subnets of a family, if there are any."""
    network = endpoint.network
    subnets = [subnet for subnet in network.subnets if isinstance(subnet.pool.subnet.address, family)]
    if not subnets:
        return
    given = _from(subnets, address)
    if given is None:
        if address is not None:
            raise invalid(engine.profile.outside_subnets.format(address=address))
        text = "IPv4" if family is IPv4 else "IPv6"
        raise failed(f"no available {text} addresses on this network's address pools: {network.name} ({network.id})")
    if isinstance(given, IPv4Net):
        endpoint.interface.ipv4 = given
    else:
        endpoint.interface.ipv6 = given


def _from(subnets: list[Subnet], address: IPv4 | IPv6 | None) -> IPv4Net | IPv6Net | None:
    for subnet in subnets:
        if address is not None and not subnet.pool.contains(int(address)):
            continue
        try:
            got = subnet.pool.request(address)
        except ExhaustedError:
            if address is not None:
                raise
            continue
        return IPv4Net(got, subnet.net.length) if isinstance(got, IPv4) else IPv6Net(got, subnet.net.length)
    return None


def release_addresses(endpoint: Endpoint) -> None:
    """Give an endpoint's addresses back to their pools."""
    for net in (endpoint.interface.ipv4, endpoint.interface.ipv6):
        if net is None:
            continue
        for subnet in endpoint.network.subnets:
            if type(subnet.pool.subnet) is type(net) and subnet.pool.contains(int(net.address)):
                subnet.pool.release(net.address)


def preference(endpoint: Endpoint) -> tuple[int, int, int, int, str]:
    """Who becomes the gateway: first by priority, then not docker_gwbridge, not internal, both families, and by the network's name (`Endpoint.Less`)."""
    network = endpoint.network
    families = sum(endpoint.leads)
    name = network.spec.name
    return (-endpoint.settings.gw_priority, int(name == "docker_gwbridge"), network.spec.internal, -families, name)


def join(engine: Engine, endpoint: Endpoint, sandbox: Sandbox, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> None:
    """The endpoint's interface moves in; if it is preferred, the default route and published ports move to it (`Endpoint.sbJoin`)."""
    before = gateways(engine, sandbox)
    endpoint.network.driver.join(engine, endpoint, sandbox)
    if endpoint.gateway6 is not None and endpoint.interface.ipv6 is None:
        endpoint.gateway6 = None
    endpoint.sandbox = sandbox
    if engine.profile.disables_ipv6 and not sandbox.endpoints and not sandbox.shared:
        _disable_ipv6(sandbox)
    sandbox.endpoints.append(endpoint)
    if len(sandbox.endpoints) > 1:
        sandbox.endpoints.sort(key=preference)
    if not sandbox.shared and not sandbox.awaited:
        add_interface(engine, endpoint, sandbox)
    _move_gateway(engine, sandbox, before, bindings)


def _disable_ipv6(sandbox: Sandbox) -> None:
    for scope in ("all", "default"):
        sysctl.write(sandbox.netns, f"net/ipv6/conf/{scope}/disable_ipv6", "1")


def fill(engine: Engine, sandbox: Sandbox) -> None:
    """The namespace is there: every interface moves in, in the order in which they may become the gateway (`Sandbox.SetKey`)."""
    sandbox.awaited = 0
    if sandbox.shared:
        return
    if not sandbox.endpoints and engine.profile.disables_ipv6:
        _disable_ipv6(sandbox)
    try:
        for endpoint in sandbox.endpoints:
            add_interface(engine, endpoint, sandbox)
        set_gateway(sandbox, (None, None), gateways(engine, sandbox))
    except Refusal as problem:
        raise failed(told_by_hook(engine, problem.text)) from None


def gateways(engine: Engine, sandbox: Sandbox) -> Gateways:
    """The endpoints that lead out of a sandbox; before 28 it is one for both families."""
    if engine.profile.knows_gateway_priority:
        return sandbox.gateway_endpoints(both_first=engine.profile.prefers_both_families)
    return sandbox.gateway_endpoint, sandbox.gateway_endpoint


def _move_gateway(engine: Engine, sandbox: Sandbox, before: Gateways, bindings: Mapping[Port, tuple[PortBinding, ...]], has_left: int = 0) -> None:
    """Default routes and published ports move to the endpoints that lead out now (`updateExternalConnectivity`)."""
    after = gateways(engine, sandbox)
    if before == after:
        return
    concerned = [endpoint for endpoint in dict.fromkeys((*before, *after)) if endpoint is not None and endpoint in sandbox.endpoints]
    for endpoint in concerned:
        _withdraw(engine, endpoint, _served(endpoint, after))
    set_gateway(sandbox, before, after)
    for endpoint in concerned:
        wanted = _served(endpoint, after)
        if endpoint.serves == wanted:
            continue
        endpoint.serves = wanted
        try:
            endpoint.network.driver.program_external(engine, endpoint, bindings, has_left)
        except Refusal as problem:
            text = f"driver failed programming external connectivity on endpoint {endpoint.name} ({endpoint.id}): {problem.text}"
            raise Refusal(problem.status, text) from None


def _served(endpoint: Endpoint, after: Gateways) -> tuple[int, int]:
    """For which families it publishes ports: where nothing leads out by IPv6, the proxy may still relay to the one that does by IPv4."""
    four, six = after
    return int(endpoint is four), int(endpoint is six or (six is None and endpoint is four))


def _withdraw(engine: Engine, endpoint: Endpoint, wanted: tuple[int, int]) -> None:
    """Ports that it is to publish no more; a family it goes on with is left alone."""
    kept = (endpoint.serves[0] & wanted[0], endpoint.serves[1] & wanted[1])
    if endpoint.serves == kept:
        return
    endpoint.serves = kept
    if kept == (0, 0):
        endpoint.network.driver.revoke_external(engine, endpoint)
    else:
        endpoint.network.driver.trim_external(engine, endpoint)


def leave(engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> None:
    """The endpoint's interface leaves its sandbox; the next best one becomes the gateway (`Endpoint.sbLeave`)."""
    sandbox = endpoint.sandbox
    if sandbox is None:
        return
    before = gateways(engine, sandbox)
    if endpoint in before:
        endpoint.serves = (0, 0)
        endpoint.network.driver.revoke_external(engine, endpoint)
    endpoint.network.driver.leave(engine, endpoint)
    if not sandbox.shared:
        remove_interface(engine, endpoint, sandbox)
    sandbox.endpoints.remove(endpoint)
    if not sandbox.shared:
        switch_loopback(engine, sandbox)
    if endpoint in before:
        _move_gateway(engine, sandbox, before, bindings, has_left=1)
    endpoint.sandbox = None


def detach(engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> None:
    """The endpoint leaves its sandbox and is no more (`Endpoint.Delete`)."""
    leave(engine, endpoint, bindings)
    endpoint.network.driver.delete_endpoint(engine, endpoint)
    endpoint.network.endpoints.pop(endpoint.id, None)
    release_addresses(endpoint)
    if engine.swarm is not None:
        engine.swarm.left(endpoint)
