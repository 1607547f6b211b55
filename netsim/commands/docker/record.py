"""Fields of an option's value as Go's `encoding/csv` reads one record, and text as its `%q` shows it."""

from __future__ import annotations

ESCAPES = {'"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def fields(text: str) -> list[str]:
    """The fields of the first line, which quotes may keep together; ValueError in Go's words (`csv.Reader.readRecord`)."""
    if '"' not in text and "\n" not in text:
        return text.split(",")
    lines = text.split("\n")
    line = next((one for one in lines if one.rstrip("\r")), "")
    found: list[str] = []
    at = 0
    while True:
        if line[at : at + 1] == '"':
            field, at = _quoted(line, at + 1)
        else:
            end = line.find(",", at)
            field = line[at:] if end < 0 else line[at:end]
            if '"' in field:
                raise ValueError(f'parse error on line 1, column {at + field.index(chr(34)) + 1}: bare " in non-quoted-field')
            at += len(field)
        found.append(field)
        if at >= len(line):
            return found
        at += 1


def _quoted(line: str, at: int) -> tuple[str, int]:
    """A field after its opening quote, and the place behind its closing one; two quotes stand for one."""
    field = ""
    while True:
        end = line.find('"', at)
        if end < 0:
            raise ValueError(f'parse error on line 1, column {len(line) + 1}: extraneous or missing " in quoted-field')
        field += line[at:end]
        after = line[end + 1 : end + 2]
        if after == '"':
            field, at = field + '"', end + 2
        elif after in (",", ""):
            return field, end + 1
        else:
            raise ValueError(f'parse error on line 1, column {end + 1}: extraneous or missing " in quoted-field')


def shown(text: str) -> str:
    """Text in double quotes (`strconv.Quote`)."""
    return '"' + (text if text.isalnum() else "".join(map(_escaped, text))) + '"'


def _escaped(char: str) -> str:
    if char in ESCAPES:
        return ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 128 else f"\\u{ord(char):04x}" if ord(char) < 1 << 16 else f"\\U{ord(char):08x}"
