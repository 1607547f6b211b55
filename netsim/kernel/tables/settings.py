"""Settings are values that many share until one of them changes its own: a device has its namespace's `default` of the moment it was made.

The kernel copies the array whole for every device (`inetdev_init`, `ipv6_add_dev`, `neigh_parms_alloc`); a copy that nobody has changed is the same here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import attrs

from netsim.kernel.tables.conntrack import ConntrackConf
from netsim.kernel.tables.inet import Ipv4Conf
from netsim.kernel.tables.inet6 import Ipv6Conf
from netsim.kernel.tables.neigh import NeighParms
from netsim.values import quick

T = TypeVar("T", Ipv4Conf, Ipv6Conf, NeighParms, ConntrackConf)


def having(settings: T, **values: int) -> T:
    """These settings with some of them changed."""
    for name, value in values.items():
        if getattr(settings, name) != value:
            break
    else:
        return settings
    if len(values) > 1:
        return _changed(settings, values)
    return _having_one(Same(settings), name, value)  # type: ignore[no-any-return]


@attrs.frozen(eq=False, weakref_slot=False)
class Same:
    """A value that is equal to itself alone: cheaper to look for than by all its fields."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return type(other) is Same and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value) >> 4


@lru_cache(maxsize=64)
def _having_one(same: Same, name: str, value: int) -> Any:
    """What becomes of it once one setting is changed: most are changed from the same, in the same way."""
    return _changed(same.value, {name: value})


def _changed(settings: T, values: Mapping[str, int]) -> T:
    kind: Any = type(settings)
    names, read = _fields(kind)
    known = list(read(settings))
    for name, value in values.items():
        known[names[name]] = value
    changed: T = kind(*known)
    return changed


@lru_cache
def _fields(kind: Any) -> tuple[dict[str, int], Callable[[object], tuple[int, ...]]]:
    """Where each field of a kind of settings stands, and all of their values."""
    names = [field.name for field in attrs.fields(kind)]
    return {name: place for place, name in enumerate(names)}, attrgetter(*names)


@quick
@attrs.frozen(weakref_slot=False)
class Holder:
    """Where a set of settings hangs: an attribute of a namespace's state, or of a device's."""

    owner: Any
    slot: str

    @property
    def settings(self) -> Any:
        """Those in force."""
        return getattr(self.owner, self.slot)

    def change(self, name: str, value: int) -> None:
        """Give one of them another value, for this holder alone."""
        setattr(self.owner, self.slot, having(getattr(self.owner, self.slot), **{name: value}))
