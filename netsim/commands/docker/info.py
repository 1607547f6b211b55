"""docker version and docker info: what command and daemon say about themselves."""

from __future__ import annotations

from typing import Any

from netsim.commands.docker.flags import Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.swarm.info import swarm_facts, swarm_lines
from netsim.commands.docker.template import Struct, TemplateError, check, render
from netsim.commands.docker.template.values import to_json
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.release import shown
from netsim.docker.errors import Refusal
from netsim.docker.ids import daemon_id
from netsim.machine.call import Result

ALL_NETWORKS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")
COMPONENTS = (("containerd", "1.6.20~ds1", "1.6.20~ds1-1+deb12u3"), ("runc", "1.1.5+ds1", "1.1.5+ds1-1+deb12u1"), ("docker-init", "0.19.0", ""))


def _client(docker: Docker) -> dict[str, Any]:
    cli = docker.cli
    try:
        api = ".".join(str(part) for part in docker.api)
    except Refusal:
        api = cli.api_version
    return {
        "Version": cli.build.partition(",")[0], "ApiVersion": api, "DefaultAPIVersion": cli.api_version, "GitCommit": cli.build.rpartition(" ")[2],
        "GoVersion": cli.go_version, "Os": "linux", "Arch": "amd64", "BuildTime": cli.built, "Context": docker.context,
    }  # fmt: skip


def _server(engine: Engine) -> dict[str, Any]:
    release = shown(engine.profile)
    return {
        "Version": engine.profile.version + release.package, "ApiVersion": engine.profile.api_version, "MinAPIVersion": release.least_api,
        "GitCommit": release.commit, "GoVersion": release.go_version, "Os": "linux", "Arch": "amd64", "KernelVersion": engine.machine.kernel.profile.release,
        "BuildTime": release.built, "Experimental": bool(engine.options.experimental),
    }  # fmt: skip


def version(docker: Docker, parsed: Parsed) -> Result:
    """docker version."""
    form = docker.form(parsed.text("format"))
    if form not in ("", "json"):
        try:
            check(form)
        except TemplateError as problem:
            docker.complain(f"template parsing error: {str(problem).replace('template: :', 'template: version:')}")
            return docker.result(64)
    client = _client(docker)
    server: dict[str, Any] | None = None
    status = 0
    try:
        server = _server(docker.engine)
    except Refusal as problem:
        docker.refused(problem)
        status = 1
    if form:
        return _formatted(docker, form, client, server, status)
    _print_client(docker, client)
    if server is not None:
        _print_server(docker, server)
    return docker.result(status)


def _as_go(facts: dict[str, Any], go_type: str) -> Struct:
    """With Go's name of the field that JSON spells otherwise."""
    named = {"APIVersion" if name == "ApiVersion" else name: value for name, value in facts.items()}
    return Struct(named, go_type, {"APIVersion": "ApiVersion"})


def _formatted(docker: Docker, form: str, client: dict[str, Any], server: dict[str, Any] | None, status: int) -> Result:
    whole = {"Client": _as_go(client, "command.clientVersion"), "Server": _as_go(server, "types.Version") if server is not None else None}
    if form == "json":
        docker.print(to_json(Struct(whole, "command.versionInfo")))
        return docker.result(status)
    try:
        docker.print(render(form, Struct(whole, "system.versionInfo" if docker.cli.family == "20.10" else "command.versionInfo")))
    except TemplateError as problem:
        docker.out.append("\n")
        docker.complain(str(problem).replace("template: :", "template: version:").replace('executing ""', 'executing "version"'))
        return docker.result(1)
    return docker.result(status)


def _print_client(docker: Docker, client: dict[str, Any]) -> None:
    older = client["ApiVersion"] != client["DefaultAPIVersion"]
    api = client["ApiVersion"] + (f" (downgraded from {client['DefaultAPIVersion']})" if older else "")
    rows = [
        ("Version", client["Version"]), ("API version", api), ("Go version", client["GoVersion"]), ("Git commit", client["GitCommit"]),
        ("Built", client["BuildTime"]), ("OS/Arch", f"{client['Os']}/{client['Arch']}"), ("Context", client["Context"]),
    ]  # fmt: skip
    if docker.cli.family == "20.10":
        rows.append(("Experimental", "true"))
    docker.print("Client:")
    for name, value in rows:
        docker.print(f" {name + ':':<18} {value}")


def _print_server(docker: Docker, server: dict[str, Any]) -> None:
    docker.print("\nServer:\n Engine:")
    rows = (
        ("Version", server["Version"]), ("API version", f"{server['ApiVersion']} (minimum version {server['MinAPIVersion']})"),
        ("Go version", server["GoVersion"]), ("Git commit", server["GitCommit"]), ("Built", server["BuildTime"]),
        ("OS/Arch", f"{server['Os']}/{server['Arch']}"), ("Experimental", str(server["Experimental"]).lower()),
    )  # fmt: skip
    for name, value in rows:
        docker.print(f"  {name + ':':<17} {value}")
    for component, number, commit in COMPONENTS:
        component = docker.engine.options.default_runtime if component == "runc" else component
        docker.print(f" {component}:\n  {'Version:':<17} {number}\n  {'GitCommit:':<17} {commit}")


def _counts(engine: Engine) -> tuple[int, int, int]:
    states = [container.state for container in engine.containers.values()]
    paused = sum(state.status == "paused" for state in states)
    running = sum(state.is_running and state.status != "paused" for state in states)
    return running, paused, len(states) - running - paused


def _pools(engine: Engine) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for text in engine.options.default_address_pools:
        fields = dict(part.partition("=")[::2] for part in text.split(","))
        found.append((fields.get("base", ""), int(fields.get("size", "0") or 0)))
    return found


def _facts(engine: Engine) -> dict[str, Any]:
    """`GET /info`."""
    running, paused, stopped = _counts(engine)
    release = shown(engine.profile)
    pools = [Struct({"Base": base, "Size": size}, "system.NetworkAddressPool") for base, size in _pools(engine)]
    plugins = {"Volume": ["local"], "Network": list(ALL_NETWORKS), "Authorization": None, "Log": list(release.log_drivers)}
    options = engine.options
    return {
        "ID": daemon_id(engine.id, engine.profile.id_in_groups), "Containers": running + paused + stopped, "ContainersRunning": running, "ContainersPaused": paused, "ContainersStopped": stopped,
        "Images": len(engine.images), "Driver": "vfs", "DriverStatus": [], "Plugins": Struct(plugins, "system.PluginsInfo"), "MemoryLimit": True,
        "IPv4Forwarding": engine.forwards(), "BridgeNfIptables": True, "BridgeNfIp6tables": True,
        "Debug": False, "LoggingDriver": "json-file", "CgroupDriver": "cgroupfs", "CgroupVersion": "1",
        "KernelVersion": engine.machine.kernel.profile.release, "OperatingSystem": "Debian GNU/Linux 12 (bookworm)", "OSType": "linux",
        "Architecture": "x86_64", "NCPU": 2, "DockerRootDir": "/var/lib/docker", "Name": engine.machine.name, "Labels": [],
        "ExperimentalBuild": bool(options.experimental), "ServerVersion": engine.profile.version + release.package, "DefaultRuntime": options.default_runtime,
        "Swarm": Struct(swarm_facts(engine), "swarm.Info"),
        "LiveRestoreEnabled": bool(options.live_restore), "InitBinary": "docker-init", "DefaultAddressPools": pools, "Warnings": None,
    }  # fmt: skip


def info(docker: Docker, parsed: Parsed) -> Result:
    """docker info."""
    form = docker.form(parsed.text("format"))
    facts: dict[str, Any] | None = None
    problem_text = ""
    try:
        facts = _facts(docker.engine)
    except Refusal as problem:
        problem_text = docker.worded(problem)
    if form:
        return _info_formatted(docker, form, facts, problem_text)
    older = docker.cli.family == "20.10"
    docker.print("Client:")
    if not older:
        docker.print(f" Version:    {docker.cli.version}")
    docker.print(f" Context:    {docker.context}\n Debug Mode: false")
    docker.print("\nServer:")
    if facts is None:
        docker.complain((f"ERROR: {problem_text}" if older else problem_text) + ("\nerrors pretty printing info" if older else ""))
        return docker.result(1)
    docker.out += [f" {line}\n" for line in _info_lines(docker, docker.engine, facts)]
    docker.print("")
    if not docker.engine.forwards():
        docker.complain("WARNING: IPv4 forwarding is disabled")
    return docker.result()


def _info_formatted(docker: Docker, form: str, facts: dict[str, Any] | None, problem_text: str) -> Result:
    client = Struct({"Debug": False, "Version": docker.cli.version, "Context": docker.context, "Plugins": [], "Warnings": None}, "system.clientInfo")
    whole = Struct({**(facts or {}), "ClientInfo": client}, "system.info" if docker.cli.family == "20.10" else "system.dockerInfo")
    if problem_text:
        docker.complain(problem_text)
    try:
        docker.print(to_json(whole) if form == "json" else render(form, whole))
    except TemplateError as problem:
        docker.out.append("\n")
        docker.complain(str(problem))
        return docker.result(1)
    return docker.result(int(facts is None))


def _info_lines(docker: Docker, engine: Engine, facts: dict[str, Any]) -> list[str]:
    older = engine.profile.version.startswith("20.10")
    plugins = facts["Plugins"]
    lines = [
        f"Containers: {facts['Containers']}", f" Running: {facts['ContainersRunning']}", f" Paused: {facts['ContainersPaused']}",
        f" Stopped: {facts['ContainersStopped']}", f"Images: {facts['Images']}", f"Server Version: {facts['ServerVersion']}", "Storage Driver: vfs",
        "Logging Driver: json-file", "Cgroup Driver: cgroupfs", "Cgroup Version: 1", "Plugins:", " Volume: local",
        f" Network: {' '.join(plugins['Network'])}", f" Log: {' '.join(plugins['Log'])}",
    ]  # fmt: skip
    if not older and docker.cli.family != "20.10":
        lines += ["CDI spec directories:", " /etc/cdi", " /var/run/cdi"] if engine.profile.version[:2] in ("28", "29") else []
    runtimes = "io.containerd.runc.v2 io.containerd.runtime.v1.linux runc" if older else "io.containerd.runc.v2 runc"
    runtimes = " ".join((runtimes, *(text.partition("=")[0] for text in engine.options.add_runtimes)))
    lines += [
        *swarm_lines(engine), f"Runtimes: {runtimes}", f"Default Runtime: {engine.options.default_runtime}", "Init Binary: docker-init", "containerd version: 1.6.20~ds1-1+deb12u3",
        "runc version: 1.1.5+ds1-1+deb12u1", "init version: ", "Security Options:", " seccomp", f"  Profile: {'default' if older else 'builtin'}",
        f"Kernel Version: {facts['KernelVersion']}", f"Operating System: {facts['OperatingSystem']}", "OSType: linux", "Architecture: x86_64", "CPUs: 2",
        f"Name: {facts['Name']}", f"ID: {facts['ID']}", "Docker Root Dir: /var/lib/docker", "Debug Mode: false",
        f"Experimental: {str(facts['ExperimentalBuild']).lower()}", "Insecure Registries:", *(() if older else (" ::1/128",)), " 127.0.0.0/8",
        f"Live Restore Enabled: {str(facts['LiveRestoreEnabled']).lower()}",
    ]  # fmt: skip
    pools = _pools(engine)
    if pools:
        lines += ["Default Address Pools:", *(f"  Base: {base}, Size: {size}" for base, size in pools)]
    return lines


FORMAT = (Flag("format", "f"),)
INFO_COMMANDS = (Subcommand("version", "[OPTIONS]", FORMAT, 0, 0, version), Subcommand("info", "[OPTIONS]", FORMAT, 0, 0, info))
