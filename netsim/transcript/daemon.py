"""Steps in which the daemon is stopped and started again with other options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from netsim.api import Host
from netsim.clock import SECOND
from netsim.commands.dockerd import read_options
from netsim.docker.engine.boot import boot, stop
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.docker.profile import EngineProfile


def start_daemon(host: Host, profile: EngineProfile, line: str, images: Sequence[Image] = ()) -> dict[str, Any]:
    """`dockerd OPTIONS`: status 1 and its last words when it refuses. `images` are all that is in its store when the first one starts."""
    is_first = not isinstance(host.machine.services.get("docker"), Engine)
    if not is_first:
        stop(host.machine)
        host.world.run_for(CHANGE_TIME)
    try:
        engine = boot(host.machine, profile, read_options(host.machine, shlex.split(line)[1:]))
        if is_first:
            engine.images = {image.name: image for image in images}
    except Refusal as problem:
        return {"rc": 1, "stdout": "", "stderr": f"{problem.text}\n"}
    return {"rc": 0, "stdout": "", "stderr": ""}


CHANGE_TIME = SECOND
"""Between two daemons, beside what the first one's containers take."""
INIT, LEAVE, TOKEN = re.compile(r"\bswarm init\b"), re.compile(r"\bswarm leave\b"), re.compile(r"SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}")


def give_tokens(host: Host, later: Sequence[str]) -> None:
    """A swarm about to begin gets the token by which others join it: commands that come later name it as it was printed when they were recorded."""
    engine = host.machine.services.get("docker")
    if not isinstance(engine, Engine) or not later or INIT.search(later[0]) is None:
        return
    for line in later[1:]:
        if LEAVE.search(line) is not None:
            return
        found = TOKEN.search(line)
        if found is not None:
            engine.swarm_tokens = [(found[0], "")]
            return
