"""Routing tables against a scan of all routes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netsim.addr import IPv6, mask6
from netsim.kernel.tables.fib6 import Fib6Info, Fib6Table

WORLD = st.integers(0, 15).map(lambda number: number << 124 | number)
LENGTHS = st.sampled_from((0, 1, 2, 3, 4, 64, 126, 127, 128))
PREFIXES = st.tuples(WORLD, LENGTHS).map(lambda pair: (pair[0] & mask6(pair[1]), pair[1]))


def table_of(prefixes: list[tuple[int, int]]) -> tuple[Fib6Table, list[Fib6Info]]:
    """A table with one route for each prefix, and the routes."""
    table = Fib6Table(254)
    routes = [Fib6Info(IPv6(dst), length, metric=number) for number, (dst, length) in enumerate(prefixes)]
    for route in routes:
        table.insert(route, len(table.at(int(route.dst), route.length)))
    return table, routes


@given(st.lists(PREFIXES, max_size=30), WORLD)
def test_the_nodes_of_an_address_are_all_prefixes_that_hold_it_the_longest_first(prefixes: list[tuple[int, int]], address: int) -> None:
    table, routes = table_of(prefixes)
    scanned = [route for route in routes if not (route.dst ^ address) & mask6(route.length)]
    found = [route for node in table.nodes(address) for route in node]
    assert sorted(map(id, found)) == sorted(map(id, scanned))
    assert [route.length for route in found] == sorted((route.length for route in scanned), reverse=True)


@given(st.lists(PREFIXES, max_size=30))
def test_a_dump_has_every_route_once_with_narrower_prefixes_before_those_around_them(prefixes: list[tuple[int, int]]) -> None:
    table, routes = table_of(prefixes)
    listed = table.routes()
    assert sorted(map(id, listed)) == sorted(map(id, routes))
    for place, outer in enumerate(listed):
        for later in listed[place + 1 :]:
            inside = later.length > outer.length and not (later.dst ^ outer.dst) & mask6(outer.length)
            assert not inside, (outer, later)
            if not (outer.dst ^ later.dst) & mask6(min(outer.length, later.length)):
                continue
            assert outer.dst < later.dst


@given(st.lists(PREFIXES, min_size=1, max_size=20), st.data())
def test_a_route_that_was_removed_is_found_no_more(prefixes: list[tuple[int, int]], data: st.DataObject) -> None:
    table, routes = table_of(prefixes)
    gone = data.draw(st.sampled_from(routes))
    table.remove(gone)
    assert gone not in table.routes()
    assert len(table.routes()) == len(routes) - 1
    assert table.order == tuple(sorted({route.length for route in routes if route is not gone}, reverse=True))
