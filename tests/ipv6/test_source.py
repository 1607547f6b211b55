"""Source addresses chosen by the rules of RFC 6724."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.addr import IPv6
from netsim.kernel.ipv6.addrlabel import label_of
from netsim.kernel.ipv6.saddr import Candidate, choose_source, common_prefix, scope_of
from netsim.kernel.tables.inet6 import DEFAULT_LABELS, IFA_F_DEPRECATED, IFA_F_TEMPORARY, Ifa6

POOL = (
    "fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::1", "2002:c633:6401::d5e3", "fd00:1::1", "fec0::1", "::1", "2001::77",
    "::ffff:10.0.0.1",
)  # fmt: skip
ADDRESSES = st.sampled_from(POOL).map(IPv6.parse)
CANDIDATES = st.builds(
    lambda address, length, flags, ifindex, privacy: Candidate(Ifa6(address, length, 0, flags), ifindex, privacy),
    ADDRESSES, st.sampled_from((0, 10, 64, 128)), st.sampled_from((0, IFA_F_DEPRECATED, IFA_F_TEMPORARY)), st.integers(1, 2), st.sampled_from((0, 2)),
)  # fmt: skip


def better(dst: IPv6, ifindex: int, one: Candidate, other: Candidate) -> bool:
    """Whether the first of two is to be preferred, written the way the RFC words its rules, one after the other."""
    a, b = one.ifa, other.ifa
    if (a.address == dst) != (b.address == dst):
        return a.address == dst
    wanted, scope_a, scope_b = scope_of(dst), scope_of(a.address), scope_of(b.address)
    if scope_a != scope_b:
        return scope_a >= wanted if scope_a < scope_b else scope_b < wanted
    for rule in (
        lambda c: c.ifa.address.is_loopback or not c.ifa.flags & IFA_F_DEPRECATED,
        lambda c: c.ifindex == ifindex,
        lambda c: label_of(DEFAULT_LABELS, c.ifa.address) == label_of(DEFAULT_LABELS, dst),
        lambda c: bool(c.ifa.flags & IFA_F_TEMPORARY) == (c.use_tempaddr >= 2),
    ):
        if bool(rule(one)) != bool(rule(other)):
            return bool(rule(one))
    return min(common_prefix(a.address, dst), a.length) > min(common_prefix(b.address, dst), b.length)


@given(ADDRESSES, st.lists(CANDIDATES, min_size=1, max_size=6))
def test_nothing_is_better_than_what_is_chosen(dst: IPv6, candidates: list[Candidate]) -> None:
    chosen = choose_source(dst, 1, candidates, DEFAULT_LABELS)
    holders = [candidate for candidate in candidates if candidate.ifa.address == chosen]
    assert holders
    assert any(not any(better(dst, 1, other, holder) for other in candidates) for holder in holders)


@given(ADDRESSES, st.lists(CANDIDATES, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_addresses_decides_only_between_equals(dst: IPv6, candidates: list[Candidate], chance: object) -> None:
    chosen = choose_source(dst, 1, candidates, DEFAULT_LABELS)
    other = choose_source(dst, 1, list(reversed(candidates)), DEFAULT_LABELS)
    one = [candidate for candidate in candidates if candidate.ifa.address == chosen]
    two = [candidate for candidate in candidates if candidate.ifa.address == other]
    assert not all(better(dst, 1, a, b) for a in one for b in two) or chosen == other


@pytest.mark.parametrize(
    ("dst", "sources", "chosen"),
    [
        ("2001:db8:1::1", ["2001:db8:3::1", "fe80::1"], "2001:db8:3::1"),
        ("ff05::1", ["2001:db8:3::1", "fe80::1"], "2001:db8:3::1"),
        ("2001:db8:1::1", ["2001:db8:1::1", "2001:db8:2::1"], "2001:db8:1::1"),
        ("fe80::1", ["fe80::2", "2001:db8:1::1"], "fe80::2"),
        ("2001:db8:1::1", ["2001:db8:1::2", "2001:db8:3::2"], "2001:db8:1::2"),
        ("2002:c633:6401::1", ["2002:c633:6401::d5e3", "2001:db8:1::2"], "2002:c633:6401::d5e3"),
    ],
)
def test_the_examples_of_the_rfc(dst: str, sources: list[str], chosen: str) -> None:
    candidates = [Candidate(Ifa6(IPv6.parse(source), 64, 0, 0), 1) for source in sources]
    for order in (candidates, candidates[::-1]):
        assert choose_source(IPv6.parse(dst), 1, order, DEFAULT_LABELS) == IPv6.parse(chosen)
