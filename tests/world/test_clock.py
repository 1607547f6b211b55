"""The clock does what is due in order, however far ahead it was asked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.clock import HOP, MS, SECOND, SPAN, Clock

DELAYS = st.one_of(st.integers(0, 30), st.sampled_from((MS, SECOND, 4 * SECOND, 5 * SECOND, 30 * SECOND, 3000 * SECOND)))
ACTS = st.one_of(
    st.tuples(st.just("call"), DELAYS),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("run"), DELAYS),
    st.tuples(st.just("step"), st.just(0)),
)


@settings(max_examples=200)
@given(st.lists(ACTS, max_size=40))
def test_timers_fire_in_order_of_their_time_and_then_of_their_making(acts: list[tuple[str, int]]) -> None:
    clock = Clock()
    fired: list[tuple[int, int]] = []
    made, expected = [], []
    for act, number in acts:
        if act == "call":
            serial = len(made)
            expected.append((clock.now + number, serial))
            made.append(clock.call_later(number, lambda serial: fired.append((clock.now, serial)), serial))
        elif act == "cancel" and number < len(made):
            made[number].cancel()
            expected = [entry for entry in expected if entry[1] != number]
        elif act == "run":
            clock.run_for(number)
        elif act == "step":
            waiting = clock.next_time()
            assert clock.step() == (waiting is not None)
        done = {serial for _, serial in fired}
        expected.sort()
        while expected and expected[0][1] in done:
            expected.pop(0)
        assert done.isdisjoint(serial for _, serial in expected)
        assert not expected or expected[0][0] >= clock.now or act in ("call", "cancel")
        assert clock.next_time() == (expected[0][0] if expected else None)
    assert fired == sorted(fired)
    for when, serial in fired:
        assert made[serial].when == when


def follow(clock: Clock, plan: list[tuple[str, int]], log: list[tuple[int, int]], serial: int) -> None:
    """Note the moment; every third piece of work brings another."""
    log.append((clock.now, serial))
    what, number = plan[serial % len(plan)]
    if serial < 60 and serial % 3 == 0:
        ask(clock, plan, log, what, number, serial + 7)


def ask(clock: Clock, plan: list[tuple[str, int]], log: list[tuple[int, int]], what: str, number: int, serial: int) -> None:
    if what == "later":
        clock.call_later(number, follow, clock, plan, log, serial)
    elif what == "soon":
        clock.call_soon(follow, clock, plan, log, serial)
    else:
        clock.call_settled(follow, clock, plan, log, serial)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(("later", "soon", "settled")), st.one_of(DELAYS, st.integers(0, 20_000))), min_size=1, max_size=30), DELAYS)
def test_a_stretch_of_time_is_what_its_pieces_are(plan: list[tuple[str, int]], stretch: int) -> None:
    whole, pieces = Clock(), Clock()
    logs: list[list[tuple[int, int]]] = [[], []]
    for clock, log in zip((whole, pieces), logs, strict=True):
        for serial, (what, number) in enumerate(plan):
            ask(clock, plan, log, what, number, serial)
    for _ in range(3):
        whole.run_for(stretch)
        deadline = pieces.now + stretch
        while (due := pieces.next_time()) is not None and due <= deadline and pieces.now <= deadline:
            pieces.step()
        pieces.now = max(pieces.now, deadline)
        assert logs[0] == logs[1]
        assert whole.now == pieces.now


def test_a_burst_does_not_pass_a_timer_that_was_far_ahead() -> None:
    clock, told = Clock(), list[str]()
    border = 1 << SPAN
    clock.call_at(border - 2 * HOP, lambda: [clock.call_soon(told.append, "frame") for _ in range(4)])
    clock.call_at(border + HOP // 2, told.append, "timer")
    clock.run_for(10 * SECOND)
    assert told == ["frame", "frame", "frame", "timer", "frame"]
