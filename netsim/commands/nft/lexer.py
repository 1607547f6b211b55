"""nft's words, with where each stood, and how its errors point there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

import attrs

PUNCTUATION = ("==", "!=", "<=", ">=", "{", "}", ";", ",", "=", "<", ">", "(", ")", "&", "|", "^", "!")
WORD = re.compile(r'"[^"]*"|\$[A-Za-z_]\w*|\[[0-9a-fA-F:.]+\](?::[\w-]+)?|[^\s{};,=<>()&|^!"#]+')


@attrs.frozen
class Token:
    """One word: `kind` is "word", "string" (quoted), "punct", "newline" or "end"."""

    kind: str
    text: str
    line: int
    start: int
    end: int


class NftError(Exception):
    """What nft complains about, the words it points at, and those it underlines as `also` to blame."""

    def __init__(self, message: str, at: Sequence[Token], also: Sequence[Token] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.also = also
        self.is_last = False
        """Whether nothing follows: nft then also misses the end of the block it stands in."""


def tokens_of(text: str) -> list[Token]:
    """All words of a text; comments and escaped line ends are passed over."""
    found: list[Token] = []
    for number, line in enumerate(text.split("\n"), 1):
        at = 0
        while at < len(line):
            if line[at] in " \t":
                at += 1
                continue
            if line[at] == "#" or (line[at] == "\\" and not line[at + 1 :].strip()):
                break
            punct = next((mark for mark in PUNCTUATION if line.startswith(mark, at)), "")
            matched = WORD.match(line, at)
            word = punct or (matched[0] if matched else line[at])
            kind = "punct" if punct else "string" if word.startswith('"') else "word"
            found.append(Token(kind, word.strip('"') if kind == "string" else word, number, at, at + len(word)))
            at += len(word)
        else:
            found.append(Token("newline", "\n", number, len(line), len(line) + 1))
            continue
        if not line[at:].startswith("\\"):
            found.append(Token("newline", "\n", number, len(line), len(line) + 1))
    last = found[-1] if found else Token("newline", "\n", 1, 0, 1)
    return [*found, Token("end", "", last.line, last.start, last.end)]


def told(error: NftError, text: str, source: str) -> str:
    """An error as nft prints it: the message, the line, and marks under the words."""
    if not error.at:
        return f"Error: {error.message}\n"
    first, last = error.at[0], error.at[-1]
    line = text.split("\n")[first.line - 1]
    end = last.end if last.line == first.line else len(line)
    where = f"{source}:{first.line}:{first.start + 1}-{end}: " if source else ""
    marks = " " * first.start + "^" * max(1, end - first.start)
    if error.also:
        begin, stop = error.also[0].start, error.also[-1].end
        marks = marks.ljust(stop)
        marks = marks[:begin] + "~" * (stop - begin) + marks[stop:]
    marks = "".join("\t" if above == "\t" and mark == " " else mark for above, mark in zip_longest(line[: len(marks)], marks))
    return f"{where}Error: {error.message}\n{line}\n{marks}\n" + (_unfinished(text, source) if error.is_last else "")


def _unfinished(text: str, source: str) -> str:
    """That the text ends within a block: told where it ends with a line, as what is typed as words always does."""
    lines = (text if source else f"{text}\n").split("\n")
    if lines[-1]:
        return ""
    where = f"{source}:{len(lines)}:1-1: " if source else ""
    return f"{where}Error: syntax error, unexpected end of file\n{lines[-2]}\n^\n"
