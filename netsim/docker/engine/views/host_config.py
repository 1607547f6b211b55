"""HostConfig: what was asked of the host a container runs on."""

from __future__ import annotations

from typing import Any

from netsim.docker.engine.container import Container
from netsim.docker.engine.views.release import READ_ONLY, Shown
from netsim.docker.settings import HostConfig

LIMITS = (
    ("CpuShares", 0), ("Memory", 0), ("NanoCpus", 0), ("CgroupParent", ""), ("BlkioWeight", 0), ("BlkioWeightDevice", ()), ("BlkioDeviceReadBps", ()),
    ("BlkioDeviceWriteBps", ()), ("BlkioDeviceReadIOps", ()), ("BlkioDeviceWriteIOps", ()), ("CpuPeriod", 0), ("CpuQuota", 0),
    ("CpuRealtimePeriod", 0), ("CpuRealtimeRuntime", 0), ("CpusetCpus", ""), ("CpusetMems", ""), ("Devices", ()), ("DeviceCgroupRules", None),
    ("DeviceRequests", None), ("KernelMemory", 0), ("KernelMemoryTCP", 0), ("MemoryReservation", 0), ("MemorySwap", 0), ("MemorySwappiness", None),
    ("OomKillDisable", False), ("PidsLimit", None), ("Ulimits", ()), ("CpuCount", 0), ("CpuPercent", 0), ("IOMaximumIOps", 0),
    ("IOMaximumBandwidth", 0),
)  # fmt: skip
"""Limits with their defaults, in the API's order."""
OF_THE_KERNEL = ("KernelMemory", "KernelMemoryTCP")


def host_config_view(container: Container, shown: Shown) -> dict[str, Any]:
    """A container's HostConfig (`container.HostConfig`)."""
    host = container.spec.host
    asked = dict(host.reported)
    view: dict[str, Any] = {
        "Binds": asked.get("Binds"), "ContainerIDFile": asked.get("ContainerIDFile", ""),
        "LogConfig": {"Type": asked.get("LogDriver", "json-file"), "Config": asked.get("LogOptions", {})},
        "NetworkMode": _mode(container, shown),
        "PortBindings": {
            str(port): [{"HostIp": one.host_ip, "HostPort": one.host_port} for one in bindings] for port, bindings in sorted(host.port_bindings.items())
        },
        "RestartPolicy": {"Name": host.restart.name, "MaximumRetryCount": host.restart.maximum}, "AutoRemove": bool(host.auto_remove),
        "VolumeDriver": asked.get("VolumeDriver", ""), "VolumesFrom": asked.get("VolumesFrom"), "ConsoleSize": [0, 0], "CapAdd": _caps(host.cap_add, shown),
        "CapDrop": _caps(host.cap_drop, shown), "CgroupnsMode": asked.get("CgroupnsMode", "host"), "Dns": list(host.dns),
        "DnsOptions": list(host.dns_options), "DnsSearch": list(host.dns_search), "ExtraHosts": list(host.extra_hosts) or None,
        "GroupAdd": asked.get("GroupAdd"), "IpcMode": asked.get("IpcMode", "private"), "Cgroup": "", "Links": _links(container),
        "OomScoreAdj": asked.get("OomScoreAdj", 0), "PidMode": host.pid_mode, "Privileged": bool(host.privileged),
        "PublishAllPorts": bool(host.publish_all), "ReadonlyRootfs": asked.get("ReadonlyRootfs", False), "SecurityOpt": _security(host, asked),
        "StorageOpt": asked.get("StorageOpt"), "Tmpfs": asked.get("Tmpfs"), "UTSMode": host.uts_mode, "UsernsMode": asked.get("UsernsMode", ""),
        "ShmSize": asked.get("ShmSize", 67108864), "Sysctls": dict(host.sysctls) or None, "Runtime": container.runtime, "Isolation": asked.get("Isolation", ""),
    }  # fmt: skip
    for name in ("StorageOpt", "Tmpfs", "Sysctls"):
        if view[name] is None:
            del view[name]
    if shown.console_late:
        view = _behind(view, "ConsoleSize", "Runtime")
    for name, default in LIMITS:
        if name not in OF_THE_KERNEL or shown.kernel_memory:
            value = asked.get(name, default)
            view[name] = list(value) if isinstance(value, tuple) else value
    if asked.get("Init"):
        view["Init"] = True
    if not host.privileged:
        view |= {"MaskedPaths": list(shown.masked), "ReadonlyPaths": list(READ_ONLY)}
    else:
        view |= {"MaskedPaths": None, "ReadonlyPaths": None}
    return view


def _behind(view: dict[str, Any], name: str, after: str) -> dict[str, Any]:
    moved = {}
    for key, value in view.items():
        if key != name:
            moved[key] = value
        if key == after:
            moved[name] = view[name]
    return moved


def _mode(container: Container, shown: Shown) -> str:
    return "bridge" if container.mode == "default" and not shown.keeps_default_mode else container.mode


def _caps(names: tuple[str, ...], shown: Shown) -> list[str] | None:
    if not names:
        return None
    bare = sorted({name.upper().removeprefix("CAP_") for name in names})
    return list(names) if shown.plain_caps else [name if name == "ALL" else f"CAP_{name}" for name in bare]


def _security(host: HostConfig, asked: dict[str, Any]) -> list[str] | None:
    if host.privileged:
        return ["label=disable"]
    found = list(asked.get("SecurityOpt") or ())
    if (asked.get("IpcMode") == "host" or host.pid_mode == "host") and not any(one.startswith("label=") for one in found):
        found.append("label=disable")
    return found or None


def _links(container: Container) -> list[str] | None:
    """Legacy links: `/TARGET:/CONTAINER/ALIAS`."""
    return [f"/{target.name}:/{container.name}/{alias}" for alias, target in container.links.items()] or None
