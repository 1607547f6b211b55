"""Choosing a destination for a new connection (`ip_vs_rr.c`, `ip_vs_wrr.c`, `ip_vs_lc.c` ...)."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

import attrs

from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.tables.ipvs import SVC_SCHED1, SVC_SCHED2, Destination, Service

BUCKETS = 256
GOLDEN_RATIO = 0x61C88647
WORD = 0xFFFFFFFF
LAST = 0xFFFF
SH_FALLBACK, SH_PORT = SVC_SCHED1, SVC_SCHED2


@attrs.frozen
class Asked:
    """What schedulers read of a packet: its source, its destination and the client's port."""

    src: int
    dst: int
    sport: int


Choose = Callable[[Service, Asked], Destination | None]


def _is_willing(destination: Destination) -> bool:
    return destination.weight > 0 and not destination.is_overloaded


def _from_place(service: Service) -> list[Destination]:
    """All destinations, beginning after the one chosen last."""
    known = service.destinations
    at = next((number for number, destination in enumerate(known) if destination is service.place), -1)
    return known[at + 1 :] + known[: at + 1]


def round_robin(service: Service, asked: Asked) -> Destination | None:
    """One after the other (`ip_vs_rr_schedule`)."""
    for destination in _from_place(service):
        if _is_willing(destination):
            service.place = destination
            return destination
    return None


def weighted_round_robin(service: Service, asked: Asked) -> Destination | None:
    """One after the other, as often as their weights say (`ip_vs_wrr_schedule`)."""
    most, step = _weights(service)
    if most == 0:
        return None
    known = service.destinations
    at = next((number for number, destination in enumerate(known) if destination is service.place), -1)
    for _ in range(2 + most // step):
        for destination in known[at + 1 :]:
            if not destination.is_overloaded and destination.weight >= service.weight_now:
                service.place = destination
                return destination
        at = -1
        service.weight_now -= step
        if service.weight_now <= 0:
            service.weight_now = most
    return None


def _weights(service: Service) -> tuple[int, int]:
    """The weight to begin with, and by how much it sinks (`ip_vs_wrr_max_weight`, `ip_vs_wrr_gcd_weight`)."""
    weights = [destination.weight for destination in service.destinations if destination.weight > 0]
    step = gcd(*weights) if weights else 1
    return (max(weights) - (step - 1) if weights else 0), step


def least_connection(service: Service, asked: Asked) -> Destination | None:
    """The one with the least to do (`ip_vs_lc_schedule`)."""
    return min((d for d in service.destinations if _is_willing(d)), key=_overhead, default=None)


def _overhead(destination: Destination) -> int:
    """An active connection is as much work as 256 idle ones (`ip_vs_dest_conn_overhead`)."""
    return (destination.active << 8) + destination.inactive


def _lightest(service: Service, load: Callable[[Destination], int]) -> Destination | None:
    """The least load for the weight, of equal ones the first."""
    least: Destination | None = None
    for destination in service.destinations:
        if _is_willing(destination) and (least is None or load(least) * destination.weight > load(destination) * least.weight):
            least = destination
    return least


def weighted_least_connection(service: Service, asked: Asked) -> Destination | None:
    """The one with the least to do for its weight (`ip_vs_wlc_schedule`)."""
    return _lightest(service, _overhead)


def _expected(destination: Destination) -> int:
    return destination.active + 1


def shortest_expected_delay(service: Service, asked: Asked) -> Destination | None:
    """The one that would wait least with one connection more (`ip_vs_sed_schedule`)."""
    return _lightest(service, _expected)


def never_queue(service: Service, asked: Asked) -> Destination | None:
    """An idle one, else the shortest expected delay (`ip_vs_nq_schedule`)."""
    idle = next((d for d in service.destinations if _is_willing(d) and d.active == 0), None)
    return idle if idle is not None else shortest_expected_delay(service, asked)


def failover(service: Service, asked: Asked) -> Destination | None:
    """The heaviest (`ip_vs_fo_schedule`)."""
    return max((d for d in service.destinations if _is_willing(d)), key=_weight, default=None)


def overflow(service: Service, asked: Asked) -> Destination | None:
    """The heaviest that has fewer active connections than its weight (`ip_vs_ovf_schedule`)."""
    return max((d for d in service.destinations if _is_willing(d) and d.active <= d.weight), key=_weight, default=None)


def _weight(destination: Destination) -> int:
    return destination.weight


# by hash ---------------------------------------------------------------------------------------------------------------


def _folded(family: int, address: int) -> int:
    if family == PF_INET:
        return address
    return (address >> 96 ^ address >> 64 ^ address >> 32 ^ address) & WORD


def _hash(family: int, address: int, port: int) -> int:
    return ((_folded(family, address) + port & WORD) * GOLDEN_RATIO & WORD) >> 24


def source_hash(service: Service, asked: Asked) -> Destination | None:
    """By the client's address, and its port where the service says so (`ip_vs_sh_schedule`)."""
    if not service.buckets:
        return None
    port = asked.sport if service.flags & SH_PORT else 0
    first = _hash(service.family, asked.src, port)
    chosen = service.buckets[first]
    if _is_willing(chosen):
        return chosen
    if not service.flags & SH_FALLBACK:
        return None
    for offset in range(BUCKETS):
        further = (offset + first) % BUCKETS + _hash(service.family, asked.src, port)
        chosen = service.buckets[further % BUCKETS]
        if _is_willing(chosen):
            return chosen
    return None


def destination_hash(service: Service, asked: Asked) -> Destination | None:
    """By the address asked for (`ip_vs_dh_schedule`)."""
    chosen = service.buckets[_hash(service.family, asked.dst, 0)] if service.buckets else None
    return chosen if chosen is not None and _is_willing(chosen) else None


def changed(service: Service) -> None:
    """Destinations or weights changed: what schedulers have prepared is made anew (`ip_vs_*_dest_changed`)."""
    if service.scheduler in ("sh", "dh"):
        service.buckets = _filled(service)
    elif service.scheduler == "wrr":
        most, step = _weights(service)
        service.place = None
        if service.weight_now > most or not service.weight_now:
            service.weight_now = most
        elif step > 1:
            service.weight_now = service.weight_now // step * step + 1


def _filled(service: Service) -> list[Destination]:
    """Who is in which bucket: destinations in turn, with source hashing as many times as they weigh (`ip_vs_sh_reassign`, `ip_vs_dh_reassign`)."""
    known = service.destinations
    if not known:
        return []
    buckets: list[Destination] = []
    while len(buckets) < BUCKETS:
        for destination in known:
            buckets += [destination] * (max(destination.weight, 1) if service.scheduler == "sh" else 1)
    return buckets[:BUCKETS]


def removed(service: Service, destination: Destination) -> None:
    """A destination is about to go: the round goes on after the one before it (`ip_vs_rr_del_dest`)."""
    if service.place is destination:
        at = service.destinations.index(destination)
        service.place = service.destinations[at - 1] if at else None


SCHEDULERS: dict[str, Choose] = {
    "rr": round_robin,
    "wrr": weighted_round_robin,
    "lc": least_connection,
    "wlc": weighted_least_connection,
    "sh": source_hash,
    "dh": destination_hash,
    "sed": shortest_expected_delay,
    "nq": never_queue,
    "fo": failover,
    "ovf": overflow,
}
UNMODELLED = frozenset({"lblc", "lblcr", "mh", "twos"})
"""Schedulers the kernel has that are not modelled."""
