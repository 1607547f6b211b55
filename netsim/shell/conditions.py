"""test, [ ] and [[ ]]."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from netsim.machine.files import Directory, File, Symlink
from netsim.shell.arith import evaluate

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


class ConditionProblem(Exception):
    """A wrong expression; `str()` is what the command says."""


FILE_TESTS = frozenset("abcdefghkprstuwxLNOS")
NUMERIC = {"-eq": "==", "-ne": "!=", "-lt": "<", "-gt": ">", "-le": "<=", "-ge": ">="}


def file_test(shell: ShellState, letter: str, path: str) -> bool:
    """One of the unary file operators."""
    files = shell.proc.machine.files
    if letter in "hL":
        return isinstance(files.lstat(shell.proc, path), Symlink)
    node = files.stat(shell.proc, path)
    if node is None:
        return False
    if letter == "d":
        return isinstance(node, Directory)
    if letter == "f":
        return isinstance(node, File)
    if letter == "s":
        return isinstance(node, File) and bool(node.bound or node.content)
    if letter == "x":
        return bool(node.mode & 0o111) or isinstance(node, Directory)
    return letter in "aerwNO"


def unary(shell: ShellState, operator: str, word: str) -> bool | None:
    """A unary operator's answer, None when it is none."""
    if operator == "-z":
        return word == ""
    if operator == "-n":
        return word != ""
    if operator == "-v":
        return shell.parameter(word) is not None
    if operator == "-t":
        return False
    if operator == "-o":
        return word in shell.options
    if len(operator) == 2 and operator[0] == "-" and operator[1] in FILE_TESTS:
        return file_test(shell, operator[1], word)
    return None


def binary(left: str, operator: str, right: str, what: str) -> bool | None:
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
            if not re.fullmatch(r"\s*[-+]?\d+\s*", word):
                raise ConditionProblem(f"{what}: {word}: integer expression expected")
            values.append(int(word))
        a, b = values
        return {"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[NUMERIC[operator]]
    return None


def test(shell: ShellState, words: list[str], what: str) -> bool:
    """The expression of `test` and `[`."""
    value, rest = _or(shell, list(words), what)
    if rest:
        raise ConditionProblem(f"{what}: too many arguments")
    return value


def _or(shell: ShellState, words: list[str], what: str) -> tuple[bool, list[str]]:
    value, words = _and(shell, words, what)
    while words and words[0] == "-o":
        other, words = _and(shell, words[1:], what)
        value = value or other
    return value, words


def _and(shell: ShellState, words: list[str], what: str) -> tuple[bool, list[str]]:
    value, words = _not(shell, words, what)
    while words and words[0] == "-a":
        other, words = _not(shell, words[1:], what)
        value = value and other
    return value, words


def _not(shell: ShellState, words: list[str], what: str) -> tuple[bool, list[str]]:
    if not words:
        return False, []
    if words[0] == "!" and len(words) > 1:
        value, rest = _not(shell, words[1:], what)
        return not value, rest
    if words[0] == "(" and ")" in words[1:]:
        value, rest = _or(shell, words[1:], what)
        return value, rest[1:]
    if len(words) >= 3:
        answer = binary(words[0], words[1], words[2], what)
        if answer is not None:
            return answer, words[3:]
    if len(words) >= 2:
        answer = unary(shell, words[0], words[1])
        if answer is not None:
            return answer, words[2:]
        if len(words) == 2:
            raise ConditionProblem(f"{what}: {words[0]}: unary operator expected")
        if len(words) == 3:
            raise ConditionProblem(f"{what}: {words[1]}: binary operator expected")
    return words[0] != "", words[1:]


def holds(shell: ShellState, words: list[tuple[str, str]], shown: list[str]) -> bool:
    """The expression of [[ ]]: each word as typed and expanded. `shown` gets what was looked at, as `set -x` tells it."""
    value, rest = _any(shell, words, shown)
    if rest:
        raise ConditionProblem("syntax error in conditional expression")
    return value


EMPTY, PUT_OFF = "''", r"\\\1"


def _any(shell: ShellState, words: list[tuple[str, str]], shown: list[str]) -> tuple[bool, list[tuple[str, str]]]:
    value, words = _all(shell, words, shown)
    while words and words[0][0] == "||":
        other, words = _all(shell, words[1:], [] if value else shown)
        value = value or other
    return value, words


def _all(shell: ShellState, words: list[tuple[str, str]], shown: list[str]) -> tuple[bool, list[tuple[str, str]]]:
    value, words = _one(shell, words, shown)
    while words and words[0][0] == "&&":
        other, words = _one(shell, words[1:], shown if value else [])
        value = value and other
    return value, words


def _one(shell: ShellState, words: list[tuple[str, str]], shown: list[str]) -> tuple[bool, list[tuple[str, str]]]:
    if not words:
        raise ConditionProblem("syntax error in conditional expression")
    raw, word = words[0]
    if raw == "!":
        within: list[str] = []
        value, rest = _one(shell, words[1:], within)
        shown += [f"! {line}" for line in within[:1]] + within[1:]
        return not value, rest
    if raw == "(":
        value, rest = _any(shell, words[1:], shown)
        return value, rest[1:]
    if len(words) >= 3 and words[1][0] in ("=", "==", "!=", "=~", "<", ">", *NUMERIC):
        operator, (right_raw, right) = words[1][0], words[2]
        literal = right_raw[:1] in ("'", '"') and operator in ("=", "==", "!=")
        shown.append(f"{word or EMPTY} {operator} {(re.sub(r'(.)', PUT_OFF, right) if literal else right) or EMPTY}")
        if operator == "=~":
            found = re.search(right, word)
            shell.arrays["BASH_REMATCH"] = dict(enumerate([found[0], *(group or "" for group in found.groups())])) if found else {}
            return found is not None, words[3:]
        if operator in ("=", "==", "!="):
            hit = fnmatch.fnmatchcase(word, right) if right_raw[:1] not in "'\"" else word == right
            return hit == (operator != "!="), words[3:]
        if operator in NUMERIC:
            a, b = evaluate(word, shell), evaluate(right, shell)
            return bool(evaluate(f"({a}) {NUMERIC[operator]} ({b})", shell)), words[3:]
        return (word < right) if operator == "<" else (word > right), words[3:]
    if len(words) >= 2 and raw.startswith("-"):
        answer = unary(shell, raw, words[1][1])
        if answer is not None:
            shown.append(f"{raw} {words[1][1] or EMPTY}")
            return answer, words[2:]
    shown.append(f"-n {word or EMPTY}")
    return word != "", words[1:]
