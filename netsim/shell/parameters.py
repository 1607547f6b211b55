"""Parameters in words: `$name`, `${name...}` and what the operators make of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.shell.arith import evaluate
from netsim.shell.expand import Steps, double, expand, expand_within, settled
from netsim.shell.fields import BETWEEN, EMPTY, LOOSE, NOTHING, SEPARATOR, plain, protect
from netsim.shell.jumps import ExpansionProblem, ReadonlyProblem
from netsim.shell.patterns import matcher, strip, substituted
from netsim.shell.plain import PARAMETERS
from netsim.shell.quoting import UNPRINTABLE, ansi, single
from netsim.shell.quoting import double as double_quoted
from netsim.shell.tokens import skip_quoted

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HEAD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
OPERATOR = re.compile(r":?[-=?+]|##?|%%?|//?|:|\^\^?|,,?|~~?|@[QUuLEPAaKk]")
PREFIX = re.compile(r"!([A-Za-z_][A-Za-z0-9_]*)([@*])")


def first_of_ifs(shell: ShellState) -> str:
    """What joins words in `"$*"`: the first character of IFS, a blank when it is unset."""
    ifs = shell.get("IFS")
    return " " if ifs is None else ifs[:1]


def parameter(shell: ShellState, name: str, quote: str) -> str:
    """`$name`."""
    if name in ("@", "*"):
        return joined(shell, shell.positional, name, quote)
    value = shell.parameter(name)
    if value is None:
        if "u" in shell.options:
            raise unbound(shell, "$" * (name.isdigit() and shell.is_bash()) + name)
        return ""
    return settled(shell, value, quote)


def unbound(shell: ShellState, name: str) -> ExpansionProblem:
    """What `set -u` says."""
    return ExpansionProblem(f"{name}: unbound variable", ends_shell=1)


def joined(shell: ShellState, values: list[str], sign: str, quote: str) -> str:
    """All parameters or elements: `"$@"` keeps them apart, `"$*"` joins them, without quotes each is split."""
    if not quote and sign == "*" and values:
        first = first_of_ifs(shell)
        return (SEPARATOR + first if first else LOOSE).join(settled(shell, value, "") for value in values)
    if not quote:
        return LOOSE.join(settled(shell, value, "") for value in values)
    if sign == "*":
        return protect(first_of_ifs(shell).join(values))
    return BETWEEN.join(protect(value) or EMPTY for value in values) or NOTHING


def braced(shell: ShellState, body: str, quote: str) -> Steps:
    """`${body}`, marked."""
    if SIMPLE.fullmatch(body):
        return parameter(shell, body, quote)
    if not shell.is_bash() and PARAMETERS[shell.name].match(body) is None:
        raise ExpansionProblem(f"${{{body}}}: bad substitution")
    if body.startswith("#") and len(body) > 1 and (length := (yield from _length(shell, body[1:]))) is not None:
        return protect(str(length)) if quote else settled(shell, str(length), "")
    prefix = PREFIX.fullmatch(body)
    if prefix is not None:
        names = sorted(name for name in {*shell.variables, *shell.arrays} if name.startswith(prefix[1]))
        return joined(shell, names, prefix[2], quote)
    indirect = "!" if body.startswith("!") and len(body) > 1 and HEAD.match(body, 1) else ""
    match = HEAD.match(body, len(indirect))
    if match is None:
        raise ExpansionProblem(f"${{{body}}}: bad substitution")
    name, rest = match[0], body[match.end() :]
    index: str | None = None
    if rest.startswith("[") and SIMPLE.fullmatch(name):
        end = _bracket_end(rest)
        index, rest = rest[1 : end - 1], rest[end:]
    if indirect and index in ("@", "*"):
        keys = [str(key) for key in shell.table(name) or ({0: ""} if shell.parameter(name) is not None else {})]
        return joined(shell, keys, index, quote)
    if indirect:
        target = (yield from _one(shell, name, index)) if index else shell.parameter(name)
        if "n" in shell.marks.get(name, ""):
            return settled(shell, shell.variables.get(name, ""), quote)
        if target is None:
            if not shell.is_known(name):
                raise ExpansionProblem(f"{name}: invalid indirect expansion")
            target = ""
        if not re.fullmatch(r"([A-Za-z_]\w*|[0-9]+|[@*#?$!-])(\[.*\])?", target, re.S):
            raise ExpansionProblem(f"{target}: invalid variable name")
        return (yield from braced(shell, target + rest, quote))
    if name in ("@", "*"):
        return (yield from _several(shell, name, list(shell.positional), rest, quote, name))
    if index in ("@", "*"):
        table = shell.table(name)
        values = list(table.values()) if table is not None else [value] if (value := shell.parameter(name)) is not None else []
        return (yield from _several(shell, name, values, rest, quote, index))
    value = (yield from _one(shell, name, index)) if index is not None else shell.parameter(name)
    shown = name if index is None else f"{name}[{index}]"
    return (yield from _modified(shell, shown, value, rest, quote))


def _bracket_end(text: str) -> int:
    """The place behind the bracket that closes the first one."""
    at, depth = 0, 0
    while at < len(text):
        letter = text[at]
        if letter in "'\"`$":
            at = skip_quoted(text, at, 0)
            continue
        depth += (letter == "[") - (letter == "]")
        at += 1
        if not depth:
            return at
    raise ExpansionProblem(f"${{{text}}}: bad substitution")


def _one(shell: ShellState, name: str, index: str) -> Steps:
    """One element."""
    marked = yield from expand(shell, index)
    return shell.element(name, plain(marked))


def _length(shell: ShellState, what: str) -> Steps:
    """`${#name}`; None where it is no length."""
    if what in ("@", "*"):
        return len(shell.positional)
    match = HEAD.match(what)
    if match is None:
        return None
    name, rest = match[0], what[match.end() :]
    if not rest:
        value = shell.parameter(name)
        if value is None and "u" in shell.options:
            raise unbound(shell, name)
        return len(value or "")
    if rest in ("[@]", "[*]"):
        table = shell.table(name)
        if table is None and "u" in shell.options and shell.parameter(name) is None:
            raise ExpansionProblem(f"{name}: unbound variable")
        return len(table) if table is not None else int(shell.parameter(name) is not None)
    if rest.startswith("[") and _bracket_end(rest) == len(rest):
        value = yield from _one(shell, name, rest[1:-1])
        if value is None and "u" in shell.options:
            raise ExpansionProblem(f"{name}: unbound variable")
        return len(value or "")
    return None


def _several(shell: ShellState, name: str, values: list[str], rest: str, quote: str, sign: str) -> Steps:
    """`$@`, `$*` and all elements of an array, with an operator or without."""
    if not rest:
        return joined(shell, values, sign, quote)
    match = OPERATOR.match(rest)
    if match is None:
        raise ExpansionProblem(f"${{{name}{rest}}}: bad substitution")
    op, word = match[0], rest[match.end() :]
    if op == ":":
        if name in ("@", "*"):
            values = [shell.zero, *values]
            start, length = yield from _range(shell, word, len(values))
        else:
            start, length = yield from _range(shell, word, len(values))
            table = shell.table(name)
            if table is not None and "A" not in shell.marks.get(name, ""):
                edge = max(table, default=-1) + 1
                first, _ = yield from _range(shell, word, edge)
                start = sum(key < first for key in table)
        return joined(shell, values[start:] if length is None else values[start : start + length], sign, quote)
    if op.lstrip(":") in ("-", "=", "?", "+"):
        value = first_of_ifs(shell).join(values) if values else None
        if op.lstrip(":") != "+" and not (value is None or (op[0] == ":" and value == "")):
            return joined(shell, values, sign, quote)
        if op[-1] == "+" and quote and sign == "@" and (value is None or (op[0] == ":" and value == "")):
            return NOTHING
        return (yield from _modified(shell, name, value, rest, quote))
    if not values:
        return joined(shell, values, sign, quote)
    if op[0] == "@":
        return joined(shell, _all_transformed(shell, name, values, op[1]), sign, quote)
    change = yield from _change(shell, op, word)
    return joined(shell, [changed(shell, value, change) for value in values], sign, quote)


def _all_transformed(shell: ShellState, name: str, values: list[str], letter: str) -> list[str]:
    if letter in ("A", "K", "k") and name not in ("@", "*"):
        from netsim.shell.builtins.listing import declaration

        table = shell.table(name) or {}
        if letter == "A":
            return [declaration(shell, name).rstrip("\n")]
        return [text for key, value in table.items() for text in (str(key), value)] if letter == "k" else [
            " ".join(f"{key} {double_quoted(value)}" for key, value in table.items()) + " " * ("A" in shell.marks.get(name, ""))
        ]  # fmt: skip
    return [transformed(shell, name, value, letter) for value in values]


def _range(shell: ShellState, word: str, size: int) -> Steps:
    """`offset[:length]` of elements: where to begin and how many, None for all."""
    parts = _parts(word)
    start = evaluate((yield from expand_within(shell, parts[0])), shell)
    start = max(0, size + start) if start < 0 and size + start >= 0 else size if start < 0 else start
    if len(parts) == 1:
        return start, None
    length = evaluate((yield from expand_within(shell, parts[1])), shell)
    if length < 0:
        raise ExpansionProblem(f"{parts[1]}: substring expression < 0")
    return start, length


def _parts(word: str) -> list[str]:
    """`offset:length` at a colon outside parentheses, expansions and `? :`."""
    at, depth, asked = 0, 0, 0
    while at < len(word):
        letter = word[at]
        if letter in "'\"`$":
            at = skip_quoted(word, at, 0)
            continue
        depth += (letter in "([") - (letter in ")]")
        asked += letter == "?"
        if letter == ":" and not depth:
            if not asked:
                return [word[:at], word[at + 1 :]]
            asked -= 1
        at += 1
    return [word]


def _word(shell: ShellState, text: str, quote: str) -> Steps:
    """The word of an operator, marked; between double quotes it is as between them, but quotes in it are quotes."""
    if not quote:
        marked = yield from expand(shell, text)
        return _loosened(shell, marked)
    if '"' not in text:
        return (yield from double(shell, text)) if text else ""
    out, at = "", 0
    while at < len(text):
        end = text.find('"', at)
        end = len(text) if end < 0 else end
        out += yield from double(shell, text[at:end]) if end > at else _nothing()
        if end < len(text):
            close = skip_quoted(text, end, 0)
            out += yield from double(shell, text[end + 1 : close - 1])
            end = close
        at = end
    return out


def _nothing() -> Steps:
    return ""
    yield


def _loosened(shell: ShellState, marked: str) -> str:
    """Blanks typed into the word of an unquoted operator separate as those of values do."""
    ifs = shell.variables.get("IFS")
    ifs = " \t\n" if ifs is None else ifs
    out, at = "", 0
    while at < len(marked):
        letter = marked[at]
        if letter in ("\x01", "\x06"):
            out += marked[at : at + 2]
            at += 2
            continue
        out += "\x06" + letter if letter in ifs else letter
        at += 1
    return out


def _modified(shell: ShellState, name: str, value: str | None, rest: str, quote: str) -> Steps:
    """`:-word`, `#pattern`, `/a/b`, `:1:2`, `^^`, `@Q` and the rest, marked."""
    if not rest:
        if value is None and "u" in shell.options:
            raise unbound(shell, name)
        return settled(shell, value or "", quote)
    match = OPERATOR.match(rest)
    if match is None or (match[0][0] == "@" and match.end() != len(rest)):
        raise ExpansionProblem(f"${{{name}{rest}}}: bad substitution")
    op, word = match[0], rest[match.end() :]
    if op[-1] in "-=?+":
        return (yield from _instead(shell, name, value, op, word, quote))
    if value is None and "u" in shell.options:
        raise unbound(shell, name)
    if value is None:
        return EMPTY if quote else ""
    if op == ":":
        return settled(shell, (yield from _substring(shell, value, word)), quote)
    if op[0] == "@":
        return settled(shell, transformed(shell, name, value, op[1]), quote)
    change = yield from _change(shell, op, word)
    return settled(shell, changed(shell, value, change), quote)


def _instead(shell: ShellState, name: str, value: str | None, op: str, word: str, quote: str) -> Steps:
    missing = value is None or (op[0] == ":" and value == "")
    kind = op[-1]
    if kind == "+":
        return "" if missing else (yield from _word(shell, word, quote))
    if not missing:
        return settled(shell, value or "", quote)
    marked = yield from _word(shell, word, quote)
    if kind == "=":
        if not SIMPLE.match(name):
            raise ExpansionProblem(f"${name}: cannot assign in this way")
        try:
            shell.set(name, plain(marked))
        except ReadonlyProblem as problem:
            raise ExpansionProblem(str(problem)) from None
        return settled(shell, plain(marked), quote)
    if kind == "?":
        unset = "parameter null or not set" if op[0] == ":" else "parameter not set"
        raise ExpansionProblem(f"{name}: {plain(marked) or unset}", ends_shell=1)
    return marked


def _substring(shell: ShellState, value: str, word: str) -> Steps:
    parts = _parts(word)
    start = evaluate((yield from expand_within(shell, parts[0])), shell)
    start = len(value) + start if start < 0 else start
    if start < 0:
        return ""
    if len(parts) == 1:
        return value[start:]
    length = evaluate((yield from expand_within(shell, parts[1])), shell)
    if length < 0 and len(value) + length < start:
        raise ExpansionProblem(f"{parts[1]}: substring expression < 0")
    return value[start : start + length] if length >= 0 else value[start:length]


def _change(shell: ShellState, op: str, word: str) -> Steps:
    """An operator with its patterns expanded: (operator, pattern, replacement)."""
    if op[0] != "/":
        return op, (yield from expand(shell, word)), ""
    end = _slash(word)
    pattern, new = word[:end], word[end + 1 :]
    how = "/" if len(op) == 2 else ""
    if not how and pattern[:1] in ("#", "%"):
        how, pattern = pattern[0], pattern[1:]
    marked = yield from expand(shell, pattern)
    replacement = yield from expand(shell, new)
    if "patsub_replacement" not in shell.options:
        replacement = protect(plain(replacement))
    return f"/{how}", marked, replacement.replace("\x06", "").replace(EMPTY, "")


def _slash(word: str) -> int:
    """The place of the `/` that ends the pattern."""
    at = 1 if word[:1] == "/" else 0
    while at < len(word):
        if word[at] == "\\":
            at += 2
            continue
        if word[at] in "'\"`$":
            at = skip_quoted(word, at, 0)
            continue
        if word[at] == "/":
            return at
        at += 1
    return len(word)


def changed(shell: ShellState, value: str, change: tuple[Any, ...]) -> str:
    """A value with an operator done to it."""
    op, pattern, new = change
    flags = "e" * ("extglob" in shell.options) + "i" * ("nocasematch" in shell.options and op[0] == "/")
    if op[0] == "/":
        return substituted(value, pattern, flags, new, op[1:])
    if op[0] in "#%":
        return strip(value, matcher(pattern, flags), op)
    turn = {"^": str.upper, ",": str.lower, "~": str.swapcase}[op[0]]
    only = matcher(pattern, flags) if pattern else None
    count = len(value) if len(op) == 2 else 1
    return "".join(turn(letter) if place < count and (only is None or only.fullmatch(letter)) else letter for place, letter in enumerate(value))


def transformed(shell: ShellState, name: str, value: str, letter: str) -> str:
    """`${name@Q}` and its like."""
    if letter == "Q":
        return ansi(value) if UNPRINTABLE.search(value) else single(value)
    if letter in "KAa":
        from netsim.shell.builtins.listing import flags

        if letter == "a":
            return flags(shell, name).replace("-", "")
        known = flags(shell, name)
        made = f"{name}={single(value)}"
        return single(value) if letter != "A" else made if known == "-" else f"declare -{known} {made}"
    if letter == "E":
        from netsim.shell.expand import unescape

        return unescape(value, "$")
    if letter == "P":
        return value
    return {"U": str.upper, "L": str.lower}[letter](value) if letter in "UL" else value[:1].upper() + value[1:]
