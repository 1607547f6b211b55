"""Drawing command scripts from grammars: `{a|b}` one of them, `[x]` sometimes, `$word` one of a vocabulary's."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

import attrs

OPTIONAL = re.compile(r"\[([^][]*)\]")
CHOICE = re.compile(r"\{([^{}]*)\}")
WORD = re.compile(r"\$(\w+)")


@attrs.frozen
class Grammar:
    """One kind of script: lines that come first, templates of lines to draw, words they use, and what is asked at the end."""

    setup: Sequence[str]
    lines: Sequence[str]
    words: Mapping[str, Sequence[str]]
    questions: Sequence[str] = ()
    most: int = 30


def expand(rng: random.Random, text: str, words: Mapping[str, Sequence[str]]) -> str:
    """One line of a template."""
    while OPTIONAL.search(text):
        text = OPTIONAL.sub(lambda told: told[1] if rng.random() < 0.3 else "", text)
    while CHOICE.search(text) or WORD.search(text):
        text = CHOICE.sub(lambda told: rng.choice(told[1].split("|")), text)
        text = WORD.sub(lambda told: rng.choice(words[told[1]]), text)
        while OPTIONAL.search(text):
            text = OPTIONAL.sub(lambda told: told[1] if rng.random() < 0.3 else "", text)
    return " ".join(text.split())


def script(grammar: Grammar, seed: int) -> list[str]:
    """The lines of one script; the same seed gives the same lines."""
    rng = random.Random(seed)
    drawn = [expand(rng, rng.choice(grammar.lines), grammar.words) for _ in range(grammar.most)]
    return [*grammar.setup, *drawn, *grammar.questions]
