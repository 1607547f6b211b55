"""From the options of `docker service create` and `update` to what is asked of the swarm (docker/cli `service/opts.go`)."""

from __future__ import annotations

from netsim.commands.docker import network_option, values
from netsim.commands.docker.flags import BOOL, INT, LIST, MAP, Flag, Parsed
from netsim.commands.docker.networks import pairs
from netsim.commands.docker.swarm.ports import checked, port_specs
from netsim.docker.errors import Refusal
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import Attachment, ContainerPart, PortSpec, ServiceSpec, plain, revive

JOBS = ("replicated-job", "global-job")
MODES = ("replicated", "global", *JOBS)
CONDITIONS = ("none", "on-failure", "any")


def mode(text: str) -> str:
    """`--mode`."""
    if text not in MODES:
        raise ValueError(f"Unknown mode: {text}, only replicated and global supported")
    return text


def replicas(text: str) -> str:
    """`--replicas`."""
    if not text.isdigit():
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    return text


UNMODELLED = (
    Flag("mount", "", LIST, unmodelled=1), Flag("config", "", LIST, unmodelled=1), Flag("secret", "", LIST, unmodelled=1),
    Flag("limit-cpu", unmodelled=1), Flag("limit-memory", unmodelled=1), Flag("limit-pids", unmodelled=1), Flag("reserve-cpu", unmodelled=1),
    Flag("reserve-memory", unmodelled=1), Flag("log-driver", unmodelled=1), Flag("log-opt", "", LIST, unmodelled=1),
    Flag("stop-grace-period", unmodelled=1), Flag("stop-signal", unmodelled=1), Flag("health-cmd", unmodelled=1),
    Flag("health-interval", unmodelled=1), Flag("health-retries", "", INT, unmodelled=1), Flag("health-timeout", unmodelled=1),
    Flag("health-start-period", unmodelled=1), Flag("no-healthcheck", "", BOOL, unmodelled=1), Flag("read-only", "", BOOL, unmodelled=1),
    Flag("group", "", LIST, unmodelled=1), Flag("init", "", BOOL, unmodelled=1), Flag("cap-add", "", LIST, unmodelled=1),
    Flag("cap-drop", "", LIST, unmodelled=1), Flag("ulimit", "", LIST, unmodelled=1), Flag("isolation", unmodelled=1),
    Flag("update-failure-action", unmodelled=1), Flag("update-max-failure-ratio", unmodelled=1), Flag("update-monitor", unmodelled=1),
    Flag("rollback-delay", unmodelled=1), Flag("rollback-failure-action", unmodelled=1), Flag("rollback-max-failure-ratio", unmodelled=1),
    Flag("rollback-monitor", unmodelled=1), Flag("rollback-order", unmodelled=1), Flag("rollback-parallelism", "", INT, unmodelled=1),
    Flag("restart-window", unmodelled=1), Flag("generic-resource", "", LIST, unmodelled=1), Flag("credential-spec", unmodelled=1),
)  # fmt: skip
SHARED = (
    Flag("detach", "d", BOOL), Flag("quiet", "q", BOOL), Flag("with-registry-auth", "", BOOL), Flag("no-resolve-image", "", BOOL),
    Flag("replicas", "", check=replicas), Flag("endpoint-mode"), Flag("entrypoint"), Flag("hostname"), Flag("workdir", "w"), Flag("user", "u"),
    Flag("tty", "t", BOOL), Flag("restart-condition"), Flag("restart-delay", "", check=values.duration), Flag("restart-max-attempts", "", INT),
    Flag("update-parallelism", "", INT), Flag("update-delay", "", check=values.duration), Flag("update-order", unmodelled=1), Flag("replicas-max-per-node", "", INT),
    *UNMODELLED,
)  # fmt: skip
CREATE_FLAGS = (
    *SHARED, Flag("name"), Flag("mode", "", check=mode), Flag("network", "", LIST), Flag("publish", "p", LIST, checked),
    Flag("env", "e", LIST, values.variable), Flag("constraint", "", LIST), Flag("label", "l", LIST), Flag("container-label", "", LIST),
    Flag("placement-pref", "", LIST, unmodelled=1), Flag("dns", "", LIST, values.address), Flag("dns-search", "", LIST), Flag("dns-option", "", LIST),
    Flag("host", "", LIST, values.extra_host), Flag("sysctl", "", MAP), Flag("max-concurrent", "", INT, unmodelled=1), Flag("env-file", "", LIST, unmodelled=1),
)  # fmt: skip
UPDATE_FLAGS = (
    *SHARED, Flag("image"), Flag("args"), Flag("force", "", BOOL), Flag("rollback", "", BOOL), Flag("env-add", "", LIST, values.variable),
    Flag("env-rm", "", LIST), Flag("publish-add", "", LIST, checked), Flag("publish-rm", "", LIST), Flag("network-add", "", LIST),
    Flag("network-rm", "", LIST), Flag("constraint-add", "", LIST), Flag("constraint-rm", "", LIST), Flag("label-add", "", LIST),
    Flag("label-rm", "", LIST), Flag("container-label-add", "", LIST), Flag("container-label-rm", "", LIST), Flag("host-add", "", LIST, values.extra_host),
    Flag("host-rm", "", LIST), Flag("dns-add", "", LIST), Flag("dns-rm", "", LIST), Flag("mount-add", "", LIST, unmodelled=1),
    Flag("mount-rm", "", LIST, unmodelled=1), Flag("secret-add", "", LIST, unmodelled=1), Flag("secret-rm", "", LIST, unmodelled=1),
    Flag("config-add", "", LIST, unmodelled=1), Flag("config-rm", "", LIST, unmodelled=1), Flag("placement-pref-add", "", LIST, unmodelled=1),
    Flag("placement-pref-rm", "", LIST, unmodelled=1),
)  # fmt: skip


def tagged(image: str) -> str:
    """With the tag that is meant when none is named."""
    return image if ":" in image.rpartition("/")[2] or "@" in image else f"{image}:latest"


def new_spec(member: Member, parsed: Parsed, name: str) -> ServiceSpec:
    """What `service create` asks for; Refusal."""
    image, *args = parsed.words
    part = ContainerPart(tagged(image), args)
    part.env = _environment(parsed.many("env"))
    part.labels, part.sysctls = pairs(parsed.many("container-label")), pairs(parsed.many("sysctl"))
    part.dns, part.dns_search = list(parsed.many("dns")), list(parsed.many("dns-search"))
    part.dns_options, part.hosts = list(parsed.many("dns-option")), list(parsed.many("host"))
    spec = ServiceSpec(name, part, parsed.text("mode") or "replicated")
    if spec.mode in JOBS:
        raise Refusal(0, f"netsim: services of mode {spec.mode} are not modelled")
    if parsed.given("replicas") and spec.mode != "replicated":
        raise Refusal(0, "replicas can only be used with replicated or replicated-job mode")
    spec.networks = [_attachment(member, text) for text in parsed.many("network")]
    spec.ports = [port for text in parsed.many("publish") for port in port_specs(text)]
    spec.constraints, spec.labels = list(parsed.many("constraint")), pairs(parsed.many("label"))
    _shared(spec, parsed)
    return spec


def _environment(items: tuple[str, ...]) -> list[str]:
    return [item if "=" in item else f"{item}=" for item in items]


def _shared(spec: ServiceSpec, parsed: Parsed) -> None:
    part = spec.container
    if parsed.given("replicas"):
        spec.replicas = int(parsed.text("replicas"))
    if parsed.given("endpoint-mode"):
        if parsed.text("endpoint-mode") not in ("vip", "dnsrr"):
            raise Refusal(400, f'rpc error: code = InvalidArgument desc = invalid endpoint mode "{parsed.text("endpoint-mode")}"')
        spec.endpoint_mode = parsed.text("endpoint-mode")
    if parsed.given("entrypoint"):
        part.entrypoint = parsed.text("entrypoint").split()
    for option in ("hostname", "workdir", "user"):
        if parsed.given(option):
            setattr(part, option, parsed.text(option))
    if parsed.given("tty"):
        part.tty = int(parsed.has("tty"))
    if parsed.given("restart-condition"):
        if parsed.text("restart-condition") not in CONDITIONS:
            raise Refusal(400, f'rpc error: code = InvalidArgument desc = invalid RestartCondition: "{parsed.text("restart-condition")}"')
        spec.restart = parsed.text("restart-condition")
    if parsed.given("restart-delay"):
        spec.restart_delay = int(parsed.text("restart-delay"))
    if parsed.given("update-delay"):
        spec.update_delay = int(parsed.text("update-delay"))
    if parsed.given("update-order"):
        spec.update_order = parsed.text("update-order")
    for option, field in (("restart-max-attempts", "restart_most"), ("update-parallelism", "parallelism"), ("replicas-max-per-node", "max_per_node")):
        if parsed.given(option):
            setattr(spec, field, parsed.number(option))


def wanted_networks(parsed: Parsed) -> list[str]:
    """The networks that `--network` names; the command looks them up before it asks for anything else."""
    return [_fields(text)["name"][0] for text in parsed.many("network")]


def _fields(text: str) -> dict[str, list[str]]:
    try:
        return network_option.fields(text)
    except ValueError as problem:
        raise Refusal(0, f'invalid argument "{text}" for "--network" flag: {problem}') from None


def _attachment(member: Member, text: str) -> Attachment:
    """`--network NAME` or `name=NAME,alias=...`."""
    found = _fields(text)
    name = found["name"][0]
    network = member.state().network(name)
    if network is None:
        local = member.engine.known_network(name)
        if local is None:
            raise Refusal(404, f"network {name} not found")
        return Attachment(local.id, list(found.get("alias", ())))
    return Attachment(network.id, list(found.get("alias", ())))


def changed_spec(member: Member, parsed: Parsed, before: ServiceSpec) -> ServiceSpec:
    """What `service update` makes of a request; Refusal."""
    spec = revive(ServiceSpec, plain(before))
    part = spec.container
    if parsed.given("replicas") and spec.mode != "replicated":
        raise Refusal(0, "replicas can only be used with replicated or replicated-job mode")
    if parsed.given("image"):
        part.image = tagged(parsed.text("image"))
    if parsed.given("args"):
        part.args = parsed.text("args").split()
    if parsed.has("force"):
        spec.force += 1
    names = {item.partition("=")[0] for item in (*parsed.many("env-add"), *parsed.many("env-rm"))}
    part.env = [item for item in part.env if item.partition("=")[0] not in names] + _environment(parsed.many("env-add"))
    spec.labels = _mapped(spec.labels, parsed, "label")
    part.labels = _mapped(part.labels, parsed, "container-label")
    spec.constraints = [one for one in spec.constraints if one not in parsed.many("constraint-rm")] + list(parsed.many("constraint-add"))
    part.hosts = [one for one in part.hosts if one not in parsed.many("host-rm")] + list(parsed.many("host-add"))
    part.dns = [one for one in part.dns if one not in parsed.many("dns-rm")] + list(parsed.many("dns-add"))
    spec.ports = _ports(spec.ports, parsed)
    gone = {_attachment(member, text).target for text in parsed.many("network-rm")}
    added = [_attachment(member, text) for text in parsed.many("network-add")]
    spec.networks = [one for one in spec.networks if one.target not in gone | {new.target for new in added}] + added
    _shared(spec, parsed)
    return spec


def _mapped(known: dict[str, str], parsed: Parsed, option: str) -> dict[str, str]:
    return {name: value for name, value in {**known, **pairs(parsed.many(f"{option}-add"))}.items() if name not in parsed.many(f"{option}-rm")}


def _ports(known: list[PortSpec], parsed: Parsed) -> list[PortSpec]:
    """By target port: what is removed and what is added again goes first."""
    gone: set[tuple[int, str]] = set()
    for text in parsed.many("publish-rm"):
        number, _, protocol = text.partition("/")
        if not number.isdigit():
            raise Refusal(0, f'invalid argument "{text}" for "--publish-rm" flag: invalid container port')
        gone.add((int(number), protocol or "tcp"))
    added = [port for text in parsed.many("publish-add") for port in port_specs(text)]
    fresh = {(port.target, port.protocol, port.published) for port in added}
    return [port for port in known if (port.target, port.protocol) not in gone and (port.target, port.protocol, port.published) not in fresh] + added
