"""What lines have in common that differ only in addresses, interfaces and the arguments of matches and targets: read once, then filled in."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter

import attrs

from netsim.commands.iptables.extension import Context, Extension, Given
from netsim.commands.iptables.extensions import MATCHES, TARGETS
from netsim.commands.iptables.options import LONG
from netsim.commands.iptables.parser import TWO_ARGUMENTS, Loaded, Parser, is_plain_interface
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.words import plain_address
from netsim.kernel.tables.xtables import RuleSpec

FREE = frozenset(
    ["-s", "-d", "-i", "-o"]
    + [f"--{name}" for name, option in LONG.items() if option.means in "sdio"]
    + [
        f"--{name}"
        for extension in [*MATCHES.values(), *TARGETS.values()]
        for name, (means, takes) in extension.options.items()
        if takes and means not in TWO_ARGUMENTS and name not in LONG
    ]
)
"""Options behind which any word is their argument, and decides nothing about how the words after it are read."""


@attrs.frozen
class Piece:
    """A match or target as it was read: its options, and what it became."""

    extension: Extension
    given: tuple[Given, ...]
    free: tuple[tuple[int, int], ...]
    """Which of the options have a free argument, and where it stands."""
    made: object

    def build(self, argv: tuple[str, ...], context: Context) -> object:
        """What it makes of a line's own arguments."""
        given = None
        for number, place in self.free:
            known = self.given[number]
            if argv[place] != known.value:
                given = given or list(self.given)
                given[number] = Given(known.name, argv[place], known.inverted, known.place, known.protocol)
        return self.made if given is None else self.extension.build(given, context)


MOST_FORMS = 16
"""So many forms of lines of one length are kept; of more, those that were met last."""


@attrs.frozen
class Form:
    """A line that was read, with the places of its free words, counted from the end; 0 where there is none."""

    fixed: tuple[str, ...]
    """The words that are not free."""
    pick: Callable[[tuple[str, ...]], tuple[str, ...]]
    """Takes the words in their places out of a line."""
    request: Request
    spec: RuleSpec
    context: Context
    source: int
    destination: int
    iniface: int
    outiface: int
    matches: tuple[Piece, ...]
    """Empty when no argument of a match is free."""
    target: Piece | None
    is_vetted: bool
    """Whether such rules are never refused by what their matches and targets ask."""

    def fill(self, argv: tuple[str, ...]) -> Request | None:
        """The request of a line of this form; None where a word asks for more than a look at itself. Raises Problem and AsksWorld."""
        spec, like, context = self.spec, self.request, self.context
        src, src_mask, dst, dst_mask, iniface, outiface = spec.src, spec.src_mask, spec.dst, spec.dst_mask, spec.iniface, spec.outiface
        if self.source:
            pair = plain_address(argv[self.source], context.family)
            if pair is None:
                return None
            ((src, src_mask),) = pair
        if self.destination:
            pair = plain_address(argv[self.destination], context.family)
            if pair is None:
                return None
            ((dst, dst_mask),) = pair
        if self.iniface:
            iniface = argv[self.iniface]
            if not is_plain_interface(iniface):
                return None
        if self.outiface:
            outiface = argv[self.outiface]
            if not is_plain_interface(outiface):
                return None
        matches = tuple([piece.build(argv, context) for piece in self.matches]) if self.matches else spec.matches
        target = spec.target if self.target is None else self.target.build(argv, context)
        return Request(
            like.command, like.chain, "", "", 0, like.table,
            (RuleSpec(
                src, src_mask, spec.src_inverted, dst, dst_mask, spec.dst_inverted, iniface, spec.iniface_inverted, outiface, spec.outiface_inverted,
                spec.protocol, spec.protocol_inverted, spec.fragment, matches, target, spec.is_goto,
            ),),
            like.flags, like.counters, like.has_counters, "", self.is_vetted,
        )  # fmt: skip


@lru_cache(maxsize=256)
def forms_of(build: str, length: int) -> list[Form]:
    """The forms of lines of so many words to a tool of this build, the newest first."""
    return []


def keep(form: Form, build: str, length: int) -> None:
    """Know a form from now on."""
    forms = forms_of(build, length)
    if all(known.fixed != form.fixed for known in forms):
        forms.insert(0, form)
        del forms[MOST_FORMS:]


def without_free(argv: tuple[str, ...]) -> tuple[str | None, ...]:
    """A line's words with None for those that are free: behind the first of each option that may have such."""
    words: list[str | None] = [*argv, None]
    for option in FREE.intersection(argv):
        words[argv.index(option) + 1] = None
    return tuple(words[:-1])


def form_of(parser: Parser, argv: tuple[str, ...]) -> Form | None:
    """The form of a line that was read, None when it is no rule's, has no free words, or one that looked free was read otherwise."""
    request, loaded, target, words = parser.request, parser.loaded, parser.target, without_free(argv)
    if len(request.specs) != 1 or request.position or request.warnings or None not in words:
        return None
    spec = request.specs[0]
    free = {place - len(words) for place, word in enumerate(words) if word is None}
    parts = {letter: place for letter, place in parser.places.items() if place in free and argv[place] == parser.seen[letter]}
    matches = tuple([_piece(owner, made, argv, free) for owner, made in zip(loaded, spec.matches, strict=True)])
    lead = () if target is None else (_piece(target, spec.target, argv, free),)
    read = {*parts.values(), *(place for piece in (*matches, *lead) for _, place in piece.free)}
    if read != free or not all(is_plain_interface(argv[parts[letter]]) for letter in "io" if letter in parts):
        return None
    source, destination, iniface, outiface = (parts.get(letter, 0) for letter in "sdio")
    asks = [piece for piece in (*matches, *lead) if piece.extension.valid is not None or not _belongs(piece.extension, request.table)]
    if not any(piece.free for piece in matches):
        matches = ()
    fixed = [place for place, word in enumerate(words) if word is not None]
    return Form(
        tuple([argv[place] for place in fixed]),
        itemgetter(*fixed),
        request,
        spec,
        parser.context(),
        source,
        destination,
        iniface,
        outiface,
        matches,
        lead[0] if lead and lead[0].free else None,
        not (asks or spec.src_inverted or spec.dst_inverted),
    )


def _belongs(extension: Extension, table: str) -> bool:
    return not extension.tables or table in extension.tables


def _piece(owner: Loaded, made: object, argv: tuple[str, ...], free: set[int]) -> Piece:
    places = [(number, known.place) for number, known in enumerate(owner.given) if known.place in free and argv[known.place] == known.value]
    return Piece(owner.extension, tuple(owner.given), tuple(places), made)
