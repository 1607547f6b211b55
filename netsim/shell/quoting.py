"""How a shell writes a value so that it can be typed again."""

from __future__ import annotations

import re

UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
METAS = re.compile(r"[ \t\n'\"\\|&;()<>!{}*\[?\]^$`]|^[~#]|[=:]~")
"""What makes bash quote a word (`sh_contains_shell_metas`)."""
SIGNS = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 27: "\\E", 39: "\\'", 92: "\\\\"}


def ansi(text: str) -> str:
    """`$'...'` (`ansic_quote`)."""
    return "$'" + "".join(SIGNS.get(ord(letter)) or (f"\\{ord(letter):03o}" if UNPRINTABLE.match(letter) else letter) for letter in text) + "'"


def double(text: str) -> str:
    """`"..."` as `declare -p` writes a value."""
    return ansi(text) if UNPRINTABLE.search(text) else '"' + re.sub(r'(["$`\\])', r"\\\1", text) + '"'


def single(text: str) -> str:
    """`'...'` (`sh_single_quote`)."""
    return "'" + text.replace("'", "'\\''") + "'"


def when_needed(text: str) -> str:
    """A word with single quotes only where it must have them, as `set` and `set -x` write it."""
    if UNPRINTABLE.search(text):
        return ansi(text)
    return single(text) if not text or METAS.search(text) else text


def traced(text: str) -> str:
    """A word as `set -x` shows it: what quotes can hold as it is, line ends too, stands in them (`xtrace_print_word_list`)."""
    if METAS.search(text) or not text:
        return single(text)
    return ansi(text) if UNPRINTABLE.search(text) else text


def backslashed(text: str) -> str:
    """`printf %q`: backslashes (`sh_backslash_quote`)."""
    if not text:
        return "''"
    if UNPRINTABLE.search(text):
        return ansi(text)
    quoted = re.sub(r"([ '\"\\|&;()<>!{}*\[?\]^$`,])", r"\\\1", text)
    quoted = re.sub(r"^([~#])", r"\\\1", quoted)
    return re.sub(r"([=:])~", r"\1\\~", quoted)
