"""test and [: files, strings and numbers (`test.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.machine.fifo import Fifo
from netsim.machine.nodes import Device, Directory, File, Node, Stream, Symlink

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


class ConditionProblem(Exception):
    """A wrong expression; `str()` is what the command says."""


FILE_TESTS = frozenset("abcdefghkprstuwxLNOSG")
COMPARED = ("-nt", "-ot", "-ef")
NUMERIC = {"-eq": "==", "-ne": "!=", "-lt": "<", "-gt": ">", "-le": "<=", "-ge": ">="}
STRINGS = ("=", "==", "!=", "<", ">")
INTEGER = re.compile(r"\s*[-+]?\d+\s*", re.A)


def file_test(shell: ShellState, letter: str, path: str) -> bool:
    """One of the unary file operators."""
    files, proc = shell.proc.machine.files, shell.proc
    if letter in "hL":
        return isinstance(files.lstat(proc, path), Symlink)
    node = files.stat(proc, path)
    if node is None:
        return False
    return letter in "aerwOGN" or _is_of_kind(shell, node, letter)


def _is_of_kind(shell: ShellState, node: Node, letter: str) -> bool:
    if letter == "d":
        return isinstance(node, Directory)
    if letter == "f":
        return isinstance(node, File)
    if letter == "s":
        return isinstance(node, Directory) or (isinstance(node, File) and bool(node.bound or node.content))
    if letter == "x":
        return bool(node.mode & 0o111) or isinstance(node, Directory)
    if letter == "c":
        return isinstance(node, Device)
    if letter == "p" and isinstance(node, Fifo):
        return True
    return letter == "p" and isinstance(node, Stream) and getattr(shell.proc.fds.get(node.fd), "pipe", None) is not None


def unary(shell: ShellState, operator: str, word: str) -> bool | None:
    """A unary operator's answer, None when it is none."""
    if len(operator) != 2 or operator[0] != "-":
        return None
    letter = operator[1]
    if letter == "z":
        return word == ""
    if letter == "n":
        return word != ""
    if letter in FILE_TESTS:
        return file_test(shell, letter, word)
    if letter == "v":
        return is_set(shell, word)
    if letter == "R":
        return "n" in shell.marks.get(word, "")
    if letter == "t":
        return False
    if letter == "o":
        from netsim.shell.builtins.settings import names_of

        return names_of(shell).get(word) in shell.options
    return None


def is_set(shell: ShellState, word: str) -> bool:
    """`-v NAME`: whether a variable or an element has a value."""
    base, bracket, index = word.partition("[")
    if not bracket:
        return shell.parameter(word) is not None
    if index in ("@]", "*]"):
        return bool(shell.table(base))
    return shell.element(base, index.removesuffix("]")) is not None


def binary(shell: ShellState, left: str, operator: str, right: str, what: str) -> bool | None:
    """A binary operator's answer, None when it is none."""
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    if operator == "<":
        return left < right
    if operator == ">":
        return left > right
    if operator in NUMERIC:
        values = []
        for word in (left, right):
            if not INTEGER.fullmatch(word):
                raise ConditionProblem(f"{what}: {word}: integer expression expected")
            values.append(int(word))
        a, b = values
        return {"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[NUMERIC[operator]]
    return compared(shell, left, operator, right) if operator in COMPARED else None


def compared(shell: ShellState, left: str, operator: str, right: str) -> bool:
    """-nt, -ot and -ef."""
    one, other = (shell.proc.machine.files.stat(shell.proc, path) for path in (left, right))
    if operator == "-ef":
        return one is not None and one is other
    if operator == "-ot":
        one, other = other, one
    if one is None:
        return False
    return other is None or one.changed > other.changed


def is_binary(word: str) -> bool:
    """Whether a word is an operator between two."""
    return word in STRINGS or word in NUMERIC or word in COMPARED


def test(shell: ShellState, words: list[str], what: str) -> bool:
    """The expression of `test` and `[`: up to four words by their number, more by the grammar."""
    if not words:
        return False
    if len(words) == 1:
        return words[0] != ""
    if len(words) == 2:
        return _two(shell, words, what)
    if len(words) == 3:
        return _three(shell, words, what)
    if len(words) == 4:
        if words[0] == "!":
            return not _three(shell, words[1:], what)
        if words[0] == "(" and words[3] == ")":
            return _two(shell, words[1:3], what)
    reader = _Expression(shell, words, what)
    value = reader.either()
    if reader.at < len(words):
        word = words[reader.at]
        raise ConditionProblem(f"{what}: syntax error: `{word}' unexpected" if word.startswith("-") else f"{what}: too many arguments")
    return value


def _two(shell: ShellState, words: list[str], what: str) -> bool:
    if words[0] == "!":
        return words[1] == ""
    answer = unary(shell, words[0], words[1])
    if answer is None:
        raise ConditionProblem(f"{what}: {words[0]}: unary operator expected")
    return answer


def _three(shell: ShellState, words: list[str], what: str) -> bool:
    if is_binary(words[1]) and not (words[1] == "==" and shell.name == "sh"):
        return bool(binary(shell, words[0], words[1], words[2], what))
    if words[1] in ("-a", "-o"):
        return (words[0] != "" and words[2] != "") if words[1] == "-a" else (words[0] != "" or words[2] != "")
    if words[0] == "!":
        return not _two(shell, words[1:], what)
    if words[0] == "(" and words[2] == ")":
        return words[1] != ""
    raise ConditionProblem(f"{what}: {words[1]}: binary operator expected")


class _Expression:
    """One pass over an expression of more than four words."""

    def __init__(self, shell: ShellState, words: list[str], what: str) -> None:
        self.shell, self.words, self.what, self.at = shell, words, what, 0

    def peek(self, ahead: int = 0) -> str:
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def either(self) -> bool:
        value = self.both()
        while self.at < len(self.words) and self.peek() == "-o":
            self.at += 1
            other = self.both()
            value = value or other
        return value

    def both(self) -> bool:
        value = self.one()
        while self.at < len(self.words) and self.peek() == "-a":
            self.at += 1
            other = self.one()
            value = value and other
        return value

    def one(self) -> bool:
        left = len(self.words) - self.at
        if not left:
            raise ConditionProblem(f"{self.what}: argument expected")
        word = self.peek()
        if word == "!" and left > 1:
            self.at += 1
            return not self.one()
        if left > 2 and is_binary(self.peek(1)):
            self.at += 3
            return bool(binary(self.shell, word, self.words[self.at - 2], self.words[self.at - 1], self.what))
        if word == "(":
            self.at += 1
            value = self.either()
            if self.peek() != ")":
                raise ConditionProblem(f"{self.what}: `)' expected" + (f", found {self.peek()}" if self.at < len(self.words) else ""))
            self.at += 1
            return value
        if left > 1 and (answer := unary(self.shell, word, self.peek(1))) is not None and self.peek(1) not in ("-a", "-o"):
            self.at += 2
            return answer
        self.at += 1
        return word != ""
