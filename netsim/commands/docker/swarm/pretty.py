"""`--pretty`: nodes and services as text (docker/cli `node/formatter.go`, `service/formatter.go`)."""

from __future__ import annotations

from typing import Any

from netsim.docker.swarm.member import Member

SECONDS = 1_000_000_000


def node_text(view: dict[str, Any]) -> str:
    """A node."""
    spec, description, status = view["Spec"], view["Description"], view["Status"]
    lines = [f"ID:\t\t\t{view['ID']}"]
    if spec["Labels"]:
        lines += ["Labels:", *(f" - {name}={value}" for name, value in sorted(spec["Labels"].items()))]
    lines += [
        f"Hostname:              \t{description['Hostname']}", f"Joined at:             \t{_moment(view['CreatedAt'])}", "Status:",
        f" State:\t\t\t{status['State'].capitalize()}",
    ]  # fmt: skip
    if status.get("Message"):
        lines.append(f" Message:\t\t{status['Message'].capitalize()}")
    lines += [f" Availability:         \t{spec['Availability'].capitalize()}", f" Address:\t\t{status['Addr']}"]
    if "ManagerStatus" in view:
        manager = view["ManagerStatus"]
        lines += [
            "Manager Status:", f" Address:\t\t{manager['Addr']}", f" Raft Status:\t\t{manager['Reachability'].capitalize()}",
            f" Leader:\t\t{'Yes' if manager.get('Leader') else 'No'}",
        ]  # fmt: skip
    lines += ["Platform:", f" Operating System:\t{description['Platform']['OS']}", f" Architecture:\t\t{description['Platform']['Architecture']}"]
    lines += ["Resources:", f" CPUs:\t\t\t{description['Resources']['NanoCPUs'] // SECONDS}", "Plugins:"]
    plugins = description["Engine"]["Plugins"]
    for kind in ("Log", "Network", "Volume"):
        lines.append(f" {kind}:\t\t{', '.join(one['Name'] for one in plugins if one['Type'] == kind)}")
    lines.append(f"Engine Version:\t\t{description['Engine']['EngineVersion']}")
    return "\n".join(lines) + "\n"


def _moment(text: str) -> str:
    """2026-01-01 00:00:00.5 +0000 utc."""
    return text.replace("T", " ").removesuffix("Z") + " +0000 utc"


def service_text(member: Member, view: dict[str, Any]) -> str:
    """A service."""
    spec = view["Spec"]
    template = spec["TaskTemplate"]
    kind = next(iter(spec["Mode"]))
    lines = ["", f"ID:\t\t{view['ID']}", f"Name:\t\t{spec['Name']}"]
    if spec["Labels"]:
        lines += ["Labels:", *(f" {name}={value}" for name, value in sorted(spec["Labels"].items()))]
    lines.append(f"Service Mode:\t{kind}")
    if kind == "Replicated":
        lines.append(f" Replicas:\t{spec['Mode'][kind]['Replicas']}")
    if "UpdateStatus" in view:
        update = view["UpdateStatus"]
        lines += ["UpdateStatus:", f" State:\t\t{update['State']}", f" Message:\t{update['Message']}"]
    lines.append("Placement:")
    if template["Placement"].get("Constraints"):
        lines.append(f" Constraints:\t{template['Placement']['Constraints']}".replace("'", "").replace(",", ""))
    if template["Placement"].get("MaxReplicas"):
        lines.append(f" Max Replicas Per Node:   {template['Placement']['MaxReplicas']}")
    lines += [*_config("UpdateConfig", "Update", spec["UpdateConfig"]), *_config("RollbackConfig", "Rollback", spec["RollbackConfig"])]
    lines += _container(template["ContainerSpec"])
    lines.append("Resources:")
    if template.get("Networks"):
        lines.append(f"Networks: {' '.join(_network(member, one['Target']) for one in template['Networks'])} ")
    lines.append(f"Endpoint Mode:\t{view['Endpoint']['Spec']['Mode']}")
    if view["Endpoint"].get("Ports"):
        lines.append("Ports:")
    for port in view["Endpoint"].get("Ports", ()):
        lines += [
            f" PublishedPort = {port.get('PublishedPort', 0)}", f"  Protocol = {port['Protocol']}", f"  TargetPort = {port['TargetPort']}",
            f"  PublishMode = {port['PublishMode']} ",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _network(member: Member, target: str) -> str:
    network = member.state().networks.get(target)
    return network.name if network is not None else target


def _config(title: str, what: str, config: dict[str, Any]) -> list[str]:
    delay = [f" Delay:\t\t{config['Delay'] // SECONDS}s"] if config.get("Delay") else []
    return [
        f"{title}:", f" Parallelism:\t{config['Parallelism']}", *delay, f" On failure:\t{config['FailureAction']}", " Monitoring Period: 5s",
        " Max failure ratio: 0", f" {what + ' order:':<18} {config['Order']}",
    ]  # fmt: skip


def _container(part: dict[str, Any]) -> list[str]:
    lines = ["ContainerSpec:", f" Image:\t\t{part['Image']}"]
    if part.get("Args"):
        lines.append(f" Args:\t\t{' '.join(part['Args'])} ")
    if part.get("Env"):
        lines.append(f" Env:\t\t{' '.join(part['Env'])} ")
    if part.get("Dir"):
        lines.append(f" Dir:\t\t{part['Dir']}")
    if part.get("User"):
        lines.append(f" User: {part['User']}")
    return [*lines, f" Init:\t\t{str(part['Init']).lower()}"]
