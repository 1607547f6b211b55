"""What a second look at a plain cause tells."""

from __future__ import annotations

import netsim


def test_a_name_that_nothing_has_is_told_apart_from_a_name_server_that_is_silent() -> None:
    world = netsim.World()
    host = world.host("h")
    host.run("docker network create front")
    host.run("docker run -d --name web --network front nginx")
    told = netsim.explain(world, "web", "nosuch:80")
    assert (told.reason.code, told.detail) == (
        "name-server-silent",
        "nothing on front is called nosuch, and the host has no name server that Docker could ask",
    )
    assert told.fix.startswith("give what is meant that name on a network of web")
