"""Steps in which the daemon is stopped and started again with other options."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from netsim.api import Host
from netsim.commands.dockerd import read_options
from netsim.docker.engine.boot import restart
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.docker.profile import EngineProfile


def start_daemon(host: Host, profile: EngineProfile, line: str, images: Sequence[Image] = ()) -> dict[str, Any]:
    """`dockerd OPTIONS`: status 1 and its last words when it refuses. `images` are in its store before."""
    try:
        engine = restart(host.machine, profile, read_options(shlex.split(line)[1:]))
        engine.images |= {image.name: image for image in images}
    except Refusal as problem:
        return {"rc": 1, "stdout": "", "stderr": f"{problem.text}\n"}
    return {"rc": 0, "stdout": "", "stderr": ""}
