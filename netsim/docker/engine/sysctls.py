"""`--sysctl` of one interface: it belongs to an endpoint since API 1.46 (`handleSysctlBC`)."""

from __future__ import annotations

import attrs

from netsim.docker.cnm.interface import SYSCTL_OPTION
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import failed, invalid
from netsim.docker.settings import ContainerSpec, EndpointSettings


def moved(engine: Engine, spec: ContainerSpec) -> tuple[ContainerSpec, str]:
    """The request with settings of `eth0` moved to the endpoint of its first network, and the warning that says so (27); 28 wants them there from
    the beginning, and 20.10 leaves them to the runtime."""
    kind = spec.host.network_mode.partition(":")[0]
    if not engine.profile.sets_endpoint_sysctls or kind in ("host", "container"):
        return spec, ""
    mine = {key: key.split(".", 4) for key in spec.host.sysctls}
    mine = {key: parts for key, parts in mine.items() if len(parts) == 5 and parts[0] == "net" and parts[3].startswith("eth")}
    if not mine:
        return spec, ""
    name = "bridge" if spec.host.network_mode == "default" else spec.host.network_mode
    for key, parts in mine.items():
        if engine.profile.knows_gateway_priority:
            raise failed(f"interface specific sysctl setting \"{key}\" must be supplied using driver option '{SYSCTL_OPTION}'")
        if spec.networks and name not in spec.networks:
            raise invalid(
                f"unable to find a network for sysctl {key}: HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks"
            )
        if parts[3] != "eth0":
            raise failed(f"unable to determine network endpoint for sysctl {key}, use driver option '{SYSCTL_OPTION}' to set per-interface sysctls")
    settings = spec.networks.get(name, EndpointSettings())
    there = ",".join(f"net.{parts[1]}.{parts[2]}.IFNAME.{parts[4]}={spec.host.sysctls[key]}" for key, parts in mine.items())
    before = settings.driver_opts.get(SYSCTL_OPTION)
    option = there if before is None else f"{there},{before}"
    settings = attrs.evolve(settings, driver_opts={**settings.driver_opts, SYSCTL_OPTION: option})
    host = attrs.evolve(spec.host, sysctls={key: value for key, value in spec.host.sysctls.items() if key not in mine})
    warning = f'Migrated sysctl "{",".join(mine)}" to DriverOpts{{"{SYSCTL_OPTION}":"{there}"}}.'
    return attrs.evolve(spec, host=host, networks={**spec.networks, name: settings}), warning
