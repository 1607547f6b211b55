"""Which parts of a project netsim reads without doing anything about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netsim.commands.docker.compose.file.project import Project

DONE = frozenset(
    [
        "image",
        "command",
        "entrypoint",
        "environment",
        "expose",
        "ports",
        "networks",
        "network_mode",
        "links",
        "external_links",
        "depends_on",
        "dns",
        "dns_opt",
        "dns_search",
        "extra_hosts",
        "hostname",
        "domainname",
        "container_name",
        "labels",
        "scale",
        "profiles",
        "mac_address",
        "cap_add",
        "cap_drop",
        "privileged",
        "restart",
        "stop_signal",
        "stop_grace_period",
        "sysctls",
        "tty",
        "stdin_open",
        "working_dir",
        "uts",
        "attach",
        "healthcheck",
        "volumes",
        "tmpfs",
        "user",
        "read_only",
        "init",
        "security_opt",
        "group_add",
        "ipc",
        "ulimits",
    ]
)
"""Keys of a service that something comes of."""
DEPLOY = frozenset(("replicas", "restart_policy"))
VOLUME = frozenset(("name", "external", "labels"))
NETWORK = frozenset(["name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels", "enable_ipv4", "enable_ipv6"])


def unmodelled(project: Project, services: Sequence[str]) -> Iterator[str]:
    """`docker compose: services.web.volumes` and so on."""
    for name in services:
        service = project.services[name]
        for key in sorted(service):
            if key == "deploy":
                for part in sorted(set(service["deploy"] or {}) - DEPLOY):
                    yield f"docker compose: services.{name}.deploy.{part}"
            elif key not in DONE and not key.startswith("x-") and service[key] not in (None, False, [], {}):
                yield f"docker compose: services.{name}.{key}"
    for section in ("secrets", "configs"):
        for key in getattr(project, section):
            yield f"docker compose: {section}.{key}"
    for key, volume in project.volumes.items():
        for part in sorted(set(volume) - VOLUME):
            yield f"docker compose: volumes.{key}.{part}"
    for key, network in project.networks.items():
        for part in sorted(set(network) - NETWORK):
            if not part.startswith("x-"):
                yield f"docker compose: networks.{key}.{part}"
