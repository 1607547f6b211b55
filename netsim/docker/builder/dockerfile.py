"""A Dockerfile's text as instructions (`frontend/dockerfile/parser`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import attrs

from netsim.docker.errors import Refusal, invalid

DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
ANY, ONE, SOME, TWO = (
    "",
    "requires exactly one argument",
    "requires at least one argument",
    "requires at least two arguments, but only one was provided. Destination could not be determined",
)
NEEDS = {
    "ADD": TWO, "ARG": SOME, "CMD": ANY, "COPY": TWO, "ENTRYPOINT": ANY, "ENV": SOME, "EXPOSE": SOME, "FROM": "requires either one or three arguments",
    "HEALTHCHECK": SOME, "LABEL": SOME, "MAINTAINER": ONE, "ONBUILD": SOME, "RUN": ANY, "SHELL": ANY, "STOPSIGNAL": ONE, "USER": ONE, "VOLUME": SOME,
    "WORKDIR": ONE,
}  # fmt: skip
"""Every instruction, and how it says that it lacks words."""
OF_NAMES = ("ENV", "LABEL")


@attrs.frozen
class Instruction:
    """One instruction: its word in capitals, what follows, options (`--from=x`), its line, and how it was typed."""

    word: str
    rest: str
    options: Mapping[str, str]
    line: int
    typed: str

    @property
    def json(self) -> tuple[str, ...] | None:
        """Its words when they are a JSON list of strings (the exec form), else None."""
        if not self.rest.startswith("["):
            return None
        try:
            read = json.loads(self.rest)
        except ValueError:
            return None
        return tuple(read) if all(isinstance(item, str) for item in read) else None


def parse(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile; Refusal with the daemon's words for what is none."""
    found: list[Instruction] = []
    escape, waiting, number = _escape(text), text.split("\n"), 0
    while number < len(waiting):
        begin, line = number + 1, waiting[number].strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        while re.search(rf"{re.escape(escape)}[ \t]*$", line):
            line = re.sub(rf"{re.escape(escape)}[ \t]*$", "", line)
            while number < len(waiting) and (not waiting[number].strip() or waiting[number].lstrip().startswith("#")):
                number += 1
            if number >= len(waiting):
                break
            line += waiting[number].rstrip("\r")
            number += 1
        found.append(_instruction(line.rstrip(), begin))
    if not found:
        raise Refusal(400, "failed to parse Dockerfile: file with no instructions")
    return found


def _escape(text: str) -> str:
    for line in text.split("\n"):
        read = DIRECTIVE.fullmatch(line.strip())
        if read is None:
            break
        if read[1].lower() == "escape":
            return read[2]
    return "\\"


def _instruction(line: str, number: int) -> Instruction:
    word, _, rest = line.partition(" ") if " " in line.replace("\t", " ") else (line, "", "")
    if "\t" in word:
        word, _, rest = line.partition("\t")
    rest, options = rest.strip(), {}
    while match := re.match(r"--([a-z]+)(?:=(\S*))?\s+", rest) if word.upper() in ("FROM", "COPY", "ADD", "RUN", "HEALTHCHECK") else None:
        options[match[1]] = match[2] or ""
        rest = rest[match.end() :]
    name = word.upper()
    if name not in NEEDS:
        raise Refusal(400, f"dockerfile parse error line {number}: unknown instruction: {name}")
    wrong = _wrong(name, rest)
    if wrong:
        raise Refusal(400, f"dockerfile parse error line {number}: {name} {wrong}")
    made = Instruction(name, rest, options, number, line)
    if name in OF_NAMES:
        pairs(made)
    return made


def _wrong(name: str, rest: str) -> str:
    count = len(rest.split())
    if name == "FROM" and count not in (1, 3):
        return NEEDS[name]
    if NEEDS[name] is TWO and count < 2:
        return TWO if count else SOME
    return NEEDS[name] if NEEDS[name] and not rest else ""


def words(text: str) -> list[str]:
    """Words of a line: blanks part them, quotes and backslashes hold them together and stay."""
    found, current, quote, place = [], "", "", 0
    while place < len(text):
        letter = text[place]
        if letter == "\\" and place + 1 < len(text) and quote != "'":
            current += text[place : place + 2]
            place += 2
            continue
        if letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
        if letter.isspace() and not quote:
            if current:
                found.append(current)
            current = ""
        else:
            current += letter
        place += 1
    return [*found, current] if current else found


def pairs(instruction: Instruction) -> list[tuple[str, str]]:
    """Names and values of ENV and LABEL, in both their forms; the values still have quotes and variables."""
    first = words(instruction.rest)[0]
    if "=" not in first:
        name, _, value = instruction.rest.partition(" ")
        if not value.strip():
            raise Refusal(400, f"failed to parse Dockerfile: {instruction.word} must have two arguments")
        return [(name, value.strip())]
    found = []
    for word in words(instruction.rest):
        name, equals, value = word.partition("=")
        if not equals:
            raise Refusal(400, f"failed to parse Dockerfile: Syntax error - can't find = in {json.dumps(word)}. Must be of the form: name=value")
        found.append((name, value))
    return found


def expand(text: str, variables: Mapping[str, str]) -> str:
    """A word without its quotes and backslashes and with variables put in (`$V`, `${V}`, `${V:-word}`, `${V:+word}`)."""
    out, quote, place = "", "", 0
    while place < len(text):
        letter = text[place]
        if letter == "\\" and quote != "'" and place + 1 < len(text):
            keeps = quote == '"' and text[place + 1] not in '"$\\'
            out += text[place : place + 2] if keeps else text[place + 1]
            place += 2
        elif letter in "\"'" and quote in ("", letter):
            quote = "" if quote else letter
            place += 1
        elif letter == "$" and quote != "'":
            value, place = _variable(text, place + 1, variables)
            out += value
        else:
            out += letter
            place += 1
    return out


def _variable(text: str, place: int, variables: Mapping[str, str]) -> tuple[str, int]:
    bare = re.compile(r"[A-Za-z_]\w*").match(text, place)
    if bare is not None:
        return variables.get(bare[0], ""), bare.end()
    if text[place : place + 1] != "{":
        return "$", place
    braced = re.compile(r"\{([A-Za-z_]\w*)(?::([-+])([^}]*))?\}").match(text, place)
    if braced is None:
        raise invalid(f"failed to process {json.dumps(text)}: unsupported modifier in substitution")
    value = variables.get(braced[1], "")
    if braced[2] == "-" and not value:
        value = expand(braced[3], variables)
    elif braced[2] == "+":
        value = expand(braced[3], variables) if value else ""
    return value, braced.end()
