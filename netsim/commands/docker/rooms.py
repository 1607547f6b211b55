"""Where each subcommand of docker is: most are never typed, and their rooms are loaded when they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module

from netsim.commands.docker.session import Subcommand

ROOMS: Mapping[str, tuple[str, ...]] = {
    "run:RUN_COMMANDS": ("run", "create", "exec",),
    "lifecycle:LIFECYCLE_COMMANDS": ("start", "stop", "restart", "kill", "pause", "unpause", "rm", "rename", "wait", "top",),
    "ps:LIST_COMMANDS": ("ps",),
    "inspect:INSPECT_COMMANDS": ("inspect", "container inspect", "image inspect", "service inspect", "node inspect", "volume inspect", "network inspect",),
    "logs:LOG_COMMANDS": ("logs",),
    "events:EVENT_COMMANDS": ("events",),
    "images:IMAGE_COMMANDS": ("images", "rmi", "pull",),
    "build:BUILD_COMMANDS": ("build", "tag",),
    "info:INFO_COMMANDS": ("version", "info",),
    "networks:NETWORK_COMMANDS": ("network create", "network ls", "network rm", "network connect", "network disconnect",),
    "volumes:VOLUME_COMMANDS": ("volume create", "volume ls", "volume rm",),
    "copy:COPY_COMMANDS": ("cp",),
    "change:CHANGE_COMMANDS": ("update", "commit",),
    "prune:PRUNE_COMMANDS": ("network prune", "container prune", "image prune", "volume prune", "system prune",),
    "swarm.swarm:SWARM_COMMANDS": ("swarm init", "swarm join", "swarm leave", "swarm join-token", "swarm update", "swarm unlock", "swarm unlock-key",),
    "swarm.node:NODE_COMMANDS": ("node ls", "node ps", "node update", "node promote", "node demote", "node rm",),
    "swarm.service:SERVICE_COMMANDS": ("service create", "service ls", "service ps", "service scale", "service update", "service rollback", "service rm", "service logs",),
    "elsewhere:ELSEWHERE_COMMANDS": ("stack deploy", "stack ls", "stack ps", "stack rm", "stack services", "swarm ca", "config create", "config inspect", "config ls", "config rm", "secret create", "secret inspect", "secret ls", "secret rm", "stack config", "volume update", "checkpoint", "manifest", "trust",),
    "archives:ARCHIVE_COMMANDS": ("export", "import", "save", "load",),
    "history:HISTORY_COMMANDS": ("history", "diff",),
    "stats:STATS_COMMANDS": ("stats",),
    "attach:ATTACH_COMMANDS": ("attach",),
    "contexts:CONTEXT_COMMANDS": ("context ls", "context show", "context use", "context inspect", "context create", "context update", "context rm", "context export", "context import",),
    "disk:DISK_COMMANDS": ("system df", "builder prune",),
    "port:PORT_COMMANDS": ("port",),
    "registries:REGISTRY_COMMANDS": ("login", "logout", "push", "search", "plugin ls",),
}  # fmt: skip
"""Rooms, each with the name of what it has, and the subcommands by their words after `docker`."""
PLACES = {path: place for place, paths in ROOMS.items() for path in paths}


@lru_cache(maxsize=1024)
def subcommand(path: str) -> Subcommand:
    """A subcommand by its words; KeyError where there is none."""
    room, _, name = PLACES[path].partition(":")
    found: tuple[Subcommand, ...] = getattr(import_module(f"netsim.commands.docker.{room}"), name)
    return next(command for command in found if command.path == path)


class Subcommands(Mapping[str, Subcommand]):
    """All of them by their words."""

    __slots__ = ()

    def __getitem__(self, path: str) -> Subcommand:
        return subcommand(path)

    def __contains__(self, path: object) -> bool:
        return path in PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


COMMANDS = Subcommands()
