"""A backend that is netsim itself: a fresh machine on which the operations are typed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import netsim
from netsim.clock import SECOND


class Model:
    """Answers requests as the agent does, but for listeners and probes."""

    def __init__(self) -> None:
        self.world = netsim.World(seed=99)
        self.host = self.world.host("fresh")

    def ask(self, request: dict[str, Any], then: Sequence[str] = ()) -> dict[str, Any]:
        for step in request["steps"]:
            for argv in step["commands"]:
                stdin = f" <<'END'\n{step['stdin']}END\n" if step["stdin"] else ""
                done = self.host.run(shlex.join(argv) + stdin)
                if done.status:
                    return {"kernel": "model", "failed": {"text": step["text"], "stderr": done.stderr}, "reads": [], "probes": {}, "problems": []}
        self.world.run_for(3 * SECOND)
        reads = [self.host.run(shlex.join(argv)) for argv in request["reads"]]
        told = [{"stdout": done.stdout, "stderr": done.stderr, "status": done.status} for done in reads]
        return {"kernel": "model", "failed": None, "reads": told, "probes": {}, "problems": []}
