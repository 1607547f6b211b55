"""From the options of `docker run` and `docker create` to a request (docker/cli `container.parse`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from netsim.addr import MAC
from netsim.commands.docker import network_option
from netsim.commands.docker.flags import Parsed, whole
from netsim.commands.docker.mounts import read_mounts
from netsim.commands.docker.networks import pairs
from netsim.commands.docker.publish import BadPort, exposed, published
from netsim.commands.docker.session import Docker
from netsim.commands.docker.values import platform_problem, read_ulimit
from netsim.docker.settings import EMPTY, ContainerSpec, EndpointSettings, HealthCheck, HostConfig, Port, RestartPolicy
from netsim.errors import NetError, strerror

BUILT_IN = ("", "default", "bridge", "host", "none")
PLAIN, DEFAULT_RESTART = EndpointSettings(), RestartPolicy()
NAME_ALONE, LABELS = frozenset({"name"}), frozenset({"label", "label-file"})
OF_ENDPOINT, ENVIRONMENT = frozenset({"network-alias", "link", "ip", "ip6", "mac-address", "link-local-ip"}), frozenset({"env", "env-file"})


class BadOption(Exception):
    """An option's value makes no sense to the command itself; the text is its own."""


def is_user_defined(network: str) -> bool:
    """Whether a network's name is none of the modes (`NetworkMode.IsUserDefined`)."""
    return network not in BUILT_IN and network.partition(":")[0] != "container"


def read_request(docker: Docker, parsed: Parsed) -> ContainerSpec:
    """The request that a command line stands for; BadOption, Refusal."""
    given, words = parsed.values, parsed.words
    _check(docker, parsed)
    bindings, ports = _ports(docker, parsed)
    older = docker.cli.family == "20.10"
    try:
        restart = read_restart(parsed.text("restart")) if "restart" in given else DEFAULT_RESTART
    except BadOption as problem:
        raise BadOption(str(problem).removeprefix("invalid restart policy format: ") if older else str(problem)) from None
    if restart is not DEFAULT_RESTART and restart.name not in ("no", "") and parsed.has("rm"):
        raise BadOption("Conflicting options: --restart and --rm" if older else "conflicting options: cannot specify both --restart and --rm")
    variables = _variables(docker, parsed)
    labels = EMPTY if LABELS.isdisjoint(given) else pairs((*_lines(docker, parsed.many("label-file")), *parsed.many("label")))
    networks, mode = _networks(docker, parsed)
    if not CAPABILITIES.isdisjoint(given):
        add, drop = _capabilities(docker, parsed)
    else:
        add, drop = (), ()
    links = parsed.many("link") if "link" in given and not is_user_defined(mode) else ()
    sent = {**docker.cli.sends, **reported(parsed)}
    mounted = read_mounts(docker, parsed)
    host = HostConfig(mode, bindings, links=links, **mounted, cap_add=add, cap_drop=drop, restart=restart, reported=sent, **parsed.fields(OF_HOST))
    return ContainerSpec(
        words[0], command=words[1:], env=variables, exposed=ports, labels=labels, attached=attached(parsed), health=_health(parsed), host=host,
        networks=networks, **parsed.fields(OF_CONTAINER),
    )  # fmt: skip


def _entrypoint(word: str) -> tuple[str, ...]:
    return (word,) if word else ()


def _search(domains: list[str]) -> tuple[str, ...]:
    """The domains to search; a dot alone stands for none at all."""
    return tuple(name for name in domains if name != ".") or tuple(domains)


def _capabilities(docker: Docker, parsed: Parsed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """--cap-add and --cap-drop: 28 sorts and spells them out, and what is added is not dropped (`opts.EffectiveCapAddCapDrop`)."""
    add, drop = parsed.many("cap-add"), parsed.many("cap-drop")
    if not docker.cli.spells_capabilities:
        return add, drop
    added, dropped = ({name if name == "ALL" else f"CAP_{name.removeprefix('CAP_')}" for name in map(str.upper, names)} for names in (add, drop))
    added, dropped = ({"ALL"} if "ALL" in names else names for names in (added, dropped))
    return tuple(sorted(added)), tuple(sorted(dropped - added))


def _health(parsed: Parsed) -> HealthCheck | None:
    """How it is to be tested (`--health-cmd`, `--no-healthcheck`)."""
    if HEALTH.isdisjoint(parsed.values):
        return None
    if parsed.has("no-healthcheck"):
        return HealthCheck(("NONE",))
    if not parsed.text("health-cmd"):
        return None
    interval, timeout, start, between = (
        int(parsed.text(f"health-{name}") or 0) for name in ("interval", "timeout", "start-period", "start-interval")
    )
    return HealthCheck(("CMD-SHELL", parsed.text("health-cmd")), interval, timeout, start, between, parsed.number("health-retries"))


def attached(parsed: Parsed) -> tuple[str, ...]:
    """Which streams whoever runs it is attached to."""
    if parsed.has("detach"):
        return ()
    if parsed.many("attach"):
        return parsed.many("attach")
    return (*(("stdin",) if parsed.has("interactive") else ()), "stdout", "stderr")


CHECKED = frozenset({
    "mac-address", "memory-swappiness", "pid", "uts", "userns", "cgroupns", "no-healthcheck", "health-cmd", "health-interval", "health-timeout",
    "health-retries", "health-start-period", "volume", "storage-opt", "security-opt", "pull", "platform",
})  # fmt: skip
HEALTH, CAPABILITIES, PORTS = frozenset({"no-healthcheck", "health-cmd"}), frozenset({"cap-add", "cap-drop"}), frozenset({"publish", "expose"})


def _check(docker: Docker, parsed: Parsed) -> None:
    """What no daemon has to be asked for."""
    if CHECKED.isdisjoint(parsed.values):
        return
    _mac(parsed.text("mac-address"))
    swappiness = parsed.number("memory-swappiness", -1)
    if swappiness != -1 and not 0 <= swappiness <= 100:
        raise BadOption(f"invalid value: {swappiness}. Valid memory swappiness range is 0-100")
    pid = parsed.text("pid")
    if pid not in ("", "host") and not (pid.startswith("container:") and pid.partition(":")[2]):
        raise BadOption("--pid: invalid PID mode")
    if parsed.text("uts") not in ("", "host"):
        raise BadOption("--uts: invalid UTS mode")
    if parsed.text("userns") not in ("", "host"):
        raise BadOption("--userns: invalid USER mode")
    if parsed.text("cgroupns") not in ("", "host", "private"):
        raise BadOption("--cgroupns: invalid CGROUP mode")
    if parsed.has("no-healthcheck") and any(parsed.given(f"health-{name}") for name in ("cmd", "interval", "retries", "timeout", "start-period")):
        raise BadOption("--no-healthcheck conflicts with --health-* options")
    for name in ("health-interval", "health-timeout", "health-retries", "health-start-period"):
        if str(parsed.values.get(name, "")).startswith("-"):
            raise BadOption(f"--{name} cannot be negative")
    for spec in parsed.many("volume"):
        if not spec:
            raise BadOption("invalid empty volume spec")
        if "" in spec.split(":"):
            raise BadOption(f"invalid spec: {spec}: empty section between colons")
    for option in parsed.many("storage-opt"):
        if "=" not in option:
            raise BadOption("invalid storage option")
    for option in parsed.many("security-opt"):
        if "=" not in option and ":" not in option and option != "no-new-privileges":
            raise BadOption(f'Invalid --security-opt: "{option}"')
        kind, _, profile = option.partition("=")
        if kind == "seccomp" and profile not in ("unconfined", "builtin") and docker.call.machine.files.stat(docker.call.proc, profile) is None:
            raise BadOption(f"opening seccomp profile ({profile}) failed: open {profile}: no such file or directory")
    wrong = platform_problem(parsed.text("platform"))
    if wrong:
        raise BadOption(wrong)
    pull = parsed.text("pull")
    if pull not in ("", "always", "missing", "never") and docker.cli.family != "20.10":
        raise BadOption(f'invalid pull option: \'{pull}\': must be one of "always", "missing" or "never"')


def _ports(docker: Docker, parsed: Parsed) -> tuple[dict[Port, Any], tuple[Port, ...]]:
    if PORTS.isdisjoint(parsed.values):
        return {}, ()
    capital = docker.cli.capital_ports
    try:
        bindings = published(parsed.many("publish"), splits_every_address=capital)
    except BadPort as problem:
        text = str(problem)
        raise BadOption(text[0].upper() + text[1:] if capital else text) from None
    try:
        return bindings, exposed(parsed.many("expose"))
    except BadPort as problem:
        text = str(problem)
        raise BadOption(text.replace("invalid range specified for port", "Invalid range specified for the Port") if capital else text) from None


def _networks(docker: Docker, parsed: Parsed) -> tuple[dict[str, EndpointSettings], str]:
    """Where to be attached, and the mode (`parseNetworkOpts`)."""
    texts = parsed.many("network")
    if len(texts) == 1 and network_option.is_name(texts[0]) and OF_ENDPOINT.isdisjoint(parsed.values):
        mode = texts[0]
        return ({mode: PLAIN} if is_user_defined(mode) else {}), mode
    wanted = [network_option.fields(text) for text in texts]
    if not wanted:
        given = _endpoint("default", {}, parsed, 0) if docker.cli.applies_to_default else PLAIN
        return ({"default": given} if given is not PLAIN and given != PLAIN else {}), "default"
    settings: dict[str, EndpointSettings] = {}
    for number, fields in enumerate(wanted):
        name = fields["name"][0]
        made = _endpoint(name, fields, parsed if number == 0 else None, docker.cli.links_everywhere)
        if name in settings:
            raise BadOption(f'network "{name}" is specified multiple times')
        settings[name] = made
    mode = next(iter(settings))
    if len(settings) > 1:
        if len({is_user_defined(name) for name in settings}) > 1:
            raise BadOption("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
    elif settings[mode] is PLAIN or settings[mode] == PLAIN:
        return (settings if is_user_defined(mode) else {}), mode
    return settings, mode


def _endpoint(name: str, fields: dict[str, list[str]], parsed: Parsed | None, everywhere: int) -> EndpointSettings:
    """One network's part: its own fields, and for the first one the options that stand alone (`applyContainerOptions`)."""
    if fields.keys() <= NAME_ALONE and (parsed is None or OF_ENDPOINT.isdisjoint(parsed.values)):
        if not name.strip():
            raise BadOption("no name set for network")
        return PLAIN
    aliases, links = tuple(fields.get("alias", ())), tuple(fields.get("link", ()))
    local, address, address6, mac = tuple(fields.get("link-local-ip", ())), _last(fields, "ip"), _last(fields, "ip6"), _last(fields, "mac-address")
    if parsed is not None:
        if aliases and parsed.many("network-alias"):
            raise BadOption("conflicting options: cannot specify both --network-alias and per-network alias")
        for mine, option, what in (
            (address, "ip", "IPv4 address"), (address6, "ip6", "IPv6 address"), (mac, "mac-address", "MAC address"),
        ):  # fmt: skip
            if mine and parsed.text(option):
                raise BadOption(f"conflicting options: cannot specify both --{option} and per-network {what}")
        if local and parsed.many("link-local-ip"):
            raise BadOption("conflicting options: cannot specify both --link-local-ip and per-network link-local IP addresses")
        aliases = aliases or parsed.many("network-alias")
        links = parsed.many("link") if is_user_defined(name) or (everywhere and name != "default") else ()
        local, address, address6 = local or parsed.many("link-local-ip"), address or parsed.text("ip"), address6 or parsed.text("ip6")
        _mac(parsed.text("mac-address"))
    if not name.strip():
        raise BadOption("no name set for network")
    if not is_user_defined(name):
        if aliases:
            raise BadOption("network-scoped aliases are only supported for user-defined networks")
        if links:
            raise BadOption("links are only supported for user-defined networks")
    return EndpointSettings(
        address, address6, local, aliases, links, _mac(mac), pairs(fields.get("driver-opt", [])), int(_last(fields, "gw-priority") or "0")
    )


def _last(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[-1]


def _mac(text: str) -> MAC | None:
    """A MAC address in any of the ways Go reads one."""
    bare = text.replace("-", ":").replace(".", "")
    try:
        if text.count(".") == 2 and len(bare) == 12:
            bare = ":".join(bare[at : at + 2] for at in range(0, 12, 2))
        return MAC.parse(bare) if text else None
    except ValueError:
        raise BadOption(f"{text} is not a valid mac address") from None


def read_restart(text: str) -> RestartPolicy:
    """`NAME[:TRIES]`; BadOption."""
    name, colon, count = text.partition(":")
    if not text:
        return DEFAULT_RESTART
    try:
        return RestartPolicy(name, whole(count) if colon else 0)
    except ValueError:
        raise BadOption("invalid restart policy format: maximum retry count must be an integer") from None


def _variables(docker: Docker, parsed: Parsed) -> tuple[str, ...]:
    """The environment asked for; a bare name takes its value from where the command runs, or goes."""
    if ENVIRONMENT.isdisjoint(parsed.values):
        return ()
    own = docker.call.proc.env
    found: list[str] = []
    for item in (*_lines(docker, parsed.many("env-file"), own), *parsed.many("env")):
        name, equals, _ = item.partition("=")
        if equals:
            found.append(item)
        elif name in own:
            found.append(f"{name}={own[name]}")
    return tuple(found)


def _lines(docker: Docker, paths: tuple[str, ...], own: Mapping[str, str] = EMPTY) -> list[str]:
    """The lines of files of KEY=VALUE, without comments; a bare name has its value from where the command runs, or goes (`parseKeyValueFile`)."""
    found: list[str] = []
    for path in paths:
        proc = docker.call.proc
        try:
            text = proc.machine.files.read(proc, path).decode("utf-8", "replace")
        except NetError as error:
            raise BadOption(f"open {path}: {strerror(error.errno).lower()}") from None
        lead = "poorly formatted environment" if docker.cli.family == "20.10" else f"invalid env file ({path})"
        for line in text.splitlines():
            name, equals, _ = line.lstrip().partition("=")
            if line.strip() and not name.startswith("#"):
                if not name:
                    raise BadOption(f"{lead}: no variable name on line '{line.lstrip()}'")
                if re.search(r"[ \t\n\r\v\f]", name):
                    raise BadOption(f"{lead}: variable '{name}' contains whitespaces")
                found += [line.lstrip()] if equals else [f"{name}={own[name]}"] if name in own else []
    return found


AMOUNTS = {
    "memory": "Memory", "memory-reservation": "MemoryReservation", "memory-swap": "MemorySwap", "kernel-memory": "KernelMemory", "cpus": "NanoCpus",
    "shm-size": "ShmSize", "cpu-shares": "CpuShares", "cpu-period": "CpuPeriod", "cpu-quota": "CpuQuota", "cpu-rt-period": "CpuRealtimePeriod",
    "cpu-rt-runtime": "CpuRealtimeRuntime", "blkio-weight": "BlkioWeight", "cpu-count": "CpuCount", "cpu-percent": "CpuPercent",
    "pids-limit": "PidsLimit", "oom-score-adj": "OomScoreAdj", "memory-swappiness": "MemorySwappiness", "io-maxiops": "IOMaximumIOps",
    "io-maxbandwidth": "IOMaximumBandwidth",
}  # fmt: skip
NAMES = {
    "cpuset-cpus": "CpusetCpus", "cpuset-mems": "CpusetMems", "cgroup-parent": "CgroupParent", "cgroupns": "CgroupnsMode", "ipc": "IpcMode",
    "userns": "UsernsMode", "runtime": "Runtime", "volume-driver": "VolumeDriver", "log-driver": "LogDriver", "cidfile": "ContainerIDFile", "isolation": "Isolation",
}  # fmt: skip
LISTS = {
    "volume": "Binds",
    "volumes-from": "VolumesFrom",
    "group-add": "GroupAdd",
    "security-opt": "SecurityOpt",
    "device-cgroup-rule": "DeviceCgroupRules",
}
MAPS = {"storage-opt": "StorageOpt", "log-opt": "LogOptions"}
SWITCHES = {"read-only": "ReadonlyRootfs", "oom-kill-disable": "OomKillDisable", "init": "Init"}
REPORTED = frozenset({*AMOUNTS, *NAMES, *LISTS, *MAPS, *SWITCHES, "tmpfs", "ulimit", "gpus"})


def _kind(limit: str) -> str:
    return limit.partition("=")[0]


def reported(parsed: Parsed) -> dict[str, object]:
    """Options that nothing comes of but that inspect tells, by their name in the API."""
    if REPORTED.isdisjoint(parsed.values):
        return {}
    found: dict[str, object] = {}
    for option, name in AMOUNTS.items():
        if parsed.given(option):
            found[name] = int(str(parsed.values[option]))
    for option, name in NAMES.items():
        if parsed.text(option):
            found[name] = parsed.text(option)
    for option, name in LISTS.items():
        given = [item for item in parsed.many(option) if option != "volume" or ":" in item]
        if given:
            found[name] = given
    if parsed.many("ulimit"):
        found["Ulimits"] = list({one.partition("=")[0]: read_ulimit(one) for one in sorted(parsed.many("ulimit"), key=_kind)}.values())
    for option, name in MAPS.items():
        if parsed.many(option):
            found[name] = pairs(parsed.many(option))
    for option, name in SWITCHES.items():
        if parsed.has(option):
            found[name] = True
    if parsed.text("gpus"):
        found["DeviceRequests"] = [{"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}]
    if parsed.many("tmpfs"):
        found["Tmpfs"] = dict(item.partition(":")[::2] for item in parsed.many("tmpfs"))
    if "Memory" in found and "MemorySwap" not in found:
        found["MemorySwap"] = 2 * int(str(found["Memory"]))
    return found


OF_HOST: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "publish-all": ("publish_all", int), "dns": ("dns", tuple), "dns-option": ("dns_options", tuple), "dns-search": ("dns_search", _search),
    "add-host": ("extra_hosts", tuple), "privileged": ("privileged", int), "rm": ("auto_remove", int), "sysctl": ("sysctls", pairs),
    "uts": ("uts_mode", str), "pid": ("pid_mode", str),
}  # fmt: skip
OF_CONTAINER: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "name": ("name", str), "entrypoint": ("entrypoint", _entrypoint), "hostname": ("hostname", str), "domainname": ("domainname", str),
    "mac-address": ("mac", _mac), "workdir": ("working_dir", str), "user": ("user", str), "tty": ("tty", int), "interactive": ("open_stdin", int),
    "stop-signal": ("stop_signal", str), "stop-timeout": ("stop_timeout", int),
}  # fmt: skip
"""Which option fills which field of the request, and how."""
