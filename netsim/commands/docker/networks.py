"""docker network: create, ls, rm, connect, disconnect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netsim.commands.docker import filters, values
from netsim.commands.docker.flags import BOOL, INT, LIST, MAP, WORDS, Flag, Parsed, parse
from netsim.commands.docker.ipam import ipam_configs
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.port import natural
from netsim.commands.docker.ps import LIST_FLAGS
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.spans import written
from netsim.commands.docker.template.values import Labels
from netsim.docker.cnm.model import Network
from netsim.docker.engine import attach, networks
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal, invalid
from netsim.docker.settings import EndpointSettings, NetworkSpec
from netsim.machine.call import Call, ReadInput, Result

COLUMNS = Columns(
    "*network.networkContext",
    {
        "ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6", "Internal": "INTERNAL",
        "Labels": "LABELS", "CreatedAt": "CREATED AT",
    },
    "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    "{{.ID}}",
)  # fmt: skip


def pairs(items: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE options as a map."""
    return dict(item.partition("=")[::2] for item in items) if items else {}


def _driver(name: str) -> str:
    return name or "bridge"


def _ipam_driver(name: str) -> str:
    return name or "default"


OF_NETWORK: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "driver": ("driver", _driver), "ipam-driver": ("ipam_driver", _ipam_driver), "ipam-opt": ("ipam_options", pairs), "opt": ("options", pairs),
    "label": ("labels", pairs), "internal": ("internal", int), "attachable": ("attachable", int), "ingress": ("ingress", int), "ipv4": ("ipv4", int),
    "ipv6": ("ipv6", int), "scope": ("scope", str), "config-only": ("config_only", int), "config-from": ("config_from", str),
}  # fmt: skip
"""Which option fills which field of the request, and how."""


def create(docker: Docker, parsed: Parsed) -> Result:
    """docker network create."""
    families = tuple(name for name in ("ipv4", "ipv6") if parsed.given(name))
    spec = NetworkSpec(parsed.words[0], configs=ipam_configs(parsed), families=families, **parsed.fields(OF_NETWORK))
    docker.print(networks.create_network(docker.engine, spec).id)
    return docker.result()


FILTERS = ("dangling", "driver", "id", "label", "name", "scope", "type")


def ls(docker: Docker, parsed: Parsed) -> Result:
    """docker network ls."""
    engine = docker.engine
    wanted = filters.read(engine, parsed.many("filter"), FILTERS)
    _check_filters(wanted)
    found = sorted((network for network in networks.everywhere(engine) if _is_wanted(engine, network, wanted)), key=_name)
    whole = int(parsed.has("no-trunc"))
    return show(docker, COLUMNS, parsed.text("format"), [_row(docker, network, whole) for network in found], quiet=int(parsed.has("quiet")))


def _name(network: Network) -> list[tuple[int, int, str]]:
    return natural(network.name)


def _row(docker: Docker, network: Network, whole: int) -> dict[str, str]:
    spec = network.spec
    shown = bool(spec.ipv4) and docker.engine.profile.shows_ipv4_switch
    row = {
        "ID": network.id if whole else network.id[:12], "Name": spec.name, "Driver": spec.driver, "Scope": spec.scope or network.driver.scope,
        "IPv4": str(bool(shown)).lower(), "IPv6": str(bool(spec.ipv6)).lower(), "Internal": str(bool(spec.internal)).lower(),
        "Labels": Labels(spec.labels), "CreatedAt": written(network.created),
    }  # fmt: skip
    if docker.cli.family == "20.10":
        del row["IPv4"]
    return row


def _check_filters(wanted: dict[str, list[str]]) -> None:
    """Refused when a filter cannot have the value it is given (`FilterNetworks`)."""
    dangling = set(wanted.get("dangling", ()))
    if len(dangling) > 1:
        raise invalid('got more than one value for filter key "dangling"')
    if not dangling <= {"true", "1", "false", "0"}:
        raise invalid('invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")')
    for kind in wanted.get("type", ()):
        if kind not in ("builtin", "custom"):
            raise invalid(f"invalid filter: 'type'='{kind}'")


def _is_wanted(engine: Engine, network: Network, wanted: dict[str, list[str]]) -> bool:
    spec = network.spec
    kind = "builtin" if network.builtin else "custom"
    dangling = bool(not network.builtin and (not network.endpoints or engine.profile.lists_without_members))
    return (
        filters.matches(wanted.get("name"), spec.name)
        and filters.matches(wanted.get("id"), network.id)
        and filters.exactly(wanted.get("driver"), spec.driver)
        and filters.exactly(wanted.get("scope"), spec.scope or network.driver.scope)
        and filters.exactly(wanted.get("type"), kind)
        and filters.labelled(wanted.get("label"), spec.labels)
        and (not wanted.get("dangling") or filters.truth(engine, "dangling", wanted["dangling"], False) == dangling)
    )


INGRESS = (
    "WARNING! Before removing the routing-mesh network, make sure all the nodes in your swarm run the same docker engine version. Otherwise, removal may not be "
    "effective and functionality of newly create ingress networks will be impaired.\nAre you sure you want to continue? [y/N] "
)


def remove(docker: Docker, parsed: Parsed) -> Result | ReadInput:
    """docker network rm; before the network of the routing mesh goes, it asks."""
    if all(parsed.words) and any(_is_ingress(docker, name) for name in parsed.words):
        return ReadInput(_remove_asked)
    return _remove(docker, parsed, [])


def _is_ingress(docker: Docker, name: str) -> int:
    found = next((one for one in networks.everywhere(docker.engine) if name in (one.name, one.id)), None)
    return found.spec.ingress if found is not None else 0


def _remove_asked(call: Call, data: bytes) -> Result:
    """Each line answers for one network."""
    docker = Docker(call)
    parsed = parse(call.argv[call.argv.index("network") + 2 :], REMOVE_FLAGS, interspersed=True)
    return _remove(docker, parsed, data.decode(errors="replace").splitlines())


def _remove(docker: Docker, parsed: Parsed, answers: list[str]) -> Result:
    failed = 0
    for name in parsed.words:
        try:
            _named(name)
            if _is_ingress(docker, name):
                docker.out.append(INGRESS)
                if (answers.pop(0) if answers else "").strip().lower() != "y":
                    continue
            networks.remove_network(docker.engine, name)
            docker.print(name)
        except Refusal as problem:
            if problem.status == 404 and parsed.has("force"):
                continue
            docker.refused(problem, "network", name)
            failed = 1
    if failed and docker.cli.joins_errors:
        docker.complain("exit status 1")
    return docker.result(failed)


def _named(name: str) -> None:
    if not name:
        raise Refusal(0, "invalid network name or ID: value is empty")


def connect(docker: Docker, parsed: Parsed) -> Result:
    """docker network connect."""
    name, container = parsed.words
    for option in parsed.many("driver-opt"):
        if "=" not in option:
            raise Refusal(0, "invalid key/value pair format in driver options")
    _named(name)
    settings = EndpointSettings(
        parsed.text("ip"), parsed.text("ip6"), parsed.many("link-local-ip"), parsed.many("alias"), parsed.many("link"), None,
        pairs(parsed.many("driver-opt")), parsed.number("gw-priority"), sends_ipam=1,
    )  # fmt: skip
    attach.connect(docker.engine, name, docker.engine.container(container), settings)
    return docker.result()


def disconnect(docker: Docker, parsed: Parsed) -> Result:
    """docker network disconnect."""
    name, container = parsed.words
    _named(name)
    try:
        found = docker.engine.container(container)
    except Refusal:
        if not parsed.has("force"):
            raise
        attach.force_off(docker.engine, name, container)
        return docker.result()
    attach.disconnect(docker.engine, name, found, force=int(parsed.has("force")))
    return docker.result()


CREATE_FLAGS = (
    Flag("attachable", "", BOOL), Flag("aux-address", "", MAP), Flag("config-from"), Flag("config-only", "", BOOL), Flag("driver", "d"),
    Flag("gateway", "", WORDS), Flag("ingress", "", BOOL), Flag("internal", "", BOOL), Flag("ip-range", "", WORDS), Flag("ipam-driver"),
    Flag("ipam-opt", "", MAP), Flag("ipv4", "", BOOL, only="28"), Flag("ipv6", "", BOOL), Flag("label", "", LIST, values.label), Flag("opt", "o", MAP),
    Flag("scope"), Flag("subnet", "", WORDS),
)  # fmt: skip
CONNECT_FLAGS = (
    Flag("alias", "", WORDS), Flag("driver-opt", "", WORDS), Flag("gw-priority", "", INT, only="28"), Flag("ip"), Flag("ip6"),
    Flag("link", "", LIST, values.link), Flag("link-local-ip", "", WORDS),
)  # fmt: skip
REMOVE_FLAGS = (Flag("force", "f", BOOL, only="28"),)
NETWORK_COMMANDS = (
    Subcommand("network create", "[OPTIONS] NETWORK", CREATE_FLAGS, 1, 1, create),
    Subcommand("network ls", "[OPTIONS]", LIST_FLAGS, 0, 0, ls),
    Subcommand("network rm", "NETWORK [NETWORK...]", REMOVE_FLAGS, 1, None, remove),
    Subcommand("network connect", "[OPTIONS] NETWORK CONTAINER", CONNECT_FLAGS, 2, 2, connect),
    Subcommand("network disconnect", "[OPTIONS] NETWORK CONTAINER", (Flag("force", "f", BOOL),), 2, 2, disconnect),
)
