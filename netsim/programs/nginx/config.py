"""nginx.conf as a tree of directives, with nginx's own words for what is wrong with it (`ngx_conf_file.c`)."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from typing import Any

import attrs

from netsim.errors import EISDIR, NetError, strerror
from netsim.machine.process import Process
from netsim.programs.nginx.grammar import BLOCKS, IF, MAIN, MODELLED, REPORTED, TYPES, WITHOUT_EFFECT

PLACE = "/etc/nginx/nginx.conf"


class ConfigProblem(Exception):
    """What is wrong; the text is what stands behind `[emerg]`, or another level."""

    def __init__(self, text: str, level: str = "emerg") -> None:
        super().__init__(text)
        self.level = level


class NoEvents(ConfigProblem):
    """The syntax is right, but a section is missing that there has to be."""


@attrs.frozen
class Directive:
    """One directive: its words, what is in its braces, and where it stands."""

    words: tuple[str, ...]
    body: tuple[Directive, ...] | None
    where: str

    @property
    def name(self) -> str:
        """The first word."""
        return self.words[0]

    def inside(self, name: str) -> Iterator[Directive]:
        """The directives of a name in its braces."""
        return (one for one in self.body or () if one.name == name)


@attrs.frozen
class Token:
    """A word or one of `;`, `{`, `}`, and its line."""

    text: str
    line: int
    is_sign: bool = False


def _tokens(text: str, path: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        letter = text[at]
        if letter == "\n":
            line += 1
        if letter.isspace():
            at += 1
        elif letter == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif letter in ";{}":
            yield Token(letter, line, is_sign=True)
            at += 1
        else:
            begun = line
            word, at, line = _quoted(text, at, line, path) if letter in "'\"" else _bare(text, at, line)
            yield Token(word, begun)
    yield Token("", text.count("\n") + 1, is_sign=True)


def _bare(text: str, at: int, line: int) -> tuple[str, int, int]:
    out = ""
    while at < len(text) and not text[at].isspace() and text[at] not in ";{":
        if text[at] == "$" and text[at + 1 : at + 2] == "{":
            end = text.find("}", at)
            out, at = out + text[at : end + 1], end + 1
            continue
        if text[at] == "\\" and at + 1 < len(text):
            out += text[at : at + 2]
            at += 2
            continue
        out += text[at]
        at += 1
    return out, at, line


def _quoted(text: str, at: int, line: int, path: str) -> tuple[str, int, int]:
    quote, out, at = text[at], "", at + 1
    escapes = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and text[at + 1 : at + 2] in escapes:
            out += escapes[text[at + 1]]
            at += 2
            continue
        line += text[at] == "\n"
        out += text[at]
        at += 1
    if at >= len(text):
        raise ConfigProblem(f'unexpected end of file, expecting ";" or "}}" in {path}:{text.count(chr(10)) + 1}')
    return out, at + 1, line


@attrs.define(eq=False)
class Reader:
    """Reads files for a process; `unmodelled` are directives that nothing comes of."""

    process: Process
    unmodelled: list[str] = attrs.field(factory=list)

    def file(self, path: str, context: str) -> tuple[Directive, ...]:
        """The directives of a file; ConfigProblem."""
        files: Any = self.process.machine.files
        try:
            text = files.read(self.process, path).decode("utf-8", "surrogateescape")
        except NetError as error:
            if error.errno == EISDIR:
                raise ConfigProblem(f'pread() "{path}" failed ({error.errno}: {strerror(error.errno)})', "crit") from None
            raise ConfigProblem(f'open() "{path}" failed ({error.errno}: {strerror(error.errno)})') from None
        return self.text(text, path, context)

    def text(self, text: str, path: str, context: str) -> tuple[Directive, ...]:
        """The directives of a text."""
        tokens = list(_tokens(text, path))
        found, at = self._block(tokens, 0, path, context)
        if tokens[at].text == "}":
            raise ConfigProblem(f'unexpected "}}" in {path}:{tokens[at].line}')
        return found

    def _block(self, tokens: list[Token], at: int, path: str, context: str) -> tuple[tuple[Directive, ...], int]:
        found: list[Directive] = []
        while True:
            words: list[str] = []
            while not tokens[at].is_sign:
                words.append(tokens[at].text)
                at += 1
            sign = tokens[at]
            where = f"{path}:{sign.line}"
            if sign.text in ("", "}") and not words:
                return tuple(found), at
            if sign.text == "":
                raise ConfigProblem(f'unexpected end of file, expecting ";" or "}}" in {where}')
            if sign.text == "}" or not words:
                raise ConfigProblem(f'unexpected "{sign.text}" in {where}')
            at += 1
            body: tuple[Directive, ...] | None = None
            known = Directive(tuple(words), None, where)
            if context != TYPES:
                self._check(known, context, sign.text)
            if sign.text == "{":
                body, at = self._block(tokens, at, path, TYPES if words[0] not in MODELLED else words[0])
                if tokens[at].text != "}":
                    raise ConfigProblem(f'unexpected end of file, expecting "}}" in {path}:{tokens[at].line}')
                at += 1
            if (words[0] == "include" and context != TYPES) or (words[0] == "include" and context == TYPES and len(words) == 2):
                found += self._included(known, context)
            else:
                found.append(attrs.evolve(known, body=body))

    def _check(self, one: Directive, context: str, sign: str) -> None:
        name = one.name
        rule = MODELLED.get(name)
        if rule is None:
            if name in REPORTED or (context == "upstream" and name in ("server", "keepalive")):
                if name in REPORTED:
                    self.unmodelled.append(f"nginx: {name} in {one.where}")
                return
            if name in WITHOUT_EFFECT:
                return
            raise ConfigProblem(f'unknown directive "{name}" in {one.where}')
        if name == "server" and context == "upstream":
            rule = ((context,), 1, 99)
        contexts, least, most = rule
        if context not in contexts and not (context == IF):
            raise ConfigProblem(f'"{name}" directive is not allowed here in {one.where}')
        if not least <= len(one.words) - 1 <= most:
            raise ConfigProblem(f'invalid number of arguments in "{name}" directive in {one.where}')
        if name in BLOCKS and not (name == "server" and context == "upstream"):
            if sign != "{":
                raise ConfigProblem(f'directive "{name}" has no opening "{{" in {one.where}')
        elif sign != ";":
            raise ConfigProblem(f'directive "{name}" is not terminated by ";" in {one.where}')

    def _included(self, one: Directive, context: str) -> list[Directive]:
        pattern = posixpath.join("/etc/nginx", one.words[1])
        if not any(letter in pattern for letter in "*?["):
            try:
                return list(self.file(pattern, context))
            except ConfigProblem as problem:
                text = str(problem)
                if text.startswith(f'open() "{pattern}"'):
                    if pattern.endswith("/mime.types"):
                        return []  # the usual kinds are known anyway
                    text += f" in {one.where}"
                raise ConfigProblem(text, problem.level) from None
        folder, mask = pattern.rsplit("/", 1)
        try:
            names = self.process.machine.files.listdir(self.process, folder)
        except NetError:
            return []
        return [each for name in sorted(names) if fnmatch.fnmatchcase(name, mask) for each in self.file(f"{folder}/{name}", context)]


def read(process: Process, path: str = PLACE) -> tuple[tuple[Directive, ...], list[str]]:
    """A configuration and what of it is not modelled; ConfigProblem."""
    reader = Reader(process)
    found = reader.file(path, MAIN)
    if not any(one.name == "events" for one in found):
        raise NoEvents('no "events" section in configuration')
    return found, reader.unmodelled
