"""Shell arithmetic: 64-bit integers, C's operators, variables by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.numbers import is_number

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

TOKEN = re.compile(
    r"\s*(?:(\d+#[0-9a-zA-Z@_]+|0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(\*\*|<<=|>>=|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%&|^~!<>=?:(),]))"
)
LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")

MOST_LEVELS = 40
"""Parentheses and variables inside each other."""


class ArithmeticProblem(Exception):
    """A wrong expression; `str()` is what bash says about it."""


class _Reader:
    def __init__(self, text: str, shell: ShellState, level: int = 0) -> None:
        self.text, self.shell, self.at, self.level = text, shell, 0, level
        self.tokens: list[str] = []
        place = 0
        while place < len(text):
            match = TOKEN.match(text, place)
            if match is None:
                if not text[place:].strip():
                    break
                raise ArithmeticProblem(f'{text}: syntax error: operand expected (error token is "{text[place:].strip()}")')
            self.tokens.append(match[0].strip())
            place = match.end()

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def following(self) -> str:
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def comma(self) -> int:
        value = self.assignment()
        while self.peek() == ",":
            self.take()
            value = self.assignment()
        return value

    def assignment(self) -> int:
        self.level += 1
        if self.level > MOST_LEVELS:
            raise ArithmeticProblem(f'{self.text:.80}: expression recursion level exceeded (error token is "{self.peek()}")')
        try:
            return self.assigned()
        finally:
            self.level -= 1

    def assigned(self) -> int:
        name = self.peek()
        following = self.following()
        if re.match(r"[A-Za-z_]", name) and following in ASSIGNMENTS:
            self.at += 2
            value = self.assignment()
            if following != "=":
                value = self.apply(following[:-1], self.variable(name), value)
            self.shell.set(name, str(value))
            return value
        return self.ternary()

    def ternary(self) -> int:
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.take()
        yes = self.assignment()
        if self.take() != ":":
            raise ArithmeticProblem(f"{self.text}: `:' expected for conditional expression")
        no = self.assignment()
        return yes if condition else no

    def binary(self, level: int) -> int:
        if level == len(LEVELS):
            return self.power()
        left = self.binary(level + 1)
        while self.peek() in LEVELS[level]:
            operator = self.take()
            right = self.binary(level + 1)
            left = self.apply(operator, left, right)
        return left

    def power(self) -> int:
        base = self.unary()
        if self.peek() == "**":
            self.take()
            exponent = self.power()
            if exponent < 0:
                raise ArithmeticProblem(f'{self.text}: exponent less than 0 (error token is "{self.tokens[self.at - 1]}")')
            return wrapped(pow(base, exponent, 1 << 64))
        return base

    def unary(self) -> int:
        signs = ""
        while self.peek() in ("+", "-", "!", "~") or (self.peek() in ("++", "--") and not self.following()[:1].isidentifier()):
            signs += self.take()
        value = self.operand()
        for sign in reversed(signs):
            value = {"+": value, "-": -value, "!": int(not value), "~": ~value}[sign]
        return value

    def operand(self) -> int:
        token = self.peek()
        if token in ("++", "--"):
            self.take()
            name = self.take()
            value = self.variable(name) + (1 if token == "++" else -1)
            self.shell.set(name, str(value))
            return value
        return self.atom()

    def atom(self) -> int:
        if not self.peek():
            raise ArithmeticProblem(f'{self.text}: syntax error: operand expected (error token is "{self.text.strip()[-1:]}")')
        token = self.take()
        if token == "(":
            value = self.comma()
            if self.peek() != ")":
                raise ArithmeticProblem(f"{self.text}: missing `)'")
            self.take()
            return value
        if is_number(token[0]):
            return self.number(token)
        if re.match(r"[A-Za-z_]", token):
            value = self.variable(token)
            if self.peek() in ("++", "--"):
                self.shell.set(token, str(value + (1 if self.take() == "++" else -1)))
            return value
        raise ArithmeticProblem(f'{self.text}: syntax error: operand expected (error token is "{token}")')

    def number(self, token: str) -> int:
        if "#" in token:
            return self.based(token)
        base = 16 if token[:2].lower() == "0x" else 8 if token[0] == "0" else 10
        if base == 8 and set(token) & {"8", "9"}:
            raise ArithmeticProblem(f'{token}: value too great for base (error token is "{token}")')
        value = 0
        for digit in token[2:] if base == 16 else token:
            value = (value * base + int(digit, 16)) & 0xFFFFFFFFFFFFFFFF
        return wrapped(value)

    def based(self, token: str) -> int:
        """`BASE#DIGITS`, bases 2 to 36."""
        base, _, digits = token.partition("#")
        if not 2 <= int(base) <= 64:
            raise ArithmeticProblem(f'{token}: invalid arithmetic base (error token is "{token}")')
        try:
            return wrapped(int(digits, min(int(base), 36)))
        except ValueError:
            raise ArithmeticProblem(f'{token}: value too great for base (error token is "{token}")') from None

    def variable(self, name: str) -> int:
        text = (self.shell.parameter(name) or "0").strip()
        try:
            return int(text, 0)
        except ValueError:
            return evaluate(text, self.shell, self.level) if text != name and re.fullmatch(r"[\w\s+*/%()-]+", text) else 0

    def apply(self, operator: str, left: int, right: int) -> int:
        if operator in ("/", "%"):
            if right == 0:
                raise ArithmeticProblem(f'{self.text}: division by 0 (error token is "{self.text.split(operator)[-1].strip()}")')
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            value = quotient if operator == "/" else left - quotient * right
        else:
            value = {
                "+": left + right, "-": left - right, "*": left * right, "<<": left << (right & 63), ">>": left >> (right & 63), "&": left & right,
                "|": left | right, "^": left ^ right, "==": int(left == right), "!=": int(left != right), "<": int(left < right), ">": int(left > right),
                "<=": int(left <= right), ">=": int(left >= right), "&&": int(bool(left and right)), "||": int(bool(left or right)),
            }[operator]  # fmt: skip
        return wrapped(value)


def wrapped(value: int) -> int:
    """A number as 64 bits with a sign hold it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def evaluate(text: str, shell: ShellState, level: int = 0) -> int:
    """The value of an expression; empty is 0. Raises ArithmeticProblem."""
    if not text.strip():
        return 0
    reader = _Reader(text, shell, level)
    value = reader.comma()
    if reader.peek():
        raise ArithmeticProblem(f'{text}: syntax error in expression (error token is "{reader.peek()}")')
    return value
