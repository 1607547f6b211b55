"""An image (`GET /images/NAME/json`)."""

from __future__ import annotations

import hashlib
from typing import Any

from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.moment import moment
from netsim.docker.engine.views.release import shown
from netsim.docker.image import Image, image_id, image_size, layers_of

OF_CONTAINERS = (
    ("Hostname", ""), ("Domainname", ""), ("User", ""), ("AttachStdin", False), ("AttachStdout", False), ("AttachStderr", False), ("ExposedPorts", None),
    ("Tty", False), ("OpenStdin", False), ("StdinOnce", False), ("Env", None), ("Cmd", None), ("Healthcheck", None), ("Image", ""), ("Volumes", None),
    ("WorkingDir", ""), ("Entrypoint", None), ("OnBuild", None), ("Labels", None), ("StopSignal", ""), ("Shell", None),
)  # fmt: skip
"""Fields of a container's configuration that an image's has too, with what they are when nobody said."""
MAY_LACK = ("ExposedPorts", "Healthcheck", "StopSignal", "Shell")


def image_view(engine: Engine, image: Image) -> dict[str, Any]:
    """An image, as far as a declaration tells."""
    config: dict[str, Any] = {
        "Cmd": list(image.command) or None, "Entrypoint": list(image.entrypoint) or None, "Env": list(image.env) or None,
        "ExposedPorts": {str(port): {} for port in image.exposed}, "Labels": dict(image.labels) or None, "OnBuild": list(image.onbuild) or None, "User": image.user,
        "Volumes": {path: {} for path in image.volumes} or None, "WorkingDir": image.working_dir,
    }  # fmt: skip
    if image.healthcheck:
        config["Healthcheck"] = {"Test": list(image.healthcheck)}
    if image.parent:
        config["Image"] = image.parent
    if image.stop_signal:
        config["StopSignal"] = image.stop_signal
    if image.shell:
        config["Shell"] = list(image.shell)
    if not config["ExposedPorts"]:
        del config["ExposedPorts"]
    if shown(engine.profile).whole_image_config:
        config = {name: config.get(name, default) for name, default in OF_CONTAINERS if name in config or name not in MAY_LACK}
    history = layers_of(image, engine.machine.epoch)
    layer = "sha256:" + hashlib.sha256(f"layer of {image_id(image)}".encode()).hexdigest()
    return {
        "Id": image_id(image), "RepoTags": _names(engine, image), "RepoDigests": [], "Parent": image.parent, "Comment": history[-1].comment,
        "Created": moment(history[-1].created), "DockerVersion": engine.profile.version, "Author": image.author, "Architecture": "amd64", "Os": "linux", "Size": image_size(image),
        "GraphDriver": {"Data": None, "Name": "vfs"}, "RootFS": {"Type": "layers", "Layers": [layer]},
        "Metadata": {"LastTagTime": moment(engine.machine.epoch)}, "Config": config,
    }  # fmt: skip


def _names(engine: Engine, image: Image) -> list[str]:
    return [f"{one.name}:{one.tag}" for one in engine.images.values() if image_id(one) == image_id(image) and one.name != "<none>"]
