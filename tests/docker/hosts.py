"""Hosts with an engine, and lines that must succeed on them."""

from __future__ import annotations

from netsim import Host, World
from netsim.docker.settings import DaemonOptions


def host_of(engine: str, options: DaemonOptions | None = None, *before: str) -> Host:
    """A machine on which some lines were typed, then the daemon started."""
    made = World().host("h1")
    for line in before:
        made.run(line)
    made.docker(engine, options)
    return made


def ok(host: Host, line: str) -> str:
    """What the line printed; it must succeed."""
    done = host.run(line)
    assert done.status == 0, (line, done)
    return done.stdout
