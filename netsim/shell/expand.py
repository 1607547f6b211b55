"""Words to arguments: tildes, substitutions, arithmetic, quotes; then fields and path names. Parameters stand in `parameters.py`."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from netsim.shell.arith import evaluate
from netsim.shell.braces import TooManyWords, brace_expand
from netsim.shell.fields import EMPTY, NOTHING, literal, plain, protect, separated, split
from netsim.shell.globbing import NoMatch, glob
from netsim.shell.jumps import ExpansionProblem
from netsim.shell.numbers import is_number
from netsim.shell.tokens import skip_quoted

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

Steps = Generator[Any, Any, Any]
ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
CHEAP = re.compile(r"[\w./:=+,@%^#-]*", re.A)
"""A word without anything to expand."""
LITERAL = re.compile(r"[^\\'\"$`<>~]+")
WITHIN = re.compile(r"[^\\\"$`]+")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
ASSIGNS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
TILDE = re.compile(r"~([A-Za-z0-9_.+-]*)(?=[/:]|$)")
BACKQUOTED = re.compile(r"\\([`\\$])")
BACKQUOTED_WITHIN = re.compile(r"\\([`\\$\"])")


def expand_words(shell: ShellState, words: tuple[Any, ...], tildes: str = "") -> Steps:
    """All arguments the words of a command make; in a list (`tildes` is `(`) nothing looks like an assignment."""
    found: list[str] = []
    for word in words:
        text = word.text
        if CHEAP.fullmatch(text):
            found.append(text)
            continue
        try:
            pieces = brace_expand(text) if "{" in text and "B" in shell.options else (text,)
            for piece in pieces:
                marked = yield from expand(shell, piece, tildes)
                for field in split(marked):
                    found += glob(shell, field)
        except (TooManyWords, NoMatch) as problem:
            raise ExpansionProblem(str(problem)) from None
    return found


def expand_one(shell: ShellState, text: str) -> Steps:
    """One word without splitting or globbing (redirections, case words)."""
    if CHEAP.fullmatch(text):
        return text
    marked = yield from expand(shell, text)
    return plain(marked)


def expand_assigned(shell: ShellState, text: str) -> Steps:
    """A value behind `=`: tildes stand behind colons too."""
    if CHEAP.fullmatch(text):
        return text
    marked = yield from expand(shell, text, ":")
    return plain(marked)


def expand_within(shell: ShellState, text: str) -> Steps:
    """A text as if it stood between double quotes: here-documents, arithmetic, prompts."""
    if "$" not in text and "`" not in text and "\\" not in text:
        return text
    marked = yield from double(shell, text, "")
    return plain(marked)


def expand(shell: ShellState, text: str, tildes: str = "") -> Steps:
    """The word with everything expanded, marked as `fields.py` tells; a `tildes` of `:` says that it is a value."""
    out = ""
    at, size = 0, len(text)
    assigns = ASSIGNS.match(text) if "~" in text and not tildes and shell.is_bash() else None
    while at < size:
        letter = text[at]
        if letter == "'":
            end = text.index("'", at + 1)
            out += protect(text[at + 1 : end]) or EMPTY
            at = end + 1
        elif letter == '"':
            end = skip_quoted(text, at, 0)
            out += yield from double(shell, text[at + 1 : end - 1])
            at = end
        elif letter == "\\":
            out += "" if text[at + 1 : at + 2] == "\n" else protect(text[at + 1 : at + 2] or "\\")
            at += 2
        elif letter in "$`":
            value, at = yield from dollar(shell, text, at, "")
            out += value
        elif letter == "~":
            begins = (
                at == 0 or (text[at - 1] == ":" if tildes == ":" or (assigns and at > assigns.end()) else False) or (assigns and at == assigns.end())
            )
            match = TILDE.match(text, at) if begins else None
            home = _home(shell, match[1]) if match else None
            out += "~" if match is None or home is None else protect(home)
            at = at + 1 if match is None or home is None else match.end()
        elif letter in "<>":
            if text[at + 1 : at + 2] == "(":
                end = skip_quoted("$" + text[at + 1 :], 0, 0) + at
                path = yield from shell.process_substitution(text[at + 2 : end - 1].lstrip(), letter)
                out += protect(path)
                at = end
            else:
                out += letter
                at += 1
        else:
            match = LITERAL.match(text, at)
            assert match is not None
            out += literal(match[0])
            at = match.end()
    return out


def _home(shell: ShellState, user: str) -> str | None:
    """Where `~USER` is."""
    if user == "+":
        return str(shell.proc.cwd)
    if user == "-":
        return shell.get("OLDPWD")
    if not user:
        home = shell.get("HOME")
        return "/root" if home is None else home
    for line in shell.proc.read_text("/etc/passwd").splitlines():
        fields = line.split(":")
        if fields[0] == user and len(fields) > 5:
            return str(fields[5])
    return "/root" if user == "root" else None


def double(shell: ShellState, text: str, quote: str = '"') -> Steps:
    """What stands between double quotes; in a here-document (`quote` empty) a double quote is a letter like others."""
    out = ""
    at, size, empty = 0, len(text), True
    while at < size:
        letter = text[at]
        if letter == "\\":
            following = text[at + 1 : at + 2]
            if following in ("\\", "$", "`", "\n") or following == '"' == quote:
                out += "" if following == "\n" else protect(following)
                at += 2
            else:
                out += protect("\\")
                at += 1
        elif letter in "$`":
            value, at = yield from dollar(shell, text, at, '"')
            if value == NOTHING:
                empty = False
                continue
            out += value
        elif letter == '"':
            out += protect(letter)
            at += 1
        else:
            match = WITHIN.match(text, at)
            assert match is not None
            out += protect(match[0])
            at = match.end()
    return out if out or not empty else EMPTY


def settled(shell: ShellState, value: str, quote: str) -> str:
    """A value as it goes into a word: quoted, or with its separators marked."""
    if quote:
        return protect(value)
    ifs = shell.variables.get("IFS")
    return separated(value, " \t\n" if ifs is None else ifs)


def dollar(shell: ShellState, text: str, at: int, quote: str) -> Steps:
    """What begins with `$` or a backquote; returns the (marked) value and the place after it."""
    if text[at] == "`":
        end = skip_quoted(text, at, 0)
        inner = (BACKQUOTED_WITHIN if quote else BACKQUOTED).sub(r"\1", text[at + 1 : end - 1])
        value = yield from shell.substitute(inner)
        return settled(shell, value, quote), end
    follower = text[at + 1 : at + 2]
    if follower == "(":
        end = skip_quoted(text, at, 0)
        if text.startswith("((", at + 1) and text[end - 2 : end] == "))" and is_arithmetic(text[at + 3 : end - 2]):
            inner = yield from expand_within(shell, text[at + 3 : end - 2].replace('"', ""))
            value = str(evaluate(inner, shell))
        else:
            value = yield from shell.substitute(text[at + 2 : end - 1].lstrip())
        return settled(shell, value, quote), end
    if follower == "{":
        from netsim.shell.parameters import braced

        end = skip_quoted(text, at, 0)
        value = yield from braced(shell, text[at + 2 : end - 1], quote)
        return value, end
    if follower == "[" and shell.is_bash():
        end = text.find("]", at)
        if end > 0:
            inner = yield from expand_within(shell, text[at + 2 : end])
            return settled(shell, str(evaluate(inner, shell)), quote), end + 1
    if follower == "'" and not quote and shell.name != "sh":
        end = skip_quoted(text, at, 0)
        return protect(unescape(text[at + 2 : end - 1], "$").partition("\0")[0]) or EMPTY, end
    if follower == '"' and not quote and shell.is_bash():
        return "", at + 1
    name = NAME.match(text, at + 1)
    if name is None:
        return protect("$") if quote else "$", at + 1
    from netsim.shell.parameters import parameter

    return parameter(shell, name[0], quote), name.end()


def is_arithmetic(inner: str) -> bool:
    """Whether `((...))` is an expression: its parentheses close in their order, so that it is not two subshells."""
    depth = 0
    for letter in inner:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|c.|0?[0-7]{1,3}|.)", re.S)


def unescape(text: str, where: str) -> str:
    """Backslash escapes of `$'...'` (`$`), `echo -e` (echo), printf's format (printf) and `%b` (b); \\x05 stands where `\\c` ends the output."""

    def replace(match: re.Match[str]) -> str:
        body = match[1]
        first = body[0]
        if first in "xuU" and len(body) > 1:
            number = int(body[1:], 16)
            return _byte(number) if first == "x" else chr(number) if number < 0x110000 else match[0]
        if is_number(first):
            if where == "echo" and first != "0":
                return match[0]
            digits = body
            if where in ("$", "printf") and len(body) == 4:
                return _byte(int(body[:3], 8) & 255) + body[3]
            return _byte(int(digits, 8) & 255)
        if first == "c" and len(body) > 1:
            if where == "$":
                return chr(ord(body[1].upper()) & 0x1F)
            return "\x05" + body[1] if where in ("echo", "b") else match[0]
        if first in "'\"?" and where in ("echo", "b") and first != '"':
            return match[0] if where == "echo" or first == "?" else first
        return match[0] if first == '"' and where == "echo" else ESCAPES.get(first, match[0]) if body == first else match[0]

    if "\\" not in text:
        return text
    if text.endswith("\\c") and where in ("echo", "b"):
        text += " "
    return ESCAPE.sub(replace, text)


def _byte(number: int) -> str:
    """A byte as a character of the text."""
    return chr(number) if number < 128 else bytes((number,)).decode("utf-8", "surrogateescape")
