"""Finding plugins in directories (`pkg/plugins/discovery.go`), and calling them for an engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from netsim.docker.errors import failed
from netsim.plugins.connection import TCP, UNIX, Address, post

Hook = Callable[[str, str, Mapping[str, Any], Mapping[str, Any]], None]
"""`(plugin, method, request, answer) -> None`, called after each answered call."""


class Plugins:
    """Plugins in directories the user names: `NAME.sock`, `NAME.spec` with a URL, `NAME.json` with Name and Addr, or the same in a directory NAME.

    Nothing else of the user's machine is looked at, and nothing at all before an engine asks for a driver that it does not have. `timeout` is how long one
    answer may take, `patience` how long what cannot be reached is tried again, both in seconds of real time (a daemon waits for answers for ever, and tries for
    30 seconds); virtual time stands still meanwhile. `wiring` is told of every answered call before the engine goes on: what the plugin would do on its
    host (make devices), it does in the world. A copy of a world (`fork`, snapshots) has no plugins.
    """

    def __init__(
        self, directories: str | Path | Iterable[str | Path], *, wiring: Hook | None = None, timeout: float = 10.0, patience: float = 30.0
    ) -> None:
        """`directories` are searched in this order, sockets first."""
        listed = [directories] if isinstance(directories, (str, Path)) else list(directories)
        self.directories = [Path(directory) for directory in listed]
        self.wiring = wiring
        self.timeout, self.patience = timeout, patience
        self._known: dict[str, tuple[Address, tuple[str, ...]]] = {}

    def __repr__(self) -> str:
        return f"<netsim plugins in {', '.join(map(str, self.directories))}>"

    def names(self) -> list[str]:
        """The plugins there are, by name, in order."""
        found = set()
        for directory in self.directories:
            for suffix in (".sock", ".spec", ".json"):
                found |= {path.stem for pattern in (f"*{suffix}", f"*/*{suffix}") for path in directory.glob(pattern)}
        return sorted(found)

    def implements(self, plugin: str, what: str) -> bool:
        """Whether it is there and offers a kind of driver; Refusal when it is there but cannot be activated or is of another kind."""
        if plugin not in self._known:
            address = self._find(plugin)
            if address is None:
                return False
            answer = post(address, "Plugin.Activate", {}, self.timeout, self.patience)
            kinds = answer.get("Implements")
            self._known[plugin] = address, tuple(kinds) if isinstance(kinds, list) else ()
        if what not in self._known[plugin][1]:
            raise failed("Plugin does not implement the requested driver")
        return True

    def call(self, plugin: str, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """One call; Refusal in the daemon's words."""
        known = self._known.get(plugin)
        address = known[0] if known is not None else self._find(plugin)
        if address is None:
            raise failed(f'plugin "{plugin}" not found')
        answer = post(address, method, request, self.timeout, self.patience)
        if self.wiring is not None:
            self.wiring(plugin, method, request, answer)
        return answer

    def _find(self, plugin: str) -> Address | None:
        if not plugin or Path(plugin).name != plugin or plugin in (".", ".."):
            return None
        for directory in self.directories:
            for place in (directory, directory / plugin):
                path = place / f"{plugin}.sock"
                if path.is_socket():
                    return Address(UNIX, str(path))
        for directory in self.directories:
            for place in (directory, directory / plugin):
                for suffix, read in ((".spec", _of_spec), (".json", _of_json)):
                    path = place / f"{plugin}{suffix}"
                    if path.is_file():
                        return read(path)
        return None


def _of_spec(path: Path) -> Address:
    """A file that holds a URL."""
    return _of_url(path.read_text(errors="replace").strip())


def _of_json(path: Path) -> Address:
    """A file that describes the plugin."""
    try:
        said = json.loads(path.read_text(errors="replace"))
        url = said["Addr"]
    except (ValueError, TypeError, KeyError) as problem:
        raise failed(f"{path}: {problem}") from None
    if said.get("TLSConfig"):
        raise failed(f"netsim: {path}: TLS is not modelled")
    return _of_url(str(url))


def _of_url(url: str) -> Address:
    """`unix://PATH` or `tcp://HOST:PORT`."""
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError as problem:
        raise failed(str(problem)) from None
    if not parts.scheme:
        raise failed(f"unknown protocol scheme in {url!r}")
    if parts.scheme == UNIX:
        return Address(UNIX, parts.path or parts.netloc)
    if parts.scheme in (TCP, "http"):
        return Address(TCP, host=parts.hostname or "", port=port or 80)
    raise failed(f"netsim: plugins at {parts.scheme}:// are not modelled")
