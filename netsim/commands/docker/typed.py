"""The API's structures as the command knows them: `--format` sees these first, and what the daemon really sent only when they do not do.

A release reads what it knows, in its own order and under Go's names; what the daemon did not send is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

import attrs

from netsim.commands.docker.profile import CliProfile
from netsim.commands.docker.template import NIL, ByPort, Moment, NilList, NilMap, Pointed, Pointers, Struct, Texts


class Reader(Protocol):
    """Reads a value that the daemon sent."""

    def read(self, sent: Any) -> Any:
        """The value as the command has it."""


@attrs.frozen
class Shape:
    """A Go structure: its type, its fields in order, and how the values of some are read.

    A field is `Name`, `Name=json` where JSON spells it differently, with `?` behind where an empty one is left out of JSON. What stands between `{` and
    `}` is a structure embedded in this one.
    """

    go_type: str
    fields: str
    parts: Mapping[str, Reader] = attrs.field(factory=dict)
    zeros: Mapping[str, Any] = attrs.field(factory=dict)
    made: type[Struct] = Struct

    def read(self, sent: Any) -> Any:
        """The structure out of what the daemon sent; None for nothing."""
        if not isinstance(sent, dict):
            return None
        names, optional, embedded = _laid_out(self.fields)
        zeros, parts = self.zeros, self.parts
        values: dict[str, Any] = {}
        for name, json_name in names.items():
            value = sent.get(json_name)
            if value is None and json_name not in sent:
                value = zeros.get(name)
            part = parts.get(name) if value is not None else None
            values[name] = part.read(value) if part is not None else empty(name, value)
        return self.made(values, self.go_type, names, [name for name in optional if not values[name]], embedded)


@lru_cache(maxsize=64)
def _laid_out(fields: str) -> tuple[Mapping[str, str], tuple[str, ...], tuple[tuple[str, str], ...]]:
    """A shape's fields: Go's name -> JSON's, those left out where they are empty, and first and last of each structure embedded."""
    names: dict[str, str] = {}
    optional: list[str] = []
    embedded: list[tuple[str, str]] = []
    begin = ""
    for field in fields.split():
        if field == "{":
            begin = ""
        elif field == "}":
            embedded.append((begin, next(reversed(names))))
        else:
            name, _, json_name = field.rstrip("?").partition("=")
            names[name] = json_name or name
            begin = begin or name
            if field.endswith("?"):
                optional.append(name)
    return names, tuple(optional), tuple(embedded)


SLICES = frozenset(["Links", "Aliases", "DNSNames", "LinkLocalIPs", "DNS", "DNSOptions", "DNSSearch", "ExtraHosts", "GroupAdd", "CapAdd", "CapDrop", "SecurityOpt", "Binds", "VolumesFrom", "Env", "Cmd", "Entrypoint", "OnBuild", "ExecIDs", "Args", "MaskedPaths", "ReadonlyPaths", "Devices", "DeviceCgroupRules", "DeviceRequests", "Ulimits", "Config", "Mounts", "RepoTags", "SecondaryIPAddresses", "SecondaryIPv6Addresses", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps"])  # fmt: skip
MAPS = frozenset(
    [
        "DriverOpts",
        "Volumes",
        "ExposedPorts",
        "Labels",
        "Options",
        "Ports",
        "PortBindings",
        "Networks",
        "Containers",
        "AuxAddress",
        "StorageOpt",
        "Tmpfs",
        "Sysctls",
        "Data",
    ]
)


TEXTS = frozenset(["Labels", "Options", "DriverOpts", "Sysctls", "StorageOpt", "Tmpfs", "AuxAddress"])
"""Maps to text (`map[string]string`)."""
SETS = frozenset(["ExposedPorts", "Volumes"])
"""Maps whose values say nothing (`map[string]struct{}`)."""
POINTERS = frozenset(["IPAMConfig", "Health", "Healthcheck", "Init", "PidsLimit", "MemorySwappiness", "OomKillDisable", "StopTimeout"])


def empty(name: str, value: Any) -> Any:
    """A value that needs no reading; nothing at all is a slice, map or pointer that is nil where the field is one."""
    if name in TEXTS and isinstance(value, dict):
        return Texts(value)
    if value is not None:
        return {key: Struct({}, "struct {}") for key in value} if name in SETS else value
    if name in SLICES:
        return NilList()
    return NilMap() if name in MAPS else NIL if name in POINTERS else None


@attrs.frozen
class MapOf:
    """A map to structures."""

    shape: Shape

    def read(self, sent: Any) -> Any:
        """Every value read."""
        kind = Pointers if self.shape.made is Pointed else dict
        return kind({name: self.shape.read(value) for name, value in sent.items()}) if isinstance(sent, dict) else sent


@attrs.frozen
class ListOf:
    """A list of structures."""

    shape: Shape

    def read(self, sent: Any) -> Any:
        """Every item read."""
        return [self.shape.read(value) for value in sent] if isinstance(sent, list) else sent


BINDING = Shape("nat.PortBinding", "HostIP=HostIp HostPort")


@attrs.frozen
class PortMap:
    """Port -> its bindings or nothing."""

    def read(self, sent: Any) -> Any:
        """Every binding read."""
        if not isinstance(sent, dict):
            return sent
        return ByPort({name: [BINDING.read(one) for one in value] if value is not None else NilList() for name, value in sent.items()})


IPAM_CONFIG = Shape(
    "network.EndpointIPAMConfig", "IPv4Address? IPv6Address? LinkLocalIPs?", zeros={"IPv4Address": "", "IPv6Address": ""}, made=Pointed
)
ENDPOINT_ZEROS = {
    "MacAddress": "", "GwPriority": 0, "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "",
    "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0,
}  # fmt: skip
ADDRESSES = "NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen"
ENDPOINTS = {
    "20.10": f"IPAMConfig Links Aliases {ADDRESSES} MacAddress DriverOpts",
    "28": f"IPAMConfig Links Aliases MacAddress DriverOpts GwPriority {ADDRESSES} DNSNames",
}
SECOND_HALF = (
    "HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen%s SecondaryIPAddresses SecondaryIPv6Addresses } { EndpointID Gateway GlobalIPv6Address "
    "GlobalIPv6PrefixLen IPAddress IPPrefixLen IPv6Gateway MacAddress } Networks"
)
SETTINGS = {
    "20.10": "{ Bridge SandboxID " + SECOND_HALF % " Ports SandboxKey",
    "28": "{ Bridge SandboxID SandboxKey Ports " + SECOND_HALF % "",
}
SETTINGS_ZEROS = {
    "Bridge": "", "SandboxID": "", "SandboxKey": "", "HairpinMode": False, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0,
    **{name: zero for name, zero in ENDPOINT_ZEROS.items() if name not in ("GwPriority", "NetworkID")},
}  # fmt: skip
STATE = Shape("types.ContainerState", "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt Health?")
CONFIG = Shape(
    "container.Config",
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts? Tty OpenStdin StdinOnce Env Cmd Healthcheck? ArgsEscaped? Image "
    "Volumes WorkingDir Entrypoint NetworkDisabled? MacAddress? OnBuild Labels StopSignal? StopTimeout? Shell?",
    zeros={"MacAddress": "", "StopSignal": "", "ArgsEscaped": False, "NetworkDisabled": False},
)
LIMITS = (
    "CPUShares=CpuShares Memory NanoCPUs=NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps "
    "BlkioDeviceReadIOps BlkioDeviceWriteIOps CPUPeriod=CpuPeriod CPUQuota=CpuQuota CPURealtimePeriod=CpuRealtimePeriod "
    "CPURealtimeRuntime=CpuRealtimeRuntime CpusetCpus CpusetMems Devices DeviceCgroupRules DeviceRequests{} MemoryReservation MemorySwap "
    "MemorySwappiness OomKillDisable PidsLimit Ulimits CPUCount=CpuCount CPUPercent=CpuPercent IOMaximumIOps IOMaximumBandwidth"
)
HOST = (
    "Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver VolumesFrom {} CapAdd CapDrop CgroupnsMode DNS=Dns "
    "DNSOptions=DnsOptions DNSSearch=DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs "
    "SecurityOpt StorageOpt? Tmpfs? UTSMode UsernsMode ShmSize Sysctls? Runtime? {} Isolation {} Mounts? MaskedPaths ReadonlyPaths Init?"
)
HOSTS = {
    "20.10": HOST.format("", "ConsoleSize", LIMITS.format(" KernelMemory KernelMemoryTCP")),
    "28": HOST.format("ConsoleSize", "", LIMITS.format(" KernelMemory? KernelMemoryTCP?")),
}
ULIMIT = Shape("units.Ulimit", "Name Hard Soft")
LOG = Shape("container.LogConfig", "Type Config")
RESTART = Shape("container.RestartPolicy", "Name MaximumRetryCount")
GRAPH = Shape("storage.DriverData", "Data Name")
WHOLE = (
    "ID=Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver Platform MountLabel ProcessLabel "
    "AppArmorProfile ExecIDs HostConfig GraphDriver SizeRw? SizeRootFs? Mounts Config NetworkSettings"
)
SUBNET = Shape("network.IPAMConfig", "Subnet? IPRange? Gateway? AuxAddress=AuxiliaryAddresses?", zeros={"Subnet": "", "IPRange": "", "Gateway": ""})
IPAM = Shape("network.IPAM", "Driver Options Config", {"Config": ListOf(SUBNET)})
MEMBER = Shape("network.EndpointResource", "Name EndpointID MacAddress IPv4Address IPv6Address")
NETWORKS = {"20.10": "EnableIPv6", "28": "EnableIPv4 EnableIPv6"}


MOUNT = Shape("types.MountPoint", "Type Name? Source Destination Driver? Mode RW Propagation", zeros={"Name": "", "Driver": "", "Source": ""})


def container(cli: CliProfile, sent: dict[str, Any]) -> Any:
    """A container."""
    endpoint = Shape("network.EndpointSettings", ENDPOINTS[cli.family], {"IPAMConfig": IPAM_CONFIG}, ENDPOINT_ZEROS, Pointed)
    settings = Shape("container.NetworkSettings", SETTINGS[cli.family], {"Ports": PortMap(), "Networks": MapOf(endpoint)}, SETTINGS_ZEROS)
    host = Shape(
        "container.HostConfig",
        HOSTS[cli.family],
        {"LogConfig": LOG, "RestartPolicy": RESTART, "PortBindings": PortMap(), "Ulimits": ListOf(ULIMIT)},
    )
    parts: dict[str, Reader] = {
        "State": STATE,
        "HostConfig": host,
        "GraphDriver": GRAPH,
        "Config": CONFIG,
        "NetworkSettings": settings,
        "Mounts": ListOf(MOUNT),
    }
    return Shape("container.InspectResponse", WHOLE, parts).read(sent)


class Times:
    """Moments."""

    def read(self, sent: Any) -> Any:
        """The moment."""
        return Moment(sent)


def network(cli: CliProfile, sent: dict[str, Any]) -> Any:
    """A network."""
    config_from = Shape("network.ConfigReference", "Network")
    fields = f"Name ID=Id Created Scope Driver {NETWORKS[cli.family]} IPAM Internal Attachable Ingress ConfigFrom ConfigOnly Containers Options Labels Peers? Services?"
    parts: dict[str, Reader] = {"Created": Times(), "IPAM": IPAM, "ConfigFrom": config_from, "Containers": MapOf(MEMBER)}
    return Shape("network.Inspect", fields, parts, {"EnableIPv4": False}).read(sent)


VOLUME = Shape("volume.Volume", "ClusterVolume? CreatedAt Driver Labels Mountpoint Name Options Scope Status? UsageData?")


def volume(cli: CliProfile, sent: dict[str, Any]) -> Any:
    """A volume."""
    return VOLUME.read(sent)


IMAGE_CONFIG = Shape(
    "v1.DockerOCIImageConfig", "User? ExposedPorts? Env? Entrypoint? Cmd? Volumes? WorkingDir? Labels? StopSignal? ArgsEscaped? Healthcheck? OnBuild? Shell?",
    zeros={"User": "", "WorkingDir": "", "StopSignal": "", "ArgsEscaped": False},
)  # fmt: skip


def image(cli: CliProfile, sent: dict[str, Any]) -> Any:
    """An image."""
    fields = "ID=Id RepoTags RepoDigests Parent Comment Created DockerVersion Author Config Architecture Os Size GraphDriver RootFS Metadata"
    return Shape("image.InspectResponse", fields, {"Config": CONFIG if cli.family == "20.10" else IMAGE_CONFIG, "GraphDriver": GRAPH}).read(sent)
