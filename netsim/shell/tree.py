"""What a script is made of once it is parsed."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen(eq=False, repr=False)
class Word:
    """Raw text of one word, quotes and expansions still in it."""

    text: str


@attrs.frozen(eq=False, repr=False)
class Redirect:
    """`FD OP TARGET`; for a here-document `body` is its text and `literal` says that nothing in it is expanded; `variable` is set to the number (`{fd}>`)."""

    fd: int
    op: str
    target: Word
    body: str = ""
    literal: bool = False
    variable: str = ""
    warning: str = ""


@attrs.frozen(eq=False, repr=False)
class Simple:
    """Assignments, words and redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]
    line: int = 1


@attrs.frozen(eq=False, repr=False)
class Pipeline:
    """Commands joined by `|`; `negated` by `!`; `timed` by `time` ("p" with -p)."""

    commands: tuple[Any, ...]
    negated: bool = False
    timed: str = ""


@attrs.frozen(eq=False, repr=False)
class AndOr:
    """Pipelines joined by `&&` and `||`: the first, then (operator, pipeline) pairs."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()


@attrs.frozen(eq=False, repr=False)
class Sequence:
    """Lists one after the other, each in the foreground (";", or "\\n" at the end of a line) or background ("&")."""

    items: tuple[tuple[AndOr, str], ...]


@attrs.frozen(eq=False, repr=False)
class Group:
    """`{ ...; }`, or a subshell `( ... )`."""

    body: Sequence
    is_subshell: bool
    redirects: tuple[Redirect, ...] = ()


@attrs.frozen(eq=False, repr=False)
class If:
    """Conditions with their branches, and the else branch."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    redirects: tuple[Redirect, ...] = ()


@attrs.frozen(eq=False, repr=False)
class Loop:
    """`while` or `until`."""

    condition: Sequence
    body: Sequence
    until: bool
    redirects: tuple[Redirect, ...] = ()


@attrs.frozen(eq=False, repr=False)
class For:
    """`for NAME in WORDS`; words None are the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@attrs.frozen(eq=False, repr=False)
class Select:
    """`select NAME in WORDS`; words None are the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@attrs.frozen(eq=False, repr=False)
class Coproc:
    """`coproc [NAME] COMMAND`."""

    name: str
    command: Any
    redirects: tuple[Redirect, ...] = ()


@attrs.frozen(eq=False, repr=False)
class CFor:
    """`for (( a; b; c ))`."""

    start: str
    condition: str
    step: str
    body: Sequence
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@attrs.frozen(eq=False, repr=False)
class Case:
    """`case WORD in pattern) ... ;; esac`; `ends` are how the branches end (`;;`, `;&`, `;;&`)."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], Sequence], ...]
    redirects: tuple[Redirect, ...] = ()
    ends: tuple[str, ...] = ()
    line: int = 0


@attrs.frozen(eq=False, repr=False)
class Function:
    """A function's definition."""

    name: str
    body: Any


@attrs.frozen(eq=False, repr=False)
class Arithmetic:
    """`(( expression ))`."""

    text: str
    redirects: tuple[Redirect, ...] = ()
    line: int = 0


@attrs.frozen(eq=False, repr=False)
class Conditional:
    """`[[ ... ]]`."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()
    line: int = 0
