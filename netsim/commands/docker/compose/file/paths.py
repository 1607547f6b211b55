"""Relative paths of a project against its directory (compose-go `paths`)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.commands.docker.compose.file.document import inside

REMOTE = ("https://", "http://", "git@", "ssh://", "git://", "github.com/", "oci://", "docker-image://")


HOME = "/root"


def absolute(path: str, directory: str) -> str:
    """A path below a directory; one that leads elsewhere stays."""
    if path.startswith(REMOTE):
        return path
    if path == "~" or path.startswith("~/"):
        return posixpath.normpath(HOME + path[1:])
    return posixpath.normpath(posixpath.join(directory, path))


def resolved(tree: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """A tree in its long form whose paths are absolute."""
    done = dict(tree)
    if "services" in done:
        done["services"] = inside(done["services"], _Services(directory))
    for section in ("secrets", "configs"):
        if isinstance(done.get(section), dict):
            done[section] = {
                name: {**one, "file": absolute(one["file"], directory)} if isinstance(one, dict) and isinstance(one.get("file"), str) else one
                for name, one in done[section].items()
            }
    return done


@attrs.frozen
class _Services:
    """Services with absolute paths."""

    directory: str

    def __call__(self, services: Any) -> Any:
        """Each of them."""
        if not isinstance(services, dict):
            return services
        return {name: inside(one, self.one) for name, one in services.items()}

    def one(self, service: Any) -> Any:
        """One of them."""
        return _service(service, self.directory) if isinstance(service, dict) else service


def _service(service: Mapping[str, Any], directory: str) -> dict[str, Any]:
    done = dict(service)
    build = done.get("build")
    if isinstance(build, dict) and isinstance(build.get("context"), str):
        done["build"] = {**build, "context": absolute(build["context"], directory)}
    if isinstance(done.get("env_file"), list):
        done["env_file"] = [{**one, "path": absolute(one["path"], directory)} if isinstance(one, dict) else one for one in done["env_file"]]
    if isinstance(done.get("label_file"), list):
        done["label_file"] = [absolute(one, directory) for one in done["label_file"]]
    if isinstance(done.get("volumes"), list):
        done["volumes"] = [
            {**one, "source": absolute(one["source"], directory)}
            if isinstance(one, dict) and one.get("type") == "bind" and one.get("source")
            else one
            for one in done["volumes"]
        ]
    extends = done.get("extends")
    if isinstance(extends, dict) and isinstance(extends.get("file"), str):
        done["extends"] = {**extends, "file": absolute(extends["file"], directory), "written": extends["file"]}
    return done
