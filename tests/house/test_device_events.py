"""Whoever does something about a device event is told of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from netsim.kernel.boot import NETDEV_CHAIN, NETDEV_LISTENERS
from netsim.kernel.core import netdevice


@pytest.mark.parametrize(("listener", "heard"), NETDEV_LISTENERS, ids=lambda each: getattr(each, "__module__", ""))
def test_events_that_a_room_names_are_heard_there(listener: Callable[..., Any], heard: frozenset[int]) -> None:
    named = {getattr(netdevice, name) for name in re.findall(r"NETDEV_\w+", inspect.getsource(listener))}
    assert named <= heard
    assert all(listener in NETDEV_CHAIN[event] for event in heard)


def test_rooms_are_told_in_one_order() -> None:
    order = [listener for listener, _ in NETDEV_LISTENERS]
    assert all(list(told) == sorted(told, key=order.index) for told in NETDEV_CHAIN.values())
