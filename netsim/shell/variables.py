"""A shell's variables: values, arrays, attributes, and what functions keep to themselves."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import attrs

from netsim.machine.call import Program
from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.jumps import Exit, ReadonlyProblem
from netsim.shell.numbers import is_number
from netsim.shell.stack import LONG_TEXT, MOST_VALUE, Budget

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
COUNTED = frozenset(("SECONDS", "RANDOM"))
"""Variables that do not keep what they are set to."""
BUCKETS = 1024
"""Of an associative array (`ASSOC_HASH_BUCKETS`)."""


class SubscriptProblem(ArithmeticProblem):
    """A subscript that counts back past an array's beginning."""


class Listed(str):
    """The text of `(...)` as a value, with its words: each with its key, or None."""

    items: list[tuple[str | None, str]]


@attrs.frozen(eq=False, repr=False)
class Saved:
    """What a name stood for before a function made it its own."""

    value: str | None
    table: dict[Any, str] | None
    marks: str
    is_exported: bool


@attrs.define(eq=False, init=False, repr=False)
class Variables(Program):
    """`marks` are the letters of `declare` but for x: i(nteger), r(eadonly), l(ower), u(pper), c(apital), n(ame), A(ssociative), a(rray without value), t."""

    variables: dict[str, str] = attrs.field(factory=dict)
    exported: set[str] = attrs.field(factory=set)
    arrays: dict[str, dict[Any, str]] = attrs.field(factory=dict)
    marks: dict[str, str] = attrs.field(factory=dict)
    locals: list[dict[str, Saved]] = attrs.field(factory=list)
    options: set[str] = attrs.field(factory=set)
    budget: Budget = attrs.field(factory=Budget)
    seconds_from: int = 0
    """When, in ns, `SECONDS` was 0."""

    def get(self, name: str) -> str | None:
        """A variable's value."""
        return self.variables.get(name)

    def set(self, name: str, value: str) -> None:
        """Set a variable or an array's element. ReadonlyProblem."""
        size = len(value)
        if size >> LONG_TEXT:
            self.budget.commands += size >> LONG_TEXT
            if size > MOST_VALUE:
                self.complain(f"netsim: a value of more than {MOST_VALUE} characters: stopped")
                raise Exit(1)
        base, bracket, index = name.partition("[")
        if base in self.marks:
            base, bracket, index = self.target(name)
            value = self._marked(base, value)
        if base in COUNTED:
            self.seconds_from = self.now() - (int(value) if is_number(value) else 0) * 1_000_000_000
        elif bracket:
            self.table_for(base)[self.key(base, index[:-1])] = value
        elif base in self.arrays:
            self.arrays[base][self.key(base, "0")] = value
        elif "a" in self.marks.get(base, ""):
            self.arrays[base] = {0: value}
        else:
            self.variables[base] = value
        if "a" in self.options:
            self.exported.add(base)

    def assign(self, name: str, value: str) -> None:
        """`NAME=VALUE`, where the name may end in `+` and the value be a list. ReadonlyProblem, ArithmeticProblem."""
        append, name = name.endswith("+"), name.rstrip("+")
        if isinstance(value, Listed):
            self.set_list(name, value, "+" * append)
        elif append:
            base, bracket, index = self.target(name) if name in self.marks else name.partition("[")
            whole = base + bracket + index
            known = (self.element(base, index[:-1]) if bracket else self.parameter(base)) or ""
            self.set(whole, str(evaluate(known, self.whole()) + evaluate(value, self.whole())) if "i" in self.marks.get(base, "") else known + value)
        else:
            self.set(name, value)

    def set_list(self, name: str, value: Listed, sign: str) -> None:
        """An array of the words of a list; `+` adds them."""
        base = self.target(name)[0] if name in self.marks else name
        self.check_writable(base)
        table = dict(self.table_for(base)) if sign or base in self.variables else {}
        if not sign:
            table.clear()
        marks = self.marks.get(base, "")
        pairs = value.items
        if "A" in marks and pairs and pairs[0][0] is None:
            words = [word for _, word in pairs]
            pairs = list(zip(words[::2], [*words[1::2], ""][: len(words[::2])], strict=True))
        self.arrays[base] = table
        self.variables.pop(base, None)
        following = max((key for key in table if isinstance(key, int)), default=-1) + 1
        for key, text in pairs:
            place = self.key(base, key) if key is not None else following
            table[place] = self._marked(base, text) if marks else text
            following = place + 1 if isinstance(place, int) else following
        if "a" in self.options:
            self.exported.add(base)

    def element(self, name: str, index: str) -> str | None:
        """An array's element (`state.py`)."""
        raise NotImplementedError

    def parameter(self, name: str) -> str | None:
        """A variable or special parameter (`state.py`)."""
        raise NotImplementedError

    def now(self) -> int:
        """Virtual time in ns (`state.py`)."""
        raise NotImplementedError

    def complain(self, message: str) -> None:
        """An error line (`state.py`)."""
        raise NotImplementedError

    def target(self, name: str) -> tuple[str, str, str]:
        """What a name that may stand for another (`declare -n`) leads to: its base, bracket and index."""
        base, bracket, index = name.partition("[")
        for _ in range(8):
            if "n" not in self.marks.get(base, "") or base not in self.variables:
                break
            base, other, place = self.variables[base].partition("[")
            if other:
                bracket, index = other, place
        return base, bracket, index

    def _marked(self, base: str, value: str) -> str:
        """A value as the attributes of its name have it."""
        marks = self.marks.get(base, "")
        if "r" in marks:
            raise ReadonlyProblem(f"{base}: readonly variable")
        if "i" in marks:
            return str(evaluate(value, self.whole()))
        if "l" in marks:
            return value.lower()
        if "c" in marks:
            return value[:1].upper() + value[1:].lower()
        return value.upper() if "u" in marks else value

    def whole(self) -> ShellState:
        """The shell these variables are of (`state.py`)."""
        raise NotImplementedError

    def table_for(self, base: str) -> dict[Any, str]:
        """The array of a name, made of its value where it had but one."""
        table = self.arrays.get(base)
        if table is None:
            value = self.variables.pop(base, None)
            table = self.arrays[base] = {} if value is None else {self.key(base, "0"): value}
        return table

    def key(self, base: str, index: str) -> Any:
        """An array's key: text for an associative one, else a number. ArithmeticProblem."""
        if "A" in self.marks.get(base, ""):
            return index
        number = int(index) if is_number(index) else evaluate(index, self.whole())
        if number < 0:
            number += max(self.arrays.get(base, ()), default=-1) + 1
            if number < 0:
                raise SubscriptProblem(f"{base}[{index}]: bad array subscript")
        return number

    def check_writable(self, base: str) -> None:
        """ReadonlyProblem where a name may not be set."""
        if base in self.marks and "r" in self.marks[base]:
            raise ReadonlyProblem(f"{base}: readonly variable")

    def mark(self, name: str, letters: str) -> None:
        """Give a name attributes."""
        known = self.marks.get(name, "")
        if any(case in letters for case in "luc"):
            known = known.translate({ord(case): None for case in "luc"})
        self.marks[name] = "".join(letter for letter in "aAcilnrtu" if letter in known or letter in letters)

    def unmark(self, name: str, letters: str) -> None:
        """Take attributes off a name."""
        left = "".join(letter for letter in self.marks.get(name, "") if letter not in letters)
        self.marks.pop(name, None)
        if left:
            self.marks[name] = left

    def forget(self, name: str) -> None:
        """Remove a variable with its attributes."""
        self.variables.pop(name, None)
        self.arrays.pop(name, None)
        self.marks.pop(name, None)
        self.exported.discard(name)

    def is_known(self, name: str) -> bool:
        """Whether there is such a variable, with a value or without."""
        return name in self.variables or name in self.arrays or name in self.marks or name in self.exported

    # functions' own ------------------------------------------------------------------------------------------------------

    def make_local(self, name: str) -> None:
        """From here to the end of the function the name is its own, without value and attributes."""
        frame = self.locals[-1]
        if name not in frame:
            frame[name] = self.saved(name)
            self.forget(name)

    def saved(self, name: str) -> Saved:
        """What a name stands for."""
        return Saved(self.variables.get(name), self.arrays.get(name), self.marks.get(name, ""), name in self.exported)

    def restore(self, name: str, saved: Saved) -> None:
        """Have a name stand again for what it did."""
        self.forget(name)
        if saved.value is not None:
            self.variables[name] = saved.value
        if saved.table is not None:
            self.arrays[name] = saved.table
        if saved.marks:
            self.marks[name] = saved.marks
        if saved.is_exported:
            self.exported.add(name)

    # arrays --------------------------------------------------------------------------------------------------------------

    def table(self, name: str) -> dict[Any, str] | None:
        """The array of a name, in the order in which its elements are told."""
        if name in self.marks:
            name = self.target(name)[0]
        table = self.arrays.get(name)
        if table is None:
            return self.made_up(name)
        if "A" in self.marks.get(name, ""):
            return {key: table[key] for key in in_buckets(table)}
        numbers = list(table)
        return table if all(a < b for a, b in itertools.pairwise(numbers)) else {key: table[key] for key in sorted(table)}

    def made_up(self, name: str) -> dict[Any, str] | None:
        """An array the shell itself keeps, such as FUNCNAME (`state.py`)."""
        raise NotImplementedError


def in_buckets(table: dict[Any, str]) -> list[Any]:
    """The keys of an associative array as bash goes through its buckets (`hash_string`: FNV); in each the newest comes first."""
    buckets: dict[int, list[Any]] = {}
    size = BUCKETS
    while len(table) > size * 2:
        size *= 4
    for key in table:
        number = 2166136261
        for byte in str(key).encode("utf-8", "surrogateescape"):
            number = (number * 16777619 & 0xFFFFFFFF) ^ byte
        buckets.setdefault(number & (size - 1), []).append(key)
    return [key for bucket in sorted(buckets) for key in reversed(buckets[bucket])]
