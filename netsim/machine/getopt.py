"""Words of a command line to options, as glibc's getopt(3) and getopt_long(3) do, with their messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class Option:
    """One option found: its letter (or long name) and its argument, if it takes one."""

    name: str
    argument: str | None = None


class OptionError(Exception):
    """A wrong option; `str()` is what getopt prints after `PROGRAM: `."""


@attrs.frozen
class Grammar:
    """Which options there are: letters that take nothing, letters that take an argument, and long names.

    `long` maps a long name to (letter or name to report, "" | "=" | "?") for no, required or optional argument.
    """

    flags: str = ""
    valued: str = ""
    optional: str = ""
    long: Mapping[str, tuple[str, str]] = attrs.field(factory=dict)
    in_order: bool = False
    """Whether the first word that is no option ends them (a leading `+` of getopt's)."""


def parse(words: Sequence[str], grammar: Grammar) -> tuple[list[Option], list[str]]:
    """Options in order and the other words (permuted to the end as GNU does); raises OptionError at the first wrong one."""
    options: list[Option] = []
    rest: list[str] = []
    queue = iter(words)
    for word in queue:
        if word[:1] != "-" or word == "-":
            rest.append(word)
            if grammar.in_order:
                rest += queue
        elif word == "--":
            rest += queue
        elif word[1] == "-":
            options.append(_long(word[2:], grammar, queue))
        elif len(word) == 2 and word[1] in grammar.flags:
            options.append(Option(word[1]))
        elif len(word) == 2 and word[1] in grammar.valued:
            options.append(Option(word[1], _argument(word[1], queue)))
        else:
            options += _cluster(word[1:], grammar, queue)
    return options, rest


def scan(words: Sequence[str], grammar: Grammar) -> Iterator[Option | str]:
    """Options and other words as they come; raises OptionError at the first wrong one."""
    queue = iter(words)
    for word in queue:
        if word == "--":
            yield from queue
        elif word.startswith("--"):
            yield _long(word[2:], grammar, queue)
        elif word.startswith("-") and len(word) > 1:
            yield from _cluster(word[1:], grammar, queue)
        else:
            yield word
            if grammar.in_order:
                yield from queue


def _argument(letter: str, queue: Iterator[str]) -> str:
    argument = next(queue, None)
    if argument is None:
        raise OptionError(f"option requires an argument -- '{letter}'")
    return argument


def _cluster(letters: str, grammar: Grammar, queue: Iterator[str]) -> Iterator[Option]:
    for place, letter in enumerate(letters):
        tail = letters[place + 1 :]
        if letter in grammar.valued:
            yield Option(letter, tail or _argument(letter, queue))
            return
        if letter in grammar.optional:
            yield Option(letter, tail or None)
            return
        if letter not in grammar.flags:
            raise OptionError(f"invalid option -- '{letter}'")
        yield Option(letter)


def _long(word: str, grammar: Grammar, queue: Iterator[str]) -> Option:
    name, equals, value = word.partition("=")
    matches = [name] if name in grammar.long else [known for known in grammar.long if known.startswith(name)]
    if not matches:
        raise OptionError(f"unrecognized option '--{name}'")
    if len({grammar.long[known] for known in matches}) > 1:
        possible = " ".join(f"'--{known}'" for known in matches)
        raise OptionError(f"option '--{name}' is ambiguous; possibilities: {possible}")
    full = matches[0]
    letter, takes = grammar.long[full]
    if equals and not takes:
        raise OptionError(f"option '--{full}' doesn't allow an argument")
    if takes == "=" and not equals:
        argument = next(queue, None)
        if argument is None:
            raise OptionError(f"option '--{full}' requires an argument")
        return Option(letter, argument)
    return Option(letter, value if equals else None)
