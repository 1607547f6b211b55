"""What a daemon looks at of a request beside networks: loggers, isolation, places for temporary files, graphics cards (`verifyContainerSettings`, `createSpec`)."""

from __future__ import annotations

from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.release import shown
from netsim.docker.errors import failed, invalid
from netsim.docker.settings import ContainerSpec


def check_beside(engine: Engine, spec: ContainerSpec) -> None:
    """What is seen to when a container is created."""
    reported = spec.host.reported
    isolation = str(reported.get("Isolation") or "")
    if isolation.lower() not in ("", "default"):
        raise invalid(f"{engine.profile.ipc_problem} isolation: \"{isolation}\" - linux only supports 'default'")
    driver = str(reported.get("LogDriver") or "json-file")
    if driver not in ("none", *shown(engine.profile).log_drivers):
        raise failed(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    places = reported.get("Tmpfs")
    for place in places if isinstance(places, dict) else ():
        if not place.startswith("/"):
            raise invalid(f"invalid mount path: '{place}' mount path must be absolute")


def check_cards(spec: ContainerSpec) -> None:
    """When it starts: no driver knows graphics cards."""
    if spec.host.reported.get("DeviceRequests"):
        raise failed('could not select device driver "" with capabilities: [[gpu]]')
