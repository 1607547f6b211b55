"""The clock does what is due in order, however far ahead it was asked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.clock import MS, SECOND, Clock

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
