"""Shell patterns as regular expressions: `*`, `?`, `[...]` and the extended ones; quoted characters (marked ones) stand for themselves."""

from __future__ import annotations

import re
from functools import lru_cache

from netsim.shell.fields import MARKS, QUOTED

CLASSES = {
    "alnum": "A-Za-z0-9", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": r"\x21-\x7e",
    "lower": "a-z", "print": r"\x20-\x7e", "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "word": r"\w", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


@lru_cache(maxsize=512)
def matcher(marked: str, flags: str) -> re.Pattern[str]:
    """The pattern as a regular expression; `i` among the flags makes cases equal, `e` understands `@(a|b)` and its like, `/` keeps `*` within a name."""
    return re.compile(translated(marked, flags), re.S | (re.I if "i" in flags else 0))


def translated(marked: str, flags: str) -> str:
    """The regular expression's text."""
    every = "[^/]" if "/" in flags else "."
    out, at, size = "", 0, len(marked)
    while at < size:
        letter = marked[at]
        following = marked[at + 1 : at + 2]
        if letter == QUOTED:
            out += re.escape(following)
            at += 2
        elif letter == "\\" and following:
            at += 1
            out += re.escape(marked[at : at + 1]) if marked[at] != QUOTED else ""
            at += marked[at] != QUOTED
        elif "e" in flags and following == "(" and letter in "?*+@!" and (end := _closing(marked, at + 1)) > 0:
            out += _extended(letter, marked[at + 2 : end], flags)
            at = end + 1
        elif letter == "*":
            while marked[at : at + 1] == "*" and not ("e" in flags and marked[at + 1 : at + 2] == "("):
                at += 1
            out += f"{every}*"
        elif letter == "?":
            out += every
            at += 1
        elif letter == "[":
            piece, at = _bracket(marked, at)
            out += piece
        else:
            out += "" if MARKS.match(letter) else re.escape(letter)
            at += 1
    return out


def _closing(marked: str, at: int) -> int:
    """The place of the parenthesis that closes the one at `at`, -1 when there is none."""
    depth = 0
    while at < len(marked):
        if marked[at] in (QUOTED, "\\"):
            at += 1
        elif marked[at] == "(":
            depth += 1
        elif marked[at] == ")":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1


def _extended(sign: str, inner: str, flags: str) -> str:
    choices, depth, start, at = [], 0, 0, 0
    while at < len(inner):
        if inner[at] in (QUOTED, "\\"):
            at += 1
        elif inner[at] in "()":
            depth += 1 if inner[at] == "(" else -1
        elif inner[at] == "|" and not depth:
            choices.append(inner[start:at])
            start = at + 1
        at += 1
    choices.append(inner[start:])
    text = "|".join(translated(choice, flags) for choice in choices)
    if sign == "!":
        return rf"(?:(?!(?:{text})\Z).*)"
    return f"(?:{text})" + {"?": "?", "*": "*", "+": "+", "@": ""}[sign]


def _bracket(marked: str, at: int) -> tuple[str, int]:
    """A bracket expression; a bracket that nothing closes is itself."""
    start, at = at, at + 1
    negated = marked[at : at + 1] in ("!", "^")
    at += negated
    inner, first = "", True
    while at < len(marked):
        letter = marked[at]
        if letter == "]" and not first:
            at += 1
            break
        first = False
        if letter == "[" and marked[at + 1 : at + 2] in (":", "=", "."):
            kind = marked[at + 1]
            end = marked.find(f"{kind}]", at + 2)
            if end > 0:
                name = marked[at + 2 : end]
                inner += CLASSES.get(name, "") if kind == ":" else re.escape(name)
                at = end + 2
                continue
        if letter in (QUOTED, "\\"):
            at += 1
            inner += re.escape(marked[at : at + 1])
        elif letter == "-":
            inner += "-"
        elif MARKS.match(letter) is None:
            inner += "\\" + letter if letter in "[]\\^&~|" else letter
        at += 1
    else:
        return re.escape("["), start + 1
    inner = re.sub(r"(.)-(.)", lambda match: match[0] if match[1] <= match[2] or "\\" in match[0] else "", inner)
    if not inner:
        return (r"(?!)" if not negated else "."), at
    return f"[{'^' * negated}{inner}]", at


def strip(value: str, pattern: re.Pattern[str], op: str) -> str:
    """Take the shortest (one sign) or longest match off the front (#) or the end (%)."""
    cuts = range(len(value) + 1)
    if op[0] == "#":
        for cut in reversed(cuts) if len(op) == 2 else cuts:
            if pattern.fullmatch(value, 0, cut):
                return value[cut:]
    else:
        for cut in cuts if len(op) == 2 else reversed(cuts):
            if pattern.fullmatch(value, cut):
                return value[:cut]
    return value


def substituted(value: str, pattern: str, flags: str, new: str, how: str) -> str:
    """`${x/pattern/new}`: the longest match; `how` is "" for the first, "/" for all, "#" at the front, "%" at the end. An unquoted & is the match."""
    if not pattern and how not in ("#", "%"):
        return value
    source = translated(pattern, flags)
    regex = re.compile({"#": rf"\A(?:{source})", "%": rf"(?:{source})\Z"}.get(how, source), re.S | (re.I if "i" in flags else 0))
    count = 0 if how == "/" else 1
    if "&" not in re.sub(f"{QUOTED}.", "", new, flags=re.S):
        text = new.replace(QUOTED, "")
        return regex.sub(lambda _: text, value, count=count)
    return regex.sub(lambda match: _with_match(new, match[0]), value, count=count)


def _with_match(new: str, found: str) -> str:
    out, at = "", 0
    while at < len(new):
        if new[at] == QUOTED:
            out += new[at + 1 : at + 2]
            at += 2
        else:
            out += found if new[at] == "&" else new[at]
            at += 1
    return out
