"""Parts of a world that a fork copies when one of the two worlds first touches them.

A class whose instances own a corner of the world (a namespace, a device, a socket, a timer, a file) derives from `Late`. A fork makes
such an object *unread*: an empty one of the same type in the copy. The original is *held*: nothing may change it before those who wait have read it. Both
are told by a subclass put in place of their class, which hears of the first access; after that the object is what it always was,
so that nothing is paid on the way of a packet.

This is sound as long as whatever hangs on a late object is only reached through late objects, or through what a fork copies at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from netsim.values import set_class

Work = list[tuple[Callable[[Any, Any, "Ledger", Any], None], Any, Any]]
Filler = Callable[[Any, Any, "Ledger", Work], None]
"""Fills a new object of some class from an old one."""


class Late:
    """Base of classes whose instances a fork copies at their first use."""

    __slots__ = ("late",)  # only unread and held objects have it: an `Unread`, or the ledgers that wait

    def owned_late(self) -> Iterable[Late]:
        """Late objects in here that somebody may hold without having come this way; they are held with their owner."""
        return ()


class Ledger(dict[int, Any]):
    """What one fork has copied: id of the original -> the copy.

    A late object stays at its id while it is unread: its `Unread` holds the original.
    """

    def __eq__(self, other: object) -> bool:
        return self is other  # whatever it copied; so references to ledgers compare at once

    def __init__(self, filler_of: Callable[[type], Filler]) -> None:
        super().__init__()
        self.filler_of = filler_of
        self.itself: Waiting = (weakref.ref(self),)
        self.joined: tuple[Waiting, Waiting] = ((), self.itself)


Waiting = tuple["weakref.ref[Ledger]", ...]
"""The forks that must read an object before it changes; a fork that nobody has any more is gone from here by itself."""


class Unread:
    """What an unread object is a copy of."""

    __slots__ = ("ledger", "original", "waiting")

    def __init__(self, ledger: Ledger, original: Late) -> None:
        self.ledger = ledger
        self.original = original
        self.waiting: Waiting = ()


class _Untouched:
    """Hears of the first access to a late object."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        touch(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        touch(self)
        setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        touch(self)
        delattr(self, name)


UNTOUCHED: dict[type, type] = {}
"""By late class: the subclass of its untouched objects."""
TOUCHED: dict[type, type] = {}
"""The other way round."""

_slot = vars(Late)["late"]
_noted, _note, _drop = _slot.__get__, _slot.__set__, _slot.__delete__
_make = object.__new__


def _untouched(cls: type) -> type:
    made = UNTOUCHED[cls] = type(f"Untouched{cls.__name__}", (_Untouched, cls), {"__slots__": (), "__module__": __name__})
    TOUCHED[made] = cls
    return made


def put_off(original: Any, ledger: Ledger, work: Work) -> Any:
    """An unread copy of a late object, which is held from now on."""
    _hold(original, ledger)
    new = ledger[id(original)] = _make(type(original))
    _note(new, Unread(ledger, original))
    return new


def _hold(original: Any, ledger: Ledger) -> None:
    """Let a ledger wait for an object, and for those it owns."""
    kind = type(original)
    if kind not in TOUCHED:
        for part in original.owned_late():
            _hold(part, ledger)
        _note(original, ledger.itself)
        set_class(original, UNTOUCHED.get(kind) or _untouched(kind))
        return
    note = _noted(original)
    if type(note) is Unread:  # what it will own does not exist yet
        note.waiting = _with(note.waiting, ledger)
        return
    waiting = _with(note, ledger)
    if waiting is not note:
        _note(original, waiting)
        set_class(original, TOUCHED[kind])
        for part in original.owned_late():
            _hold(part, ledger)
        set_class(original, kind)


def _with(waiting: Waiting, ledger: Ledger) -> Waiting:
    """Those who wait and are still there, and this ledger once; worked out once for the many that wait alike."""
    if waiting is not ledger.joined[0]:
        itself = ledger.itself[0]
        joined = waiting if itself in waiting else (*(each for each in waiting if each() is not None), itself)
        ledger.joined = waiting, joined
    return ledger.joined[1]


def touch(one: Any) -> None:
    """Make an untouched object what its class says: read it, and let those who wait for it read it first of all."""
    cls = TOUCHED.get(type(one))
    if cls is None:
        return
    note = _noted(one)
    if type(note) is Unread:
        _catch_up(one, note, cls)
        if type(one) is cls:
            return
        note = _noted(one)
    _drop(one)
    set_class(one, cls)
    for each in note:
        ledger = each()
        if ledger is not None:
            _fill(one, cls, ledger)


def _catch_up(one: Any, note: Unread, cls: type) -> None:
    """Read an unread object from its original, which goes on being held if others wait for it."""
    original, held = note.original, UNTOUCHED[cls]
    waiting = _noted(original)
    if type(waiting) is Unread:
        touch(original)  # it lets us read it first
        return
    set_class(original, cls)
    _fill(original, cls, note.ledger)
    others = tuple(each for each in waiting if each is not note.ledger.itself[0] and each() is not None)
    if others:
        _note(original, others)
        set_class(original, held)
    else:
        _drop(original)


def _fill(original: Any, cls: type, ledger: Ledger) -> None:
    """Copy a late object, and what hangs on it up to the next late ones."""
    new = ledger.get(id(original))
    waiting: Waiting = ()
    if new is None:
        new = ledger[id(original)] = _make(cls)
    else:
        waiting = _noted(new).waiting
        _drop(new)
        set_class(new, cls)
    work: Work = [(ledger.filler_of(cls), original, new)]
    while work:
        fill, old, copied = work.pop()
        fill(old, copied, ledger, work)
    if waiting:
        _note(new, waiting)
        set_class(new, UNTOUCHED[cls])
