"""Which address asks: tried out by a UDP socket bound to the device."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.errors import NetError

AF_INET, SOCK_DGRAM, DISCARDED = 2, 2, 1025


@attrs.define
class Untaken(Exception):
    """The step that failed, `bind` or `connect`, and why."""

    step: str
    errno: int


def source_of(proc: Any, device: str, target: IPv4, wanted: IPv4 | None) -> IPv4:
    """The address `wanted` if it is the host's own, else what the kernel would use for the target on the device itself (SO_DONTROUTE). Raises Untaken."""
    probe = proc.sock(proc.socket(AF_INET, SOCK_DGRAM))
    probe.bind_to_device(device)
    step = "bind"
    try:
        if wanted is not None:
            probe.bind(wanted)
            return wanted
        step = "connect"
        probe.dontroute = 1
        probe.connect(target, DISCARDED)
        return IPv4(probe.getsockname()[0])
    except NetError as error:
        raise Untaken(step, error.errno) from None
    finally:
        probe.close()
