"""A script's text as tokens: words with their quotes, operators, here-documents."""

from __future__ import annotations

import re
from typing import Any

import attrs

OPERATORS = {
    "bash": (
        "&>>",
        "<<<",
        "<<-",
        ";;&",
        ";;",
        ";&",
        "&&",
        "||",
        "|&",
        "<<",
        ">>",
        ">&",
        "<&",
        "&>",
        ">|",
        "<>",
        ";",
        "&",
        "|",
        "<",
        ">",
        "(",
        ")",
        "\n",
    ),
    "ash": ("<<-", ";;", "&&", "||", "<<", ">>", ">&", "<&", "&>", ">|", "<>", ";", "&", "|", "<", ">", "(", ")", "\n"),
    "sh": ("<<-", ";;", "&&", "||", "<<", ">>", ">&", "<&", ">|", "<>", ";", "&", "|", "<", ">", "(", ")", "\n"),
}
"""By the kind of shell: bash, BusyBox's ash, or dash (sh)."""
REDIRECTIONS = frozenset(("<", ">", ">>", "<<", "<<-", "<<<", ">&", "<&", "&>", "&>>", ">|", "<>"))
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FUNCTION_NAME = re.compile(r"[^$`'\"\\\s=\d][^$`'\"\\\s=]*")
PLAIN_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(=)(.*)", re.S)
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*(?:\[[^]]*\])?)(\+?=)(.*)", re.S)
RESERVED = frozenset(
    ["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "for", "in", "case", "esac", "{", "}", "!", "[[", "function"]
)
MOST_DEPTH = 100


class SyntaxProblem(Exception):
    """What bash says about the text, and the line it says it of."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.expected = ""
        """What should have come, as plain shells tell it."""
        self.before: Any = None
        """The commands of the lines before the wrong one: they are run."""


class Incomplete(SyntaxProblem):
    """The text ends in the middle of a construct."""


@attrs.frozen(eq=False, repr=False)
class Token:
    """An operator, a word, or the end ("")."""

    kind: str  # "op", "word", "end"
    text: str
    line: int
    start: int = 0
    heredoc: str = ""
    last_line: int = 0
    """Where the text ends in which a here-document does not come to its end."""


def skip_quoted(text: str, at: int, line: int) -> int:
    """The place after a quoted or substituted piece that begins at `at`."""
    letter = text[at]
    if letter == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise Incomplete("unexpected EOF while looking for matching `''", line)
        return end + 1
    if letter == '"':
        at += 1
        while at < len(text) and text[at] != '"':
            at = skip_quoted(text, at, line) if text[at] in "$`" else at + (2 if text[at] == "\\" else 1)
        if at >= len(text):
            raise Incomplete("unexpected EOF while looking for matching `\"'", line)
        return at + 1
    if letter == "`":
        end = at + 1
        while end < len(text) and text[end] != "`":
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            raise Incomplete("unexpected EOF while looking for matching ``'", line)
        return end + 1
    if letter == "$":
        if text.startswith("$'", at):
            end = at + 2
            while end < len(text) and text[end] != "'":
                end += 2 if text[end] == "\\" else 1
            return end + 1
        if text[at + 1 : at + 2] in ("(", "{"):
            return _balanced(text, at + 1, line)
        return at + 1
    return at + 1


def _balanced(text: str, at: int, line: int) -> int:
    opening, first = text[at], at
    closing = {"(": ")", "{": "}"}[opening]
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter == opening:
            depth += 1
        elif letter == closing:
            depth -= 1
            if not depth:
                return at + 1
        elif letter == "\\":
            at += 1
        elif letter in "'\"`" or (letter == "$" and text[at + 1 : at + 2] in ("(", "{")):
            at = skip_quoted(text, at, line)
            continue
        at += 1
    late = text.count("\n", first) + 1 if closing == ")" and text[first - 1 : first] == "$" and text[first + 1 : first + 2] != "(" else 0
    raise Incomplete(f"unexpected EOF while looking for matching `{closing}'", line + late)


def tokenize(text: str) -> list[Token]:
    """All tokens; here-documents travel with their operator. SyntaxProblem."""
    tokens, problem = tokens_of(text)
    if problem is not None:
        raise problem
    return tokens


def tokens_of(text: str, kind: str = "bash") -> tuple[list[Token], SyntaxProblem | None]:
    """The tokens, as far as there are some, and what is wrong behind them."""
    tokens: list[Token] = []
    try:
        line = _scan(text, tokens, kind)
    except SyntaxProblem as problem:
        return [*tokens, *[Token("end", "", problem.line, len(text))] * 3], problem
    return [*tokens, *[Token("end", "", line, len(text))] * 3], None  # who looks two words ahead still finds the end


def _scan(text: str, tokens: list[Token], kind: str) -> int:
    pending: list[tuple[int, bool]] = []
    at, line = 0, 1
    operators = OPERATORS[kind]
    while at < len(text):
        letter = text[at]
        if letter in " \t":
            at += 1
        elif text.startswith("\\\n", at):
            at += 2
            line += 1
        elif letter == "#" and (at == 0 or text[at - 1] in " \t\n;&|()"):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif letter == "\n":
            tokens.append(Token("op", "\n", line, at))
            at += 1
            line += 1
            at, line = _heredocs(text, at, line, tokens, pending)
        else:
            operator = next((operator for operator in operators if text.startswith(operator, at)), None)
            if operator is not None and (kind == "sh" or not text.startswith(("<(", ">("), at)):
                tokens.append(Token("op", operator, line, at))
                at += len(operator)
                if operator in ("<<", "<<-"):
                    pending.append((len(tokens) - 1, operator == "<<-"))
                continue
            start, first = at, line
            at = _word_end(text, at, line, kind)
            line += text.count("\n", start, at)
            tokens.append(Token("word", text[start:at], first, start))
    at, line = _heredocs(text, at, line, tokens, pending)
    return line


def _heredocs(text: str, at: int, line: int, tokens: list[Token], pending: list[tuple[int, bool]]) -> tuple[int, int]:
    for place, strip in pending:
        if place + 1 < len(tokens) and tokens[place + 1].kind == "word":
            at, line = _heredoc(text, at, line, tokens, place, strip)
    pending.clear()
    return at, line


SUBSCRIPT = re.compile(r"\[[^\]\n;|&<>()]*\]\+?=")


def _subscript(text: str, at: int) -> int:
    """The place behind the bracket of `name[a b]=`, 0 where it is something else."""
    match = SUBSCRIPT.match(text, at)
    return 0 if match is None else text.index("]", at) + 1


def _word_end(text: str, at: int, line: int, kind: str = "bash") -> int:
    start = at
    while at < len(text):
        letter = text[at]
        if letter == "\\":
            at += 2
        elif letter in "'\"`" or letter == "$":
            at = skip_quoted(text, at, line)
        elif kind != "sh" and text.startswith(("<(", ">("), at):
            at = _balanced(text, at + 1, line)
        elif (
            kind == "bash"
            and letter == "("
            and at
            and (
                text[at - 1] == "="
                or (text[at - 1] in "?*+@!" and (at - 1 > start or text[at - 1] != "!" or text[max(0, start - 4) : start].rstrip(" ").endswith("=")))
            )
        ):
            at = _balanced(text, at, line)
        elif letter == "[" and kind == "bash" and at > start and text[at - 1].isidentifier() and (end := _subscript(text, at)):
            at = end
        elif letter in " \t\n;&|<>()":
            break
        else:
            at += 1
    return min(at, len(text))


KEYED = re.compile(r"""\[((?:[^]"'$`]|"[^"]*"|'[^']*'|\$\{[^}]*\}|\$)*)\]=""")
"""`[key]=` in a list."""


def words_of(text: str) -> list[str]:
    """The words of a list `( ... )`, as typed."""
    found, at = [], 0
    while at < len(text):
        letter = text[at]
        if letter in " \t\n":
            at += 1
        elif letter == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        else:
            keyed = KEYED.match(text, at)
            end = _word_end(text, keyed.end() if keyed else at, 0)
            end = end if end > at else at + 1
            found.append(text[at:end])
            at = end
    return found


def _heredoc(text: str, at: int, line: int, tokens: list[Token], place: int, strip: bool) -> tuple[int, int]:  # noqa: FBT001
    delimiter = re.sub(r"['\"\\]", "", tokens[place + 1].text)
    lines = []
    last_line = 0
    while True:
        if at >= len(text):
            last_line = line
            break
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        row = text[at:end].lstrip("\t" if strip else "")
        at, line = end + 1, line + 1
        if row == delimiter:
            break
        lines.append(row + "\n")
    tokens[place] = attrs.evolve(tokens[place], heredoc="".join(lines), last_line=last_line)
    return at, line
