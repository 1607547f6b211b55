"""explain: one attempt in a fork, followed decision by decision."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.analysis.cause import Cause
from netsim.analysis.explanation import Decision, Explanation, Resolution
from netsim.analysis.fixes import fix_of
from netsim.analysis.follow import ASKING, OUT, RELAY, Follower, Seen
from netsim.analysis.headers import one_line
from netsim.analysis.places import Place, names_of, place_of
from netsim.analysis.probe import Probe
from netsim.analysis.problem import AnalysisProblem
from netsim.analysis.reasons import REASONS
from netsim.analysis.target import Target, address_of, target_of
from netsim.analysis.trying import SETTLING, machines_of, relays_of, try_in
from netsim.analysis.wording import Speaker
from netsim.api import World
from netsim.errors import strerror
from netsim.machine.hostnames import in_hosts
from netsim.state import CannotFork
from netsim.trace import Dropped, Rewritten, RuleMet, Step

MOST_DATA = 65507


def explain(world: World, source: Any, target: Any, *, size: int = 0) -> Explanation:
    """How a packet goes from a host, namespace or container to a target, and why it arrives or dies; the world stays as it is.

    Shells that are running stand still meanwhile (`World.still`).

    `source` is such an object or its name, `target` a text like `10.0.0.2:80/tcp`, `web:5432`, `8.8.8.8` (ping), `@red:80` (the address of
    the place `red`), or a place to ping. `size`: bytes of data to send (0: a few, by TCP none): by UDP or ping in one piece, not to be cut on the way.
    AnalysisProblem when there is no such place or the target cannot be read.
    """
    wanted = target_of(world, target)
    if not 0 <= size <= MOST_DATA:
        raise AnalysisProblem(f"size {size}: between 0 and {MOST_DATA} bytes fit into one datagram")
    start = place_of(world, source)
    address_of(world, wanted)
    try:
        trial = world.still()
    except CannotFork as problem:
        return _unanswerable(start, wanted, str(problem))
    return explain_in(trial, place_of(trial, start), wanted, size)


def explain_in(trial: World, source: Place, target: Target, size: int = 0) -> Explanation:
    """The same in a world that may be changed by the attempt: one's own fork."""
    trial.run_for(SETTLING)
    names = names_of(trial)
    tried = try_in(trial, source, target, names, relays_of(trial), size)
    return _told(source, target, tried.probe, tried.follower, tried.cause, Speaker(names, machines_of(trial)))


# telling -----------------------------------------------------------------------------------------------------------------


def _told(source: Place, target: Target, probe: Probe, follower: Follower, cause: Cause, speaker: Speaker) -> Explanation:
    steps: list[Decision] = []
    told: Decision | None = None
    for seen in _ordered(follower.seen):
        decision = _decision(seen, probe, follower, speaker)
        if decision is None:
            continue
        if cause.seen is seen:
            told = decision = attrs.evolve(decision, object=cause.words or decision.object)
        steps.append(decision)
    reason = REASONS[cause.code]
    is_shown = told is not None and told.way == ASKING
    steps = [step for step in steps if step.way != ASKING or is_shown]
    detail = "" if told is not None else cause.words or _detail(probe)
    address = str(probe.target) if probe.target is not None else ""
    fix = fix_of(reason, source, probe, told)
    return Explanation(source.name, target, address, _resolution(source, probe), tuple(steps), reason, told, detail, fix)


def _ordered(seen: list[Seen]) -> list[Seen]:
    """By way, then in the order it happened."""
    order = {OUT: 0, RELAY: 1, ASKING: 2, "error": 3, "back": 4}
    return sorted(seen, key=lambda one: order[one.way])


def _decision(seen: Seen, probe: Probe, follower: Follower, speaker: Speaker) -> Decision | None:
    event = seen.event
    worded = speaker.say(event)
    if worded is None:
        return None
    kind, outcome = worded.kind, worded.outcome
    if follower.relay is not None and seen.way == OUT and kind == "socket":
        kind, outcome = "relay", f"connects to {follower.relay.inside}:{follower.relay.inside_port}"
    before = one_line(event.before) if isinstance(event, Rewritten) else ""
    packet = one_line(event.packet) if hasattr(event.packet, "payload") or not hasattr(event.packet, "oif") else ""
    return Decision(
        event.time - probe.began, seen.way, speaker.names.of_netns(event.netns), _device(event), kind, worded.object, outcome, packet, before
    )


def _device(event: Any) -> str:
    if isinstance(event, (RuleMet, Dropped, Rewritten, Step)):
        return event.device
    return ""


def _detail(probe: Probe) -> str:
    if probe.outcome == "unnamed":
        return probe.lookup.error if probe.lookup is not None else ""
    if probe.outcome == "refused":
        return strerror(probe.errno)
    return "no answer came" if probe.outcome in ("silent", "sent") else ""


def _resolution(source: Place, probe: Probe) -> Resolution | None:
    lookup = probe.lookup
    if lookup is None:
        return None
    listed = in_hosts(source.process.read_text("/etc/hosts"), probe.name)
    servers = ", ".join(str(server) for server in lookup.conf.servers[:1])
    return Resolution(probe.name, tuple(str(one) for one in lookup.found), "/etc/hosts" if listed else servers, lookup.error)


def _unanswerable(source: Place, target: Target, why: str) -> Explanation:
    return Explanation(source.name, target, "", None, (), REASONS["not-modelled"], None, why)
