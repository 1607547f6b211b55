"""What a compiled filter is made of: conditions over a frame's bytes.

As in the kernel's filter machine a load beyond the end of the frame (or a division by zero) rejects the frame as a whole, whatever
stands around it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs

MASK = 0xFFFFFFFF


class Rejected(Exception):
    """The frame is too short for what was asked of it."""


@attrs.define(eq=False)
class View:
    """A frame under a filter: its bytes, the length it had, and whether it goes out (None: not known)."""

    data: bytes
    length: int
    is_outgoing: bool | None = None

    def load(self, at: int, size: int) -> int:
        """A number in network order."""
        if at < 0 or at + size > len(self.data):
            raise Rejected
        return int.from_bytes(self.data[at : at + size], "big")


class Condition(Protocol):
    """Something that holds for a frame or does not."""

    def holds(self, view: View) -> bool:
        """Whether it does; Rejected."""


class Value(Protocol):
    """A 32-bit number read from a frame."""

    def of(self, view: View) -> int:
        """The number; Rejected."""


def matches(condition: Condition | None, view: View) -> bool:
    """Whether a frame passes a filter; none passes everything."""
    if condition is None:
        return True
    try:
        return condition.holds(view)
    except Rejected:
        return False


@attrs.frozen
class And:
    """Both."""

    left: Any
    right: Any

    def holds(self, view: View) -> bool:
        """Whether both hold; the second is not asked when the first does not."""
        return bool(self.left.holds(view) and self.right.holds(view))


@attrs.frozen
class Or:
    """One of two."""

    left: Any
    right: Any

    def holds(self, view: View) -> bool:
        """Whether one holds; the second is not asked when the first does."""
        return bool(self.left.holds(view) or self.right.holds(view))


@attrs.frozen
class Not:
    """The opposite."""

    inner: Any

    def holds(self, view: View) -> bool:
        """Whether the inner one does not hold."""
        return not self.inner.holds(view)


@attrs.frozen
class Always:
    """The same for every frame."""

    answer: bool

    def holds(self, view: View) -> bool:
        """The answer."""
        return self.answer


@attrs.frozen
class Outgoing:
    """Frames that leave, or (`wanted` False) frames that come in."""

    wanted: bool

    def holds(self, view: View) -> bool:
        """By the frame's direction."""
        return bool(view.is_outgoing) == self.wanted


@attrs.frozen
class Field:
    """A number at a fixed place under a mask; behind the IPv4 header at `network` when that is not -1."""

    at: int
    size: int
    mask: int = MASK
    network: int = -1

    def of(self, view: View) -> int:
        """The number."""
        at = self.at
        if self.network >= 0:
            at += self.network + 4 * (view.load(self.network, 1) & 15)
        return view.load(at, self.size) & self.mask


@attrs.frozen
class Wide:
    """Bytes at a fixed place under a mask, as one number of any length."""

    at: int
    size: int
    mask: int

    def of(self, view: View) -> int:
        """The number, read in pieces of four bytes as the filter machine does."""
        return view.load(self.at, self.size) & self.mask


@attrs.frozen
class Constant:
    """A number that stands in the expression."""

    number: int

    def of(self, view: View) -> int:
        """The number."""
        return self.number


@attrs.frozen
class Length:
    """The length of the frame."""

    def of(self, view: View) -> int:
        """In bytes."""
        return view.length


@attrs.frozen
class Load:
    """A number at a place that is worked out."""

    index: Any
    size: int
    base: int
    behind_ipv4: bool = False

    def of(self, view: View) -> int:
        """The number."""
        at = (self.index.of(view) + self.base) & MASK
        if self.behind_ipv4:
            at = (at + 4 * (view.load(self.base, 1) & 15)) & MASK
        return view.load(at, self.size)


def _shift_left(left: int, right: int) -> int:
    return left << right if right < 32 else 0


def _shift_right(left: int, right: int) -> int:
    return left >> right if right < 32 else 0


_OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.floordiv, "%": operator.mod, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": _shift_left, ">>": _shift_right,
}  # fmt: skip
_RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


@attrs.frozen
class Arithmetic:
    """Two numbers and a sign between them."""

    sign: str
    left: Any
    right: Any

    def of(self, view: View) -> int:
        """The result in 32 bits; Rejected when it divides by zero."""
        left, right = self.left.of(view), self.right.of(view)
        if self.sign in "/%" and not right:
            raise Rejected
        return _OPERATIONS[self.sign](left, right) & MASK


@attrs.frozen
class Relation:
    """Two numbers compared."""

    sign: str
    left: Any
    right: Any

    def holds(self, view: View) -> bool:
        """Whether the comparison is true."""
        return _RELATIONS[self.sign](self.left.of(view), self.right.of(view))
