"""When a timer of the kernel fires (`kernel/time/timer.c`)."""

from __future__ import annotations

from netsim.clock import SECOND

LEVEL_SHIFT = 3
FIRST_LEVEL = 63
"""So many ticks ahead timers still have a bucket for each tick; each further level reaches eight times as far with buckets eight times as wide."""


def wheel_delay(now: int, delay: int, hz: int) -> int:
    """The time (ns) until a timer set now for `delay` ns fires: never early, up to a bucket late (`calc_index`)."""
    tick = SECOND // hz
    expires = now // tick - -delay // tick
    shift, reach = 0, FIRST_LEVEL
    while expires - now // tick >= reach:
        shift, reach = shift + LEVEL_SHIFT, reach << LEVEL_SHIFT
    return ((expires >> shift) + 1 << shift) * tick - now
