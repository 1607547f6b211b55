"""Shell arithmetic: 64-bit integers, C's operators, variables by name (`expr.c`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from netsim.shell.jumps import ExpansionProblem
from netsim.shell.numbers import is_number

if TYPE_CHECKING:
    from netsim.shell.variables import Variables

TOKEN = re.compile(
    r"\s*(?:(\d[0-9a-zA-Z#@_]*)|([A-Za-z_]\w*)|(\*\*|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%&|^~!<>=?:(),]))", re.A
)  # fmt: skip
LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
ASSIGNMENTS = frozenset(("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))
DIGITS = {letter: value for value, letter in enumerate("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_")}
MOST_LEVELS = 40
"""Parentheses and variables inside each other."""


class ArithmeticProblem(Exception):
    """A wrong expression; `str()` is what bash says about it."""


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[tuple[str, int, str], ...]:
    """Tokens as (text, place, subscript); what is no token ends them as itself."""
    found: list[tuple[str, int, str]] = []
    place, size = 0, len(text)
    while place < size:
        match = TOKEN.match(text, place)
        if match is None:
            rest = text[place:]
            if rest.strip():
                found.append(("\0", place + len(rest) - len(rest.lstrip()), ""))
            break
        group = match.lastindex or 0
        start, place, subscript = match.start(group), match.end(), ""
        if match[group] in ("++", "--") and not (found and is_name(found[-1][0])) and not text[place:].lstrip()[:1].isidentifier():
            place = start + 1  # two signs
            found.append((text[start], start, ""))
            continue
        if group == 2 and text[place : place + 1] == "[":
            end = _closing(text, place)
            subscript, place = text[place + 1 : end], end + 1
        found.append((match[group], start, subscript if subscript or place == match.end() else " "))
    return tuple(found)


def _closing(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "[") - (text[place] == "]")
        if not depth:
            return place
    raise ArithmeticProblem(f"{text[:at].split()[-1]}: bad array subscript")


class _Reader:
    """One pass over an expression; while `skip` counts, nothing is looked up or set."""

    def __init__(self, text: str, shell: Variables, level: int) -> None:
        self.text, self.shell, self.at, self.level, self.skip = text, shell, 0, level, 0
        self.tokens = _tokens(text)

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def problem(self, what: str, place: int | None = None) -> ArithmeticProblem:
        """An error at a token, the last one read where the text has ended."""
        if place is None:
            place = self.tokens[min(self.at, len(self.tokens) - 1)][1] if self.tokens else 0
        return ArithmeticProblem(f'{self.text.lstrip()}: {what} (error token is "{self.text[place:]}")')

    def comma(self) -> int:
        value = self.assignment()
        while self.peek() == ",":
            self.at += 1
            value = self.assignment()
        return value

    def assignment(self) -> int:
        self.level += 1
        if self.level > MOST_LEVELS:
            raise ArithmeticProblem(f'{self.text:.80}: expression recursion level exceeded (error token is "{self.text[:80]}")')
        tokens, at = self.tokens, self.at
        try:
            if at + 1 < len(tokens) and tokens[at + 1][0] in ASSIGNMENTS and is_name(tokens[at][0]):
                return self.assigned(tokens[at], tokens[at + 1][0])
            value = self.ternary()
            if self.peek() in ASSIGNMENTS:
                raise self.problem("attempted assignment to non-variable")
            return value
        finally:
            self.level -= 1

    def assigned(self, target: tuple[str, int, str], operator: str) -> int:
        self.at += 2
        before = 0 if operator == "=" else self.variable(target)
        place = self.at
        value = self.assignment()
        if operator != "=":
            value = self.apply(operator[:-1], before, value, place)
        self.store(target, value)
        return value

    def store(self, target: tuple[str, int, str], value: int) -> None:
        if not self.skip:
            self.shell.set(target[0] + (f"[{target[2]}]" if target[2] else ""), str(value))

    def ternary(self) -> int:
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.at += 1
        if self.peek() == ":":
            raise self.problem("expression expected")
        yes = self.quietly(self.comma, not condition)
        if self.peek() != ":":
            raise self.problem("`:' expected for conditional expression")
        self.at += 1
        if not self.peek():
            raise self.problem("expression expected")
        no = self.quietly(self.ternary_end, bool(condition))
        return yes if condition else no

    def ternary_end(self) -> int:
        return self.ternary()

    def quietly(self, part: Callable[[], int], skips: object) -> int:
        """A part that may not count."""
        self.skip += bool(skips)
        value = part()
        self.skip -= bool(skips)
        return value

    def binary(self, level: int) -> int:
        if level == len(LEVELS):
            return self.power()
        left = self.binary(level + 1)
        while self.peek() in LEVELS[level] and self.peek():
            operator = self.peek()
            self.at += 1
            place = self.at
            if level < 2:
                decided = (left == 0) == (level == 1)
                self.skip += decided
                right = self.binary(level + 1)
                self.skip -= decided
                left = int(bool(left and right)) if level else int(bool(left or right))
            else:
                right = self.binary(level + 1)
                left = self.apply(operator, left, right, place)
        return left

    def power(self) -> int:
        base = self.unary()
        if self.peek() == "**":
            self.at += 1
            exponent = self.power()
            if exponent < 0 and not self.skip:
                raise self.problem("exponent less than 0", self.tokens[self.at - 1][1])
            return wrapped(pow(base, max(exponent, 0), 1 << 64))
        return base

    def unary(self) -> int:
        signs = ""
        while (token := self.peek()) in ("+", "-", "!", "~") or (token in ("++", "--") and not self.is_before_name()):
            signs += token
            self.at += 1
        value = self.operand()
        for sign in reversed(signs):
            value = {"+": value, "-": -value, "!": int(not value), "~": ~value}[sign]
        return wrapped(value) if signs else value

    def is_before_name(self) -> bool:
        return self.at + 1 < len(self.tokens) and is_name(self.tokens[self.at + 1][0])

    def operand(self) -> int:
        token = self.peek()
        if token in ("++", "--"):
            self.at += 2
            target = self.tokens[self.at - 1]
            value = wrapped(self.variable(target) + (1 if token == "++" else -1))
            self.store(target, value)
            return value
        if token == "(":
            self.at += 1
            value = self.comma()
            if self.peek() != ")":
                raise self.problem("missing `)'")
            self.at += 1
            return value
        if token[:1].isdigit():
            self.at += 1
            return self.number(token)
        if is_name(token):
            target = self.tokens[self.at]
            self.at += 1
            value = self.variable(target)
            if self.peek() in ("++", "--"):
                self.store(target, wrapped(value + (1 if self.peek() == "++" else -1)))
                self.at += 1
            return value
        raise self.problem("syntax error: operand expected")

    def number(self, token: str) -> int:
        base, digits = 10, token
        if "#" in token:
            named, _, digits = token.partition("#")
            if not is_number(named) or not 2 <= int(named) <= 64:
                raise self.problem("invalid arithmetic base", self.tokens[self.at - 1][1])
            if not digits:
                raise self.problem("invalid integer constant", self.tokens[self.at - 1][1])
            base = int(named)
        elif token[:2] in ("0x", "0X"):
            base, digits = 16, token[2:]
        elif token[0] == "0":
            base = 8
        value = 0
        for letter in digits:
            digit = DIGITS.get(letter.lower() if base <= 36 else letter, 99)
            if digit >= base:
                raise self.problem(
                    "value too great for base" if letter.isalnum() else "syntax error: invalid arithmetic operator", self.tokens[self.at - 1][1]
                )
            value = (value * base + digit) & 0xFFFFFFFFFFFFFFFF
        return wrapped(value)

    def variable(self, target: tuple[str, int, str]) -> int:
        if self.skip:
            return 0
        name, _, subscript = target
        text = self.shell.element(name, subscript.strip()) if subscript else self.shell.parameter(name)
        if text is None:
            if "u" in self.shell.options:
                raise ExpansionProblem(f"{name}: unbound variable", ends_shell=1)
            return 0
        text = text.strip()
        if self.shell.whole().name == "sh" and re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|\d+)?", text) is None:
            raise ArithmeticProblem(f"Illegal number: {text}")
        if text.isdecimal() and text.isascii() and (text[0] != "0" or text == "0") and len(text) < 19:
            return int(text)
        return evaluate(text, self.shell, self.level + 1)

    def apply(self, operator: str, left: int, right: int, place: int) -> int:
        if operator in ("/", "%"):
            if right == 0:
                if self.skip:
                    return 0
                raise self.problem("division by 0", self.tokens[place][1])
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return wrapped(quotient if operator == "/" else left - quotient * right)
        return OPERATIONS[operator](left, right)


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: wrapped(a + b), "-": lambda a, b: wrapped(a - b), "*": lambda a, b: wrapped(a * b), "<<": lambda a, b: wrapped(a << (b & 63)),
    ">>": lambda a, b: a >> (b & 63), "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b), "<": lambda a, b: int(a < b), ">": lambda a, b: int(a > b), "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
}  # fmt: skip


def is_name(token: str) -> bool:
    """Whether a token is a variable's name."""
    return token[:1].isalpha() or token[:1] == "_"


def wrapped(value: int) -> int:
    """A number as 64 bits with a sign hold it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def evaluate(text: str, shell: Variables, level: int = 0) -> int:
    """The value of an expression; empty is 0. Raises ArithmeticProblem."""
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) < 19:
        return int(text)
    if not text.strip():
        return 0
    reader = _Reader(text, shell, level)
    if shell.whole().name == "sh" and any(token[0] in ("**", "++", "--") for token in reader.tokens):
        raise reader.problem("syntax error: operand expected")  # dash has none of these
    value = reader.comma()
    if reader.peek():
        raise reader.problem("syntax error: invalid arithmetic operator" if reader.peek() == "\0" else "syntax error in expression")
    return value
