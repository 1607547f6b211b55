"""An image (`GET /images/NAME/json`)."""

from __future__ import annotations

import hashlib
from typing import Any

from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.moment import moment
from netsim.docker.image import Image


def image_id(image: Image) -> str:
    """Its digest: its own, or one drawn from what it declares."""
    return (
        image.id
        or "sha256:" + hashlib.sha256(repr((image.name, image.tag, image.command, image.entrypoint, image.exposed, image.env)).encode()).hexdigest()
    )


def image_view(engine: Engine, image: Image) -> dict[str, Any]:
    """An image, as far as a declaration tells."""
    config: dict[str, Any] = {
        "Cmd": list(image.command) or None, "Entrypoint": list(image.entrypoint) or None, "Env": list(image.env) or None,
        "ExposedPorts": {str(port): {} for port in image.exposed}, "Labels": dict(image.labels) or None, "OnBuild": None, "User": "", "Volumes": None,
        "WorkingDir": image.working_dir,
    }  # fmt: skip
    if not config["ExposedPorts"]:
        del config["ExposedPorts"]
    layer = "sha256:" + hashlib.sha256(f"layer of {image_id(image)}".encode()).hexdigest()
    return {
        "Id": image_id(image), "RepoTags": [f"{image.name}:{image.tag}"], "RepoDigests": [], "Parent": "", "Comment": "",
        "Created": moment(engine.machine.epoch), "DockerVersion": engine.profile.version, "Author": "", "Architecture": "amd64", "Os": "linux", "Size": 0,
        "GraphDriver": {"Data": None, "Name": "vfs"}, "RootFS": {"Type": "layers", "Layers": [layer]},
        "Metadata": {"LastTagTime": moment(engine.machine.epoch)}, "Config": config,
    }  # fmt: skip
