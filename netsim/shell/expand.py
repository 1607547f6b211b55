"""Words to arguments: parameters, substitutions, arithmetic, splitting, globbing, quotes."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from netsim.errors import NetError
from netsim.shell.arith import evaluate
from netsim.shell.numbers import is_number
from netsim.shell.tokens import skip_quoted

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

Steps = Generator[Any, Any, Any]
QUOTED = "\x01"  # marks a character that was quoted: it neither splits nor globs
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


MOST_WORDS = 100_000
"""Words that braces may make of one."""


class ExpansionProblem(Exception):
    """An unset parameter under `set -u`, or `${x:?word}`; `str()` is bash's message without its beginning."""


def protect(text: str) -> str:
    """Mark every character as quoted."""
    return "".join(QUOTED + letter for letter in text)


def plain(text: str) -> str:
    """Drop the marks."""
    return text.replace(QUOTED, "")


def expand_words(shell: ShellState, words: tuple[Any, ...]) -> Steps:
    """All arguments the words of a command make."""
    found: list[str] = []
    for word in words:
        for text in brace_expand(word.text):
            marked = yield from expand(shell, text)
            for field in split(shell, marked, text):
                found += glob(shell, field)
    return found


def expand_one(shell: ShellState, text: str) -> Steps:
    """One word without splitting or globbing (assignments, redirections, case words)."""
    marked = yield from expand(shell, text)
    return plain(marked.replace("\x02", " ").replace("\x03", ""))


def brace_expand(text: str) -> list[str]:
    """`a{b,c}d` and `{1..3}`."""
    match = re.search(r"(?<![$\\])\{([^{}'\"\s]*,[^{}'\"\s]*|-?\d+\.\.-?\d+(?:\.\.-?\d+)?|[a-zA-Z]\.\.[a-zA-Z])\}", text)
    if match is None or "'" in text[: match.start()] or '"' in text[: match.start()]:
        return [text]
    body = match[1]
    if ".." in body and "," not in body:
        low, high, *stride = body.split("..")
        if is_number(low.lstrip("-")):
            first, last = int(low), int(high)
            if abs(last - first) >= MOST_WORDS:
                raise ExpansionProblem(f"netsim: {{{body}}} makes more than {MOST_WORDS} words")
            width = len(low) if low.startswith("0") and len(low) > 1 else 0
            parts = [
                str(value).zfill(width)
                for value in range(
                    first, last + (1 if last >= first else -1), (max(1, abs(int(stride[0]))) if stride else 1) * (1 if last >= first else -1)
                )
            ]
        else:
            step = 1 if ord(high) >= ord(low) else -1
            parts = [chr(value) for value in range(ord(low), ord(high) + step, step)]
    else:
        parts = body.split(",")
    found: list[str] = []
    for part in parts:
        found += brace_expand(text[: match.start()] + part + text[match.end() :])
        if len(found) > MOST_WORDS:
            raise ExpansionProblem(f"netsim: braces make more than {MOST_WORDS} words")
    return found


def expand(shell: ShellState, text: str) -> Steps:
    """The word with everything expanded; quoted characters are marked, `"$@"` boundaries are \\x02, empty quotes \\x03."""
    out = ""
    at = 0
    if text.startswith("~") and (len(text) == 1 or text[1] == "/"):
        out, at = shell.get("HOME") or "/root", 1
    while at < len(text):
        letter = text[at]
        if letter == "'":
            end = text.index("'", at + 1)
            out += protect(text[at + 1 : end]) or "\x03"
            at = end + 1
        elif letter == '"':
            end = skip_quoted(text, at, 0)
            out += yield from _double(shell, text[at + 1 : end - 1])
            at = end
        elif letter == "\\":
            out += "" if text[at + 1 : at + 2] == "\n" else protect(text[at + 1 : at + 2])
            at += 2
        elif letter in "$`":
            value, at = yield from _dollar(shell, text, at, quoted=False)
            out += value
        elif text.startswith(("<(", ">("), at):
            end = skip_quoted("$" + text[at + 1 :], 0, 0) + at
            path = yield from shell.process_substitution(text[at + 2 : end - 1], text[at])
            out += path
            at = end
        else:
            out += letter
            at += 1
    return out


def _double(shell: ShellState, text: str) -> Steps:
    out = ""
    at = 0
    empty = True
    while at < len(text):
        letter = text[at]
        if letter == "\\" and text[at + 1 : at + 2] in ('"', "\\", "$", "`", "\n"):
            if text[at + 1] != "\n":
                out += protect(text[at + 1])
            at += 2
        elif letter in "$`":
            value, at = yield from _dollar(shell, text, at, quoted=True)
            if value == "\x04":
                empty = False
                continue
            out += value
        else:
            out += protect(letter)
            at += 1
    return out if out or not empty else "\x03"


def _dollar(shell: ShellState, text: str, at: int, *, quoted: bool) -> Steps:
    """What begins with `$` or a backquote; returns the (marked) value and the place after it."""
    if text[at] == "`":
        end = skip_quoted(text, at, 0)
        value = yield from shell.substitute(re.sub(r"\\([`\\$])", r"\1", text[at + 1 : end - 1]))
        return (protect(value) if quoted else value), end
    follower = text[at + 1 : at + 2]
    if text.startswith("$((", at):
        end = skip_quoted(text, at, 0)
        inner = yield from expand_one(shell, '"' + text[at + 3 : end - 2].replace('"', "") + '"')
        value = str(evaluate(inner, shell))
        return (protect(value) if quoted else value), end
    if follower == "(":
        end = skip_quoted(text, at, 0)
        value = yield from shell.substitute(text[at + 2 : end - 1])
        return (protect(value) if quoted else value), end
    if follower == "'" and not quoted:
        end = skip_quoted(text, at, 0)
        return protect(unescape(text[at + 2 : end - 1])) or "\x03", end
    if follower == '"' and not quoted:
        return "", at + 1
    if follower == "{":
        end = skip_quoted(text, at, 0)
        value = yield from _braced(shell, text[at + 2 : end - 1], quoted=quoted)
        return value, end
    name = re.match(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]", text[at + 1 :])
    if name is None:
        return protect("$"), at + 1
    return _parameter(shell, name[0], quoted=quoted), at + 1 + name.end()


def first_of_ifs(shell: ShellState) -> str:
    """What joins words in `"$*"`: the first character of IFS, a blank when it is unset."""
    ifs = shell.get("IFS")
    return " " if ifs is None else ifs[:1]


def _parameter(shell: ShellState, name: str, *, quoted: bool) -> str:
    if name == "@" and quoted:
        return "\x02".join(protect(value) or "\x03" for value in shell.positional) or "\x04"
    if name == "*" and quoted:
        return protect(first_of_ifs(shell).join(shell.positional))
    value = shell.parameter(name)
    if value is None:
        if "u" in shell.options and name not in ("@", "*"):
            raise ExpansionProblem(f"{name}: unbound variable")
        return ""
    return protect(value) if quoted else value


def _braced(shell: ShellState, body: str, *, quoted: bool) -> Steps:
    if body.startswith("#") and len(body) > 1 and re.fullmatch(r"#([A-Za-z_]\w*|[0-9@*])(\[[@*]\])?", body):
        name = body[1:]
        if name in ("@", "*"):
            return str(len(shell.positional))
        base, bracket, _ = name.partition("[")
        if bracket:
            return str(len(shell.arrays.get(base, {})))
        return str(len(shell.parameter(name) or ""))
    match = re.match(r"(!?)([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(\[([^]]*)\])?", body)
    if match is None:
        raise ExpansionProblem(f"${{{body}}}: bad substitution")
    indirect, name, _, index = match.groups()
    rest = body[match.end() :]
    if index in ("@", "*"):
        table = shell.arrays.get(name, {})
        values = [str(key) for key in table] if indirect else list(table.values())
        if not values and shell.get(name) is not None and not indirect:
            values = [shell.get(name) or ""]
        if rest:
            values = yield from _modify_all(shell, name, values, rest)
        if quoted and index == "*":
            return protect(first_of_ifs(shell).join(values))
        return ("\x02" if index == "@" else protect(" ")).join(protect(value) or "\x03" for value in values) if quoted else " ".join(values)
    if name in ("@", "*") and not rest:
        return _parameter(shell, name, quoted=quoted)
    if name in ("@", "*"):
        return _slice_positional(shell, rest, quoted=quoted)
    if index is not None:
        key = yield from expand_one(shell, index)
        value = shell.element(name, key)
    elif indirect:
        value = shell.parameter(shell.parameter(name) or "")
    else:
        value = shell.parameter(name)
    value = yield from _modify(shell, name, value, rest)
    return protect(value) if quoted else value


def _modify_all(shell: ShellState, name: str, values: list[str], rest: str) -> Steps:
    """`${a[@]:1:2}` takes elements; any other operator changes each."""
    if re.match(r":(?![-=?+])", rest):
        parts = rest[1:].split(":")
        start = evaluate(parts[0] or "0", shell)
        values = values[start:]
        return values[: evaluate(parts[1], shell)] if len(parts) > 1 else values
    if re.match(r":?[-=?+]", rest):
        word = yield from _modify(shell, name, first_of_ifs(shell).join(values) if values else None, rest)
        return values if values and rest.lstrip(":")[0] != "+" else [word] if word else []
    changed = []
    for value in values:
        changed.append((yield from _modify(shell, name, value, rest)))
    return changed


def _slice_positional(shell: ShellState, rest: str, *, quoted: bool) -> str:
    parts = rest.lstrip(":").split(":")
    start = evaluate(parts[0] or "0", shell)
    values = [shell.zero, *shell.positional][start:]
    if len(parts) > 1:
        values = values[: evaluate(parts[1], shell)]
    return "\x02".join(protect(value) or "\x03" for value in values) if quoted else " ".join(values)


def _modify(shell: ShellState, name: str, value: str | None, rest: str) -> Steps:
    """`:-word`, `#pattern`, `/a/b`, `:1:2`, `^^` and the rest."""
    operator = re.match(r":?[-=?+]|##?|%%?|//?|:|\^\^?|,,?", rest)
    if operator is None:
        if value is None and "u" in shell.options:
            raise ExpansionProblem(f"{name}: unbound variable")
        return value or ""
    op, word = operator[0], rest[operator.end() :]
    missing = value is None or (op.startswith(":") and value == "")
    if op.lstrip(":") in ("-", "=", "?", "+") and op != ":":
        kind = op[-1]
        if kind == "+":
            return "" if missing else (yield from expand_one(shell, word))
        if not missing:
            return value
        text = yield from expand_one(shell, word)
        if kind == "=":
            shell.set(name, text)
        if kind == "?":
            raise ExpansionProblem(f"{name}: {text or 'parameter null or not set'}")
        return text
    value = value or ""
    if op == ":":
        parts = word.split(":")
        start = evaluate(parts[0], shell)
        start = max(0, len(value) + start) if start < 0 else start
        if len(parts) == 1:
            return value[start:]
        length = evaluate(parts[1], shell)
        return value[start : start + length] if length >= 0 else value[start:length]
    if op[0] in "^,":
        change = str.upper if op[0] == "^" else str.lower
        return change(value) if len(op) == 2 else change(value[:1]) + value[1:]
    if op[0] == "/":
        pattern, _, new = word.partition("/")
        anchor = pattern[:1] if len(op) == 1 and pattern[:1] in ("#", "%") else ""
        source = pattern_regex(plain((yield from expand(shell, pattern[len(anchor) :]))))
        regex = re.compile({"#": rf"\A{source}", "%": rf"{source}\Z"}.get(anchor, source))
        new = yield from expand_one(shell, new)
        return regex.sub(lambda _: new, value, count=0 if len(op) == 2 else 1)
    marked = yield from expand(shell, word)
    return strip(value, plain(marked), op)


def strip(value: str, pattern: str, op: str) -> str:
    """Take the shortest (one sign) or longest match off the front (#) or the end (%)."""
    regex = re.compile(pattern_regex(pattern), re.S)
    cuts = range(len(value) + 1)
    if op[0] == "#":
        for cut in reversed(cuts) if len(op) == 2 else cuts:
            if regex.fullmatch(value[:cut]):
                return value[cut:]
    else:
        for cut in cuts if len(op) == 2 else reversed(cuts):
            if regex.fullmatch(value[cut:]):
                return value[:cut]
    return value


def pattern_regex(pattern: str) -> str:
    """A shell pattern as a regular expression."""
    return fnmatch.translate(pattern)[: -len(r"\Z")] if fnmatch.translate(pattern).endswith(r"\Z") else fnmatch.translate(pattern)


def split(shell: ShellState, marked: str, original: str) -> list[str]:
    """Fields of an expanded word (IFS is blank, tab and newline unless set)."""
    if "$" not in original and "`" not in original and "\x02" not in marked:
        return [marked.replace("\x03", "")] if marked else []
    blanks = shell.get("IFS") if shell.get("IFS") is not None else " \t\n"
    fields: list[str] = []
    field, started, at = "", False, 0
    while at < len(marked):
        letter = marked[at]
        if letter == QUOTED:
            field += marked[at : at + 2]
            started = True
            at += 2
            continue
        if letter == "\x02" or letter in (blanks or ""):
            if started or (letter == "\x02"):
                fields.append(field)
            field, started = "", False
        elif letter == "\x03":
            started = True
        elif letter != "\x04":
            field += letter
            started = True
        at += 1
    if started:
        fields.append(field)
    return fields


def glob(shell: ShellState, field: str) -> list[str]:
    """Path names a field with unquoted `*`, `?` or `[` matches, else the field itself."""
    bare = re.sub(QUOTED + ".", "", field, flags=re.S)
    if "f" in shell.options or not any(letter in bare for letter in "*?["):
        return [plain(field)]
    pattern = re.sub(QUOTED + r"(.)", lambda match: f"[{match[1]}]" if match[1] in "*?[" else match[1], field, flags=re.S)
    files, process = shell.proc.machine.files, shell.proc
    found = ["/"] if pattern.startswith("/") else [""]
    for part in [part for part in pattern.split("/") if part]:
        grown = []
        for base in found:
            prefix = base if not base or base.endswith("/") else base + "/"
            if not any(letter in part for letter in "*?["):
                if files.lstat(process, prefix + part) is not None:
                    grown.append(prefix + part)
                continue
            try:
                names = sorted(files.listdir(process, base or "."))
            except NetError:
                continue
            grown += [prefix + name for name in names if fnmatch.fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))]
        found = grown
    return found or [plain(field)]


def unescape(text: str) -> str:
    """Backslash escapes of `$'...'`, echo -e and printf."""

    def replace(match: re.Match[str]) -> str:
        body = match[1]
        if body[0] == "x":
            return chr(int(body[1:], 16)) if len(body) > 1 else match[0]
        if is_number(body[0]):
            return chr(int(body, 8) & 255)
        return ESCAPES.get(body, match[0])

    return re.sub(r"\\(x[0-9a-fA-F]{1,2}|0?[0-7]{1,3}|.)", replace, text, flags=re.S)
