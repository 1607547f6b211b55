"""replay: build a world on a real kernel, and leave somebody in it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.api import World
from netsim.replay.plan import Plan, plan, settled
from netsim.replay.verify import Backend, backend_for, failure, request


@attrs.frozen
class Built:
    """What came of building: the kernel, and its word where it refused (then `failed` says at what)."""

    kernel: str
    plan: Plan
    failed: str = ""
    problems: tuple[str, ...] = ()
    status: int = 0
    """How what ran in it ended."""


def replay(world: World, then: Sequence[str] = (), backend: Backend | None = None) -> Built:
    """Build a world in private namespaces, with stand-ins for its listeners; `then` runs in it, and when that ends everything is gone.

    The world stays as it is. CannotReplay where this machine cannot.
    """
    planned = plan(settled(world))
    answer = backend_for(planned, backend).ask(request(planned, [], []), then)
    return Built(answer["kernel"], planned, failure(answer), tuple(answer.get("problems", ())), int(answer.get("then", 0)))
