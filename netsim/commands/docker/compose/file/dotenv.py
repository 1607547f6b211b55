"""`.env` and env_file: NAME=VALUE lines with quotes, comments and references (compose-go `dotenv`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netsim.commands.docker.compose.file.interpolate import BadTemplate, Variables, substitute
from netsim.commands.docker.compose.file.problem import ComposeProblem

NEWLINE = "\n"
SPACE = " \t\v\f\r\x85\xa0"
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse(text: str, known: Mapping[str, str], path: str) -> dict[str, str]:
    """The variables of a file, in order; references see the file's earlier lines and `known`; a bare name takes its value from there or is left out."""
    reader = _Reader(text.replace("\r\n", "\n"), known)
    try:
        return reader.read()
    except BadTemplate as problem:
        raise ComposeProblem(f"failed to read {path}: {problem}") from None


class _Reader:
    """What is left of the text, and what was found."""

    def __init__(self, text: str, known: Mapping[str, str]) -> None:
        self.text, self.known, self.at, self.line = text, known, 0, 1
        self.found: dict[str, str] = {}

    def read(self) -> dict[str, str]:
        while self.next_statement():
            name, has_value = self.name()
            if " " in name or "\t" in name:
                raise BadTemplate(f"line {self.line}: key cannot contain a space")
            if has_value:
                self.found[name] = self.value()
            elif name in self.known:
                self.found[name] = self.known[name]
        return self.found

    def next_statement(self) -> bool:
        """On to where something stands that is no comment."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif char == "\n" or char in SPACE:
                self.line += char == "\n"
                self.at += 1
            else:
                return True
        return False

    def name(self) -> tuple[str, bool]:
        """The name that stands here, and whether a value follows."""
        begun = re.compile(r"export[ \t]+").match(self.text, self.at)
        start = begun.end() if begun else self.at
        for at in range(start, len(self.text)):
            char = self.text[at]
            if char in "=:\n":
                self.at = at + (char != "\n")
                return self.text[start:at].strip(), char != "\n"
            if not (char in SPACE or char in "_.-[]" or char.isalnum()):
                end = self.text.find("\n", start)
                rest = self.text[start : end if end >= 0 else len(self.text)]
                raise BadTemplate(f'line {self.line}: unexpected character "{char}" in variable name "{rest}"')
        self.at = len(self.text)
        return self.text[start:].strip(), False

    def value(self) -> str:
        """What stands behind the sign."""
        while self.at < len(self.text) and self.text[self.at] in SPACE:
            self.at += 1
        quote = self.text[self.at : self.at + 1]
        if quote in ("'", '"') and quote:
            return self.quoted(quote)
        end = self.text.find("\n", self.at)
        line = self.text[self.at : end if end >= 0 else len(self.text)]
        self.at = len(self.text) if end < 0 else end
        return self.expanded(re.split(r"(?:^|\s)#", line, maxsplit=1)[0].rstrip())

    def quoted(self, quote: str) -> str:
        begin = at = self.at + 1
        while at < len(self.text):
            if self.text[at] == "\\" and quote == '"':
                at += 1
            elif self.text[at] == quote:
                inner, self.at = self.text[begin:at], at + 1
                self.line += inner.count("\n")
                rest = self.text.find("\n", self.at)
                self.at = len(self.text) if rest < 0 else rest
                return inner if quote == "'" else self.expanded(ESCAPED.sub(_unescaped, inner))
            at += 1
        end = self.text.find("\n", self.at)
        raise BadTemplate(
            f"line {self.line + self.text.count(NEWLINE, self.at)}: unterminated quoted value {self.text[self.at : end if end >= 0 else len(self.text)]}"
        )

    def expanded(self, text: str) -> str:
        return substitute(text, Variables({**self.found, **self.known}))


def _unescaped(found: re.Match[str]) -> str:
    return ESCAPES.get(found[1], found[0])
