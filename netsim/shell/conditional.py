"""[[ ]]: an expression whose parts are expanded only when they are asked for (`cond_command`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from netsim.shell.arith import evaluate
from netsim.shell.conditions import COMPARED, NUMERIC, ConditionProblem, compared, unary
from netsim.shell.expand import Steps, expand, expand_one
from netsim.shell.fields import MARKS, QUOTED, plain
from netsim.shell.patterns import CLASSES, matcher

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

BINARY = frozenset(("=", "==", "!=", "=~", "<", ">", *NUMERIC, *COMPARED))
UNARY = re.compile(r"-[a-hknoprstuvwxzGLNORS]")


class Conditions:
    """One pass over the words as typed; while `skip` counts, nothing is expanded. `shown` gets what was looked at, as `set -x` tells it."""

    def __init__(self, shell: ShellState, words: tuple[str, ...]) -> None:
        self.shell, self.words, self.at, self.skip = shell, words, 0, 0
        self.shown: list[str] = []

    def peek(self, ahead: int = 0) -> str:
        """A word from here, "" behind the end."""
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def holds(self) -> Steps:
        """The whole expression. ConditionProblem."""
        value = yield from self.either()
        if self.at < len(self.words):
            raise ConditionProblem("syntax error in conditional expression")
        return value

    def either(self) -> Steps:
        """Parts joined by ||."""
        value = yield from self.both()
        while self.peek() == "||":
            self.at += 1
            self.skip += value
            other = yield from self.both()
            self.skip -= value
            value = value or other
        return value

    def both(self) -> Steps:
        """Parts joined by &&."""
        value = yield from self.one()
        while self.peek() == "&&":
            self.at += 1
            self.skip += not value
            other = yield from self.one()
            self.skip -= not value
            value = value and other
        return value

    def one(self) -> Steps:
        """A test, negated or in parentheses."""
        word = self.peek()
        if not word:
            raise ConditionProblem("syntax error in conditional expression")
        if word == "!":
            self.at += 1
            before = len(self.shown)
            value = yield from self.one()
            self.shown[before : before + 1] = [f"! {line}" for line in self.shown[before : before + 1]]
            return not value
        if word == "(":
            self.at += 1
            value = yield from self.either()
            self.at += 1
            return value
        if self.peek(1) in BINARY and self.at + 2 < len(self.words):
            self.at += 3
            return False if self.skip else (yield from self.binary(word, self.words[self.at - 2], self.words[self.at - 1]))
        if UNARY.fullmatch(word) and self.at + 1 < len(self.words) and self.peek(1) not in ("&&", "||", ")"):
            self.at += 2
            if self.skip:
                return False
            text = yield from expand_one(self.shell, self.words[self.at - 1])
            self.shown.append(f"{word} {text or chr(39) * 2}")
            return bool(unary(self.shell, word, text))
        self.at += 1
        if self.skip:
            return False
        text = yield from expand_one(self.shell, word)
        self.shown.append(f"-n {text or chr(39) * 2}")
        return text != ""

    def binary(self, left: str, operator: str, right: str) -> Steps:
        """A test of two words."""
        shell = self.shell
        word = yield from expand_one(shell, left)
        marked = yield from expand(shell, right)
        other = plain(marked)
        literal = re.sub(f"{QUOTED}(.)", r"\\\1", marked, flags=re.S) if operator in ("=", "==", "!=") else other
        self.shown.append(f"{word or chr(39) * 2} {operator} {MARKS.sub('', literal) or chr(39) * 2}")
        if operator == "=~":
            return _matches(shell, word, marked)
        if operator in ("=", "==", "!="):
            pattern = matcher(marked, "e" + "i" * ("nocasematch" in shell.options))
            return (pattern.fullmatch(word) is not None) == (operator != "!=")
        if operator in NUMERIC:
            a, b = evaluate(word, shell), evaluate(other, shell)
            return {"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[NUMERIC[operator]]
        if operator in COMPARED:
            return compared(shell, word, operator, other)
        return (word < other) if operator == "<" else (word > other)


def _matches(shell: ShellState, word: str, marked: str) -> bool:
    try:
        found = _regex(marked, "i" * ("nocasematch" in shell.options)).search(word)
    except re.error:
        raise ConditionProblem("") from None
    shell.arrays["BASH_REMATCH"] = dict(enumerate([found[0], *(group or "" for group in found.groups())])) if found else {}
    return found is not None


@lru_cache(maxsize=256)
def _regex(marked: str, flags: str) -> re.Pattern[str]:
    """An extended regular expression (regex(7)); quoted characters stand for themselves."""
    out, at, within = "", 0, 0
    while at < len(marked):
        letter = marked[at]
        if letter == QUOTED:
            out += re.escape(marked[at + 1 : at + 2])
            at += 2
            continue
        if MARKS.match(letter):
            at += 1
            continue
        if within:
            named = re.match(r"\[:(\w+):\]", marked[at:])
            if named is not None:
                out += CLASSES.get(named[1], "")
                at += named.end()
                continue
            if letter == "]" and at > within:
                within = 0
                out += "]"
            else:
                out += "\\" + letter if letter in "[\\]" else letter
            at += 1
            continue
        if letter == "[":
            negated = marked[at + 1 : at + 2] == "^"
            out += "[^" if negated else "["
            at += 1 + negated
            within = at
            continue
        if letter == "\\" and marked[at + 1 : at + 2] in ("<", ">"):
            out += r"\b"
            at += 2
            continue
        if letter == "\\":
            out += marked[at : at + 2]
            at += 2
            continue
        out += r"(?!\n)\Z" if letter == "$" else letter
        at += 1
    return re.compile(out, re.S | (re.I if flags else 0))
