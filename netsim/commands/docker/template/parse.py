"""From a template's text to its tree (text/template/parse)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import attrs

from netsim.commands.docker.template.values import TemplateError

TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<raw>`[^`]*`)|(?P<char>'(?:[^'\\]|\\.)')|(?P<number>[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?))"""
    r"""|(?P<field>\.[A-Za-z_]\w*)|(?P<variable>\$\w*)|(?P<word>[A-Za-z_]\w*)|(?P<mark>:=|[().|=,])""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


@attrs.frozen
class Token:
    """A piece of an action; `at` is its place in the template."""

    kind: str
    text: str
    at: int
    spaced: int
    """Whether blanks stand in front."""


@attrs.frozen
class Text:
    """What is printed as it stands."""

    text: str


@attrs.frozen
class Operand:
    """A value in a command: `base` (dot, variable, literal, function, pipeline in brackets) and the fields taken of it."""

    kind: str
    value: Any
    fields: tuple[str, ...] = ()
    at: int = 0
    text: str = ""


@attrs.frozen
class Command:
    """An operand, or a function with its arguments."""

    words: tuple[Operand, ...]


@attrs.frozen
class Pipe:
    """Commands whose results flow on, and the variables that take the outcome."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    declares: int = 1
    at: int = 0


@attrs.frozen
class Action:
    """A pipeline that is printed (unless it sets variables)."""

    pipe: Pipe


@attrs.frozen
class Branch:
    """if, with, range: a pipeline, what to do, and what else."""

    word: str
    pipe: Pipe
    body: tuple[Any, ...]
    other: tuple[Any, ...]


@attrs.frozen
class Leave:
    """break or continue."""

    word: str


@lru_cache(maxsize=256)
def parse(template: str) -> tuple[Any, ...]:
    """The nodes of a template, which nobody changes; TemplateError."""
    pieces = _pieces(template)
    nodes, at, stopped = _nodes(pieces, 0)
    if stopped:
        raise TemplateError(f"template: :{_line(template, stopped[0].at)}: unexpected {{{{{stopped[0].text}}}}}")
    assert at == len(pieces)
    _check_leaves(nodes)
    return nodes


def _check_leaves(nodes: tuple[Any, ...]) -> None:
    """break and continue stand in a loop."""
    for node in nodes:
        if isinstance(node, Leave):
            raise TemplateError(f"template: :1: {{{{{node.word}}}}} outside {{{{range}}}}")
        if isinstance(node, Branch):
            _check_leaves(node.other if node.word == "range" else (*node.body, *node.other))


def _line(template: str, at: int) -> int:
    return template.count("\n", 0, at) + 1


def _pieces(template: str) -> list[str | list[Token]]:
    """Texts and the tokens of actions, in turn; trim marks applied."""
    found: list[str | list[Token]] = []
    at = 0
    trim = False
    while True:
        start = template.find("{{", at)
        text = template[at:] if start < 0 else template[at:start]
        if trim:
            text = text.lstrip()
        if start < 0:
            found.append(text)
            return found
        inside = start + 2
        if template.startswith("- ", inside):
            text = text.rstrip()
            inside += 2
        found.append(text)
        if template.startswith("/*", inside):
            closing = template.find("*/", inside)
            end = template.find("}}", closing)
            if closing < 0 or end < 0:
                raise TemplateError(f"template: :{_line(template, start)}: unclosed comment")
            trim = template[closing + 2 : end].strip() == "-"
            at = end + 2
            continue
        tokens, end = _tokens(template, inside)
        trim = template.startswith("-}}", end)
        at = end + (3 if trim else 2)
        found.append(tokens)


def _tokens(template: str, at: int) -> tuple[list[Token], int]:
    tokens: list[Token] = []
    spaced = 0
    while True:
        if template.startswith("}}", at) or (template.startswith("-}}", at) and spaced):
            return tokens, at
        match = TOKEN.match(template, at)
        if match is None:
            if at >= len(template) or template.find("}}", at) < 0:
                raise TemplateError(f"template: :{_line(template, at)}: unclosed action")
            raise TemplateError(f"template: :{_line(template, at)}: unexpected {_quoted(template[at])} in command")
        if match.lastgroup is None:
            spaced = 1
        else:
            tokens.append(Token(match.lastgroup, match.group(), at, spaced))
            spaced = 0
        at = match.end()


def _quoted(char: str) -> str:
    return f'"{char}"' if char != '"' else "unterminated quoted string"


def _nodes(pieces: list[str | list[Token]], at: int) -> tuple[tuple[Any, ...], int, list[Token]]:
    """Nodes up to an `else` or `end`, whose tokens are handed back."""
    nodes: list[Any] = []
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if isinstance(piece, str):
            if piece:
                nodes.append(Text(piece))
            continue
        word = piece[0].text if piece and piece[0].kind == "word" else ""
        if word in ("end", "else"):
            return tuple(nodes), at, piece
        if word in ("if", "with", "range"):
            branch, at = _branch(pieces, at, piece)
            nodes.append(branch)
        elif word in ("break", "continue"):
            nodes.append(Leave(word))
        elif word in ("define", "template", "block"):
            raise TemplateError(f"template: :1: {{{{{word}}}}} is not modelled by netsim")
        elif not piece:
            raise TemplateError("template: :1: missing value for command")
        else:
            nodes.append(Action(_Reader(piece).pipe()))
    return tuple(nodes), at, []


def _branch(pieces: list[str | list[Token]], at: int, tokens: list[Token]) -> tuple[Branch, int]:
    word = tokens[0].text
    if not tokens[1:]:
        raise TemplateError(f"template: :1: missing value for {word}")
    pipe = _Reader(tokens[1:]).pipe()
    body, at, stop = _nodes(pieces, at)
    other: tuple[Any, ...] = ()
    if stop and stop[0].text == "else":
        if len(stop) > 1 and stop[1].text in ("if", "with"):
            chained, at = _branch(pieces, at, stop[1:])
            return Branch(word, pipe, body, (chained,)), at
        other, at, stop = _nodes(pieces, at)
    if not stop:
        raise TemplateError("template: :1: unexpected EOF")
    return Branch(word, pipe, body, other), at


@attrs.define
class _Reader:
    """Reads one pipeline."""

    tokens: list[Token]
    at: int = 0

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def is_mark(self, text: str) -> bool:
        token = self.peek()
        return token is not None and token.kind == "mark" and token.text == text

    def pipe(self) -> Pipe:
        variables, declares = self.variables()
        commands = [self.command()]
        while self.is_mark("|"):
            self.take()
            commands.append(self.command())
        left = self.peek()
        if left is not None and left.text != ")":
            raise TemplateError(f"template: :1: unexpected {left.text!r} in operand".replace("'", '"'))
        return Pipe(tuple(commands), variables, declares, self.tokens[0].at if self.tokens else 0)

    def variables(self) -> tuple[tuple[str, ...], int]:
        """`$x :=`, `$i, $x :=`, `$x =`."""
        names: list[str] = []
        ahead = self.at
        while ahead < len(self.tokens) and self.tokens[ahead].kind == "variable":
            names.append(self.tokens[ahead].text)
            ahead += 1
            if ahead < len(self.tokens) and self.tokens[ahead].text == ",":
                ahead += 1
            else:
                break
        if names and ahead < len(self.tokens) and self.tokens[ahead].text in (":=", "="):
            self.at = ahead + 1
            return tuple(names), int(self.tokens[ahead].text == ":=")
        return (), 1

    def command(self) -> Command:
        words: list[Operand] = []
        while (token := self.peek()) is not None and not (token.kind == "mark" and token.text in ("|", ")")):
            words.append(self.operand())
        if not words:
            raise TemplateError("template: :1: missing value for command")
        return Command(tuple(words))

    def operand(self) -> Operand:
        token = self.take()
        kind, value, start = token.kind, token.text, token.at
        made: tuple[str, Any]
        if kind == "field":
            made = ("dot", None)
            fields = [value[1:]]
        else:
            fields = []
            if kind in ("string", "raw", "char", "number"):
                made = ("literal", _literal(kind, value))
            elif kind == "variable":
                made = ("variable", value)
            elif kind == "word":
                made = ("literal", {"true": True, "false": False, "nil": None}[value]) if value in ("true", "false", "nil") else ("function", value)
            elif value == ".":
                made = ("dot", None)
            elif value == "(":
                inside = self.pipe()
                if not self.is_mark(")"):
                    raise TemplateError("template: :1: unclosed left paren")
                self.take()
                made, value = ("pipe", inside), f"({pipe_text(inside)})"
            else:
                raise TemplateError(f'template: :1: unexpected "{value}" in operand')
        chained = self.peek()
        if chained is not None and chained.kind == "field" and not chained.spaced and made[0] != "function":
            start = chained.at  # where Go's parser sees the chain
        while (after := self.peek()) is not None and after.kind == "field" and not after.spaced and made[0] != "function":
            fields.append(self.take().text[1:])
        text = value + "".join(f".{name}" for name in (fields[1:] if kind == "field" else fields))
        return Operand(made[0], made[1], tuple(fields), start, text)


def pipe_text(pipe: Pipe) -> str:
    """A pipeline as errors quote it."""
    return " | ".join(" ".join(word.text for word in command.words) for command in pipe.commands)


def _literal(kind: str, text: str) -> Any:
    if kind == "raw":
        return text[1:-1]
    if kind == "number":
        return float(text) if "." in text else int(text, 0)
    plain = re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text[1:-1])
    return ord(plain) if kind == "char" else plain
