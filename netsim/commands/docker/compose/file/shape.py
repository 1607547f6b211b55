"""A project as `docker compose config` shows it: which keys come in which order, and what is left out (the structs of compose-go `types`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from netsim.commands.docker.compose.file import durations
from netsim.commands.docker.compose.file.project import Project

SERVICE = [
    "profiles",
    "annotations",
    "attach",
    "build",
    "develop",
    "blkio_config",
    "cap_add",
    "cap_drop",
    "cgroup_parent",
    "cgroup",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpus",
    "cpuset",
    "cpu_shares",
    "command",
    "configs",
    "container_name",
    "credential_spec",
    "depends_on",
    "deploy",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "dockerfile",
    "domainname",
    "entrypoint",
    "provider",
    "environment",
    "env_file",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "group_add",
    "gpus",
    "hostname",
    "healthcheck",
    "image",
    "init",
    "ipc",
    "isolation",
    "labels",
    "label_file",
    "links",
    "logging",
    "log_driver",
    "log_opt",
    "mem_limit",
    "mem_reservation",
    "memswap_limit",
    "mem_swappiness",
    "mac_address",
    "models",
    "net",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "ports",
    "privileged",
    "pull_policy",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volume_driver",
    "volumes",
    "volumes_from",
    "working_dir",
    "post_start",
    "pre_stop",
]
ORDERS: Mapping[str, list[str]] = {
    "ports": ["name", "mode", "host_ip", "target", "published", "protocol", "app_protocol"],
    "depends_on": ["condition", "restart", "required"],
    "healthcheck": ["test", "timeout", "interval", "retries", "start_period", "start_interval", "disable"],
    "build": [
        "context",
        "dockerfile",
        "dockerfile_inline",
        "entitlements",
        "args",
        "provenance",
        "sbom",
        "ssh",
        "cache_from",
        "cache_to",
        "no_cache",
        "additional_contexts",
        "pull",
        "extra_hosts",
        "isolation",
        "network",
        "target",
        "secrets",
        "shm_size",
        "tags",
        "ulimits",
        "platforms",
        "privileged",
        "labels",
    ],
    "networks": [
        "aliases",
        "driver_opts",
        "gw_priority",
        "interface_name",
        "ipv4_address",
        "ipv6_address",
        "link_local_ips",
        "mac_address",
        "priority",
    ],
    "bind": [],
    "volumes": ["type", "source", "target", "read_only", "consistency", "bind", "volume", "tmpfs", "image"],
    "secrets": ["source", "target", "uid", "gid", "mode"],
    "configs": ["source", "target", "uid", "gid", "mode"],
    "deploy": ["mode", "replicas", "labels", "update_config", "rollback_config", "resources", "restart_policy", "placement", "endpoint_mode"],
    "logging": ["driver", "options"],
}
NETWORK = ["name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels", "enable_ipv4", "enable_ipv6"]
VOLUME = ["name", "driver", "driver_opts", "external", "labels"]
FILE = ["name", "file", "environment", "content", "external", "labels", "driver", "driver_opts", "template_driver"]
SUBNET = ["subnet", "gateway", "ip_range", "aux_addresses"]
UNITS = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?", re.IGNORECASE)
SIZES = ("mem_limit", "mem_reservation", "memswap_limit", "shm_size")
TEXTS = ("subnet", "gateway", "ip_range")
FALSE_IS_TOLD = ("init", "attach", "required", "create_host_path", "enable_ipv4", "enable_ipv6")
EMPTY_IS_TOLD = ("command", "entrypoint", "volume", "tmpfs", "bind", "deploy")


def shaped(project: Project) -> dict[str, Any]:
    """The whole project."""
    done: dict[str, Any] = {"name": project.name, "services": {name: service(one) for name, one in sorted(project.services.items())}}
    for section, order in (("networks", NETWORK), ("volumes", VOLUME), ("secrets", FILE), ("configs", FILE)):
        found = getattr(project, section)
        if found:
            done[section] = {name: network(one) if section == "networks" else _ordered(one, order) for name, one in sorted(found.items())}
    return {**done, **{key: _sorted(value) for key, value in sorted(project.extensions.items())}}


def service(one: Mapping[str, Any]) -> dict[str, Any]:
    """A service."""
    done = dict(one)
    for name, order in ORDERS.items():
        if name in ("depends_on", "networks") and done.get(name):
            done[name] = {key: None if each is None else _ordered(each, order) for key, each in sorted(done[name].items())}
        elif isinstance(done.get(name), list):
            done[name] = [_ordered(each, order) for each in done[name]]
        elif isinstance(done.get(name), dict):
            done[name] = _ordered(done[name], order)
    for name in SIZES:
        if name in done:
            done[name] = size(done[name])
    if "stop_grace_period" in done:
        done["stop_grace_period"] = durations.written(done["stop_grace_period"])
    if "healthcheck" in done:
        spans = ("timeout", "interval", "start_period", "start_interval")
        done["healthcheck"] = {key: durations.written(each) if key in spans else each for key, each in done["healthcheck"].items()}
    for volume in done.get("volumes", ()):
        if "bind" in volume:
            volume["bind"] = {key: volume["bind"][key] for key in ("propagation", "selinux", "create_host_path") if key in volume["bind"]}
    if "ulimits" in done:
        done["ulimits"] = {
            key: {name: each[name] for name in ("single", "soft", "hard") if name in each} if isinstance(each, dict) else each
            for key, each in sorted(done["ulimits"].items())
        }  # fmt: skip
    limits = (done.get("deploy") or {}).get("resources") or {}
    if limits:
        done["deploy"] = {**done["deploy"], "resources": {key: _limits(each) for key, each in limits.items()}}
    return _ordered(done, SERVICE)


def _limits(limits: Any) -> Any:
    if not isinstance(limits, dict):
        return limits
    done = dict(limits)
    if "memory" in done:
        done["memory"] = size(done["memory"])
    if "cpus" in done:
        done["cpus"] = float(done["cpus"])
    return done


def size(text: Any) -> str:
    """An amount of memory in bytes."""
    found = UNITS.fullmatch(str(text))
    return str(text) if found is None else str(int(float(found[1]) * 1024 ** " kmgtp".index(found[2].lower() or " ")))


def network(one: Mapping[str, Any]) -> dict[str, Any]:
    """A network."""
    return _ordered(_ipam(one), NETWORK)


def network_json(one: Mapping[str, Any]) -> dict[str, Any]:
    """A network as it is written in JSON: `ipam` is there even when nothing is said about it."""
    full = {**one, "ipam": one.get("ipam", {})}
    return {key: full[key] for key in (*(key for key in NETWORK if key in full), *sorted(key for key in full if key not in NETWORK))}


def go_json(value: Any, indent: int | None = None) -> str:
    """JSON as Go writes it: without blanks, or indented; what is special to HTML is escaped."""
    text = json.dumps(value, indent=indent, separators=None if indent else (",", ":"), ensure_ascii=False)
    for char, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escape)
    return text


def _ipam(network: Mapping[str, Any]) -> Mapping[str, Any]:
    ipam = network.get("ipam")
    if not isinstance(ipam, dict):
        return network
    kept = {key: ipam[key] for key in ("driver",) if ipam.get(key)}
    if ipam.get("config"):
        kept["config"] = [_ordered(one, SUBNET) for one in ipam["config"]]
    return {**network, "ipam": kept}


def _ordered(one: Mapping[str, Any], order: list[str]) -> dict[str, Any]:
    """Keys in the order of the struct, then extensions; what is empty or false is left out as the struct leaves it out."""
    keys = [key for key in order if key in one] + sorted(key for key in one if key not in order)
    return {key: _sorted(one[key]) if key not in ORDERS and key not in ("ipam", "ulimits") else one[key] for key in keys if _is_told(key, one[key])}


def _is_told(key: str, value: Any) -> bool:
    if value is None or value == "":
        return False
    if value is False:
        return key in FALSE_IS_TOLD
    if value in ([], {}):
        return key in EMPTY_IS_TOLD
    return not (value == 0 and value is not False and key in ("priority", "gw_priority"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def escaped(value: Any) -> Any:
    """A tree whose dollars are written twice, so that it can be read again."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: escaped(one) for key, one in value.items()}
    return [escaped(one) for one in value] if isinstance(value, list) else value
