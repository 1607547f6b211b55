"""Legacy links between containers of the default bridge: names, variables, lines of /etc/hosts, and rules where containers may not talk
(`daemon/links`, `daemon/container_operations.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4
from netsim.docker.engine.container import Container
from netsim.docker.errors import Refusal, failed, invalid, not_found
from netsim.docker.settings import Port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netsim.docker.cnm.model import Endpoint
    from netsim.docker.engine.engine import Engine

DEFAULT = "bridge"


def register(engine: Engine, container: Container) -> None:
    """Find the target of every link of a new container (`registerLinks`)."""
    for text in container.spec.host.links:
        name, alias = parse(text)
        if not name:
            raise invalid('could not get container for : invalid name or ID supplied: ""')
        try:
            target = engine.container(name)
            while target.mode.startswith("container:"):
                target = engine.container(target.mode.partition(":")[2])
        except Refusal as problem:
            raise Refusal(problem.status, f"could not get container for {name}: {problem.text}") from None
        if target.mode == "host":
            raise invalid("conflicting options: host type networking can't be used with links. This would result in undefined behavior")
        container.links.setdefault(alias, target)  # a name is given once


def parse(text: str) -> tuple[str, str]:
    """`NAME[:ALIAS]`."""
    name, colon, alias = text.partition(":")
    return name.removeprefix("/"), alias.rpartition("/")[2] if colon else name


def check(engine: Engine, container: Container) -> None:
    """Targets must run and be on the default bridge, if the container itself is (`setupLinkedContainers`)."""
    for alias, target in container.links.items() if DEFAULT in container.networks else ():
        if not target.state.is_running:
            raise failed(f"Cannot link to a non running container: /{target.name} AS /{container.name}/{alias}")
        if DEFAULT not in target.networks:
            raise failed(f"container {target.id} not attached to default bridge network")


def check_networks(container: Container) -> None:
    """The same as 27 and older see it, when the network is made."""
    for target in container.links.values():
        if DEFAULT not in target.networks:
            raise failed(f"Cannot link to /{target.name}, as it does not belong to the default network")


def endpoint_of(engine: Engine, container: Container) -> Endpoint | None:
    """A container's endpoint on the default bridge."""
    network = next((network for network in engine.networks.values() if network.name == DEFAULT), None)
    if network is None:
        return None
    return next((endpoint for endpoint in network.endpoints.values() if endpoint.container_id == container.id), None)


def parents(engine: Engine, container: Container) -> Iterator[tuple[str, Container]]:
    """Who links to a container, and by which alias."""
    for other in engine.containers.values():
        for alias, target in other.links.items():
            if target is container:
                yield alias, other


def names_of(engine: Engine, container: Container) -> list[str]:
    """The names that links give to a container: `parent/alias`."""
    return [f"{parent.name}/{alias}" for alias, parent in parents(engine, container)]


def tie(engine: Engine, container: Container, endpoint: Endpoint) -> None:
    """Tell the endpoint which others it is linked with, so that its driver can let them talk."""
    for target in container.links.values():
        other = endpoint_of(engine, target)
        if other is not None:
            endpoint.children += (other,)
    for _, parent in parents(engine, container):
        other = endpoint_of(engine, parent)
        if other is not None:
            endpoint.parents += (other,)


# files and variables -----------------------------------------------------------------------------------------------------------


def hosts_lines(engine: Engine, container: Container) -> list[str]:
    """A line of /etc/hosts for each running target: its address, the alias, its host name and its name."""
    lines: list[str] = []
    if DEFAULT not in container.networks:
        return lines
    for alias, target in container.links.items():
        endpoint = endpoint_of(engine, target)
        for net in (endpoint.interface.ipv4, endpoint.interface.ipv6) if endpoint is not None else ():
            if net is not None:
                lines.append(f"{net.address}\t{' '.join([alias, target.hostname, *([target.name] if alias != target.name else [])])}")
    return lines


def update_parents(engine: Engine, container: Container) -> None:
    """A target has a new address: lines of those who link to it say so (`UpdateHostsEntry`)."""
    endpoint = endpoint_of(engine, container)
    if endpoint is None or endpoint.interface.ipv4 is None:
        return
    address = endpoint.interface.ipv4.address
    for alias, parent in parents(engine, container):
        node = parent.files.get("hosts")
        if node is None or not parent.state.is_running:
            continue
        lines = node.content.decode("utf-8", "replace").splitlines()
        node.content = "".join(f"{renewed(line, alias, address)}\n" for line in lines).encode()


def renewed(line: str, alias: str, address: IPv4) -> str:
    """A line with another address, if the alias is its first name."""
    names = line.partition("\t")[2]
    return f"{address}\t{names}" if names.split(" ")[0] == alias else line


def environment(engine: Engine, container: Container) -> dict[str, str]:
    """The variables of every link (`Link.ToEnv`); refused while a target does not run. Off the default bridge there are none."""
    found: dict[str, str] = {}
    if DEFAULT not in container.networks:
        return found
    check(engine, container)
    if not engine.profile.sets_link_variables:
        return found
    for alias, target in container.links.items():
        endpoint = endpoint_of(engine, target)
        address = endpoint.interface.ipv4.address if endpoint is not None and endpoint.interface.ipv4 is not None else ""
        begin = alias.upper().replace("-", "_")
        ports = _sorted(engine, sorted({*target.image.exposed, *target.spec.exposed, *target.spec.host.port_bindings}))
        if ports:
            found[f"{begin}_PORT"] = f"{ports[0].protocol}://{address}:{ports[0].number}"
        _ports_variables(engine, found, begin, str(address), ports)
        found[f"{begin}_NAME"] = f"/{container.name}/{alias}"
        own = [item.partition("=") for item in target.spec.env]
        names = {name for name, _, _ in own}
        for name, equals, value in (*own, *[part for part in map(_split, target.image.env) if part[0] not in names]):
            if equals and name not in ("HOME", "PATH"):
                found[f"{begin}_ENV_{name}"] = value
    return found


def _split(item: str) -> tuple[str, str, str]:
    return item.partition("=")


def _ports_variables(engine: Engine, found: dict[str, str], begin: str, address: str, ports: Sequence[Port]) -> None:
    """Each port, and stretches of ports: 28 tells these where they end, of two ports at least; before, all come first, of three at least."""
    if not engine.profile.link_ports_tcp_first:
        for run in _older_runs(ports):
            name = f"{begin}_PORT_{run[0].number}_{run[0].protocol.upper()}"
            found |= {f"{name}_START": f"{run[0].protocol}://{address}:{run[0].number}", f"{name}_ADDR": address, f"{name}_PROTO": run[0].protocol}
            _run_variables(found, begin, address, run)
        for port in ports:
            _port_variables(found, begin, address, port)
        return
    runs = list(_runs(ports))
    for number, port in enumerate(ports):
        _port_variables(found, begin, address, port)
        for run in runs:
            if _told_at(ports, run) == number:
                _run_variables(found, begin, address, run)


def _older_runs(ports: Sequence[Port]) -> Iterator[Sequence[Port]]:
    """What counts there is only that no number is greater than one more than the count of ports from the first (`nextContiguous`)."""
    first = 0
    while first < len(ports):
        end = first + 1
        while end < len(ports) and ports[end].number <= ports[first].number + end - first:
            end += 1
        if end - first > 2:
            yield ports[first:end]
            first = end
        else:
            first += 1


def _sorted(engine: Engine, ports: Sequence[Port]) -> list[Port]:
    if engine.profile.link_ports_tcp_first:
        return sorted(ports, key=lambda port: (port.protocol != "tcp", port.protocol, port.number))
    return sorted(ports, key=lambda port: (port.number, port.protocol != "tcp"))


def _runs(ports: Sequence[Port]) -> Iterator[list[Port]]:
    """Stretches of consecutive ports of one protocol, of two at least."""
    run: list[Port] = []
    for port in ports:
        if run and port.protocol == run[-1].protocol and port.number == run[-1].number + 1:
            run.append(port)
            continue
        if len(run) > 1:
            yield run
        run = [port]
    if len(run) > 1:
        yield run


def _told_at(ports: Sequence[Port], run: Sequence[Port]) -> int:
    """A stretch is told once the port after it has been, or the last one."""
    return min(list(ports).index(run[-1]) + 1, len(ports) - 1)


def _port_variables(found: dict[str, str], begin: str, address: str, port: Port) -> None:
    name = f"{begin}_PORT_{port.number}_{port.protocol.upper()}"
    found[name] = f"{port.protocol}://{address}:{port.number}"
    found |= {f"{name}_ADDR": address, f"{name}_PORT": str(port.number), f"{name}_PROTO": port.protocol}


def _run_variables(found: dict[str, str], begin: str, address: str, run: Sequence[Port]) -> None:
    name, protocol = f"{begin}_PORT_{run[0].number}_{run[0].protocol.upper()}", run[0].protocol
    found |= {
        f"{name}_START": f"{protocol}://{address}:{run[0].number}", f"{name}_PORT_START": str(run[0].number),
        f"{name}_END": f"{protocol}://{address}:{run[-1].number}", f"{name}_PORT_END": str(run[-1].number),
    }  # fmt: skip


# the end of one --------------------------------------------------------------------------------------------------------------


def remove(engine: Engine, text: str) -> Container:
    """The alias of `PARENT/ALIAS` is known no more; the parent. Refused when there is no such link or its target is gone."""
    name, _, alias = text.removeprefix("/").rpartition("/")
    parent = next((container for container in engine.containers.values() if container.name == name), None)
    target = parent.links.get(alias) if parent is not None else None
    if parent is None or target is None or target.id not in engine.containers:
        raise not_found(f"No such container: {text.removeprefix('/')}")
    del parent.links[alias]
    return parent
