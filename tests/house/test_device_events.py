"""Whoever does something about a device event is told of it."""

from __future__ import annotations

from netsim.kernel.boot import NETDEV_CHAIN, NETDEV_LISTENERS
from netsim.kernel.core import netdevice


def test_what_a_room_does_about_an_event_is_on_the_way_of_that_event() -> None:
    assert all(listener in NETDEV_CHAIN[event] for room in NETDEV_LISTENERS for event, listener in room.items())


def test_every_event_has_a_way() -> None:
    events = {value for name, value in vars(netdevice).items() if name.startswith("NETDEV_")}
    assert events <= set(NETDEV_CHAIN)


def test_rooms_are_told_in_one_order() -> None:
    order = {listener: place for place, room in enumerate(NETDEV_LISTENERS) for listener in room.values()}
    assert all(list(told) == sorted(told, key=order.__getitem__) for told in NETDEV_CHAIN.values())
