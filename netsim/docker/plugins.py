"""What the engine asks of those who reach plugins: drivers that live outside of it (`pkg/plugins`, `libnetwork/drivers/remote`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs

from netsim.docker.errors import failed, not_found

NETWORK, IPAM = "NetworkDriver", "IpamDriver"


class Plugins(Protocol):
    """Reaches plugins by name. What goes wrong is a Refusal in the engine's words."""

    def implements(self, plugin: str, what: str) -> bool:
        """Whether there is such a plugin and it offers NETWORK or IPAM; it is activated by being asked for the first time. Refusal when it is there but cannot be asked."""

    def call(self, plugin: str, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one call; Refusal."""


@attrs.frozen
class NoPlugins:
    """An engine that nobody gave a way to plugins, or a copy of a world: real processes stay with the original."""

    def implements(self, plugin: str, what: str) -> bool:
        """There are none."""
        return False

    def call(self, plugin: str, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """A network of a plugin's is there, but the plugin is not."""
        raise failed(f'netsim: plugin "{plugin}" cannot be reached from here: give the engine a way to it (host.docker(plugins=...))')


def require(plugins: Plugins, plugin: str, what: str) -> None:
    """Refused unless there is such a plugin."""
    if not plugin or not plugins.implements(plugin, what):
        raise not_found(f'plugin "{plugin}" not found')


def asked(plugins: Plugins, plugin: str, method: str, request: Mapping[str, Any], error: str) -> dict[str, Any]:
    """A call whose answer may carry an error under a name."""
    answer = plugins.call(plugin, method, request)
    said = answer.get(error)
    if isinstance(said, str) and said:
        raise failed(f"remote: {said}")
    return answer


def text(answer: Mapping[str, Any], name: str) -> str:
    """A text field of an answer; what is missing or null is empty, as in Go."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""
