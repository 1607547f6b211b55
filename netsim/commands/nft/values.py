"""Values, intervals and sets in words and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.datatypes import SERVICE_NAMES, TYPES, DataType, Wrong
from netsim.commands.nft.lexer import NftError, Token
from netsim.kernel.netfilter.nft.statements import Anonymous, Interval

WIDTHS = {"ipv4_addr": 32, "ipv6_addr": 128}
Data = Callable[[Cursor], Any]


def value_of(token: Token, kind: str, devices: dict[str, int]) -> Any:
    """One value."""
    word = token.text
    if kind == "inet_service":
        if word in SERVICE_NAMES:
            return SERVICE_NAMES[word]
        if word.isdigit() and int(word) > 65535:
            raise NftError("Service out of range", [token])
    if kind == "iface_index":
        if word not in devices:
            raise NftError("Interface does not exist", [token])
        return devices[word]
    if kind == "uid" and word == "root":
        return 0
    try:
        return TYPES[kind].parse(word)
    except Wrong as wrong:
        raise NftError(str(wrong), [token]) from None


def interval_of(token: Token, kind: str, devices: dict[str, int]) -> Interval:
    """`VALUE`, `LOW-HIGH` or `ADDRESS/LENGTH`."""
    word = token.text
    if kind in WIDTHS and "/" in word:
        text, _, suffix = word.partition("/")
        width = WIDTHS[kind]
        length = int(suffix) if suffix.isdigit() else -1
        if not 0 <= length <= width:
            raise NftError(f"Prefix length {suffix} is invalid for type of {width} bits width", [token])
        base = value_of(Token(token.kind, text, token.line, token.start, token.end), kind, devices)
        low = base >> width - length << width - length
        return Interval(low, low | (1 << width - length) - 1, length < width)
    if "-" in word and token.kind == "word" and kind in ("inet_service", "integer", "ipv4_addr", "ipv6_addr", "mark") and word not in SERVICE_NAMES:
        low_word, _, high_word = word.partition("-")
        low, high = (value_of(Token("word", part, token.line, token.start, token.end), kind, devices) for part in (low_word, high_word))
        if low > high:
            raise NftError("Range negative size", [token])
        return Interval(low, high)
    value = value_of(token, kind, devices)
    return Interval(value, value)


def anonymous_of(cursor: Cursor, kind: str, devices: dict[str, int], data: Data | None = None) -> Anonymous:
    """`{ A, B-C : data, ... }`, the opening brace taken already."""
    found = [(key, value) for key, value, _ in elements_of(cursor, kind, devices, data)]
    order = TYPES[kind].order
    found.sort(key=lambda pair: order(pair[0].low))
    return Anonymous(tuple(dict.fromkeys(found)))


def elements_of(cursor: Cursor, kind: str, devices: dict[str, int], data: Data | None = None) -> list[tuple[Interval, Any, dict[str, str]]]:
    """Elements up to the closing brace: interval, data, options (timeout, comment)."""
    found: list[tuple[Interval, Any, dict[str, str]]] = []
    while True:
        skip(cursor)
        if cursor.accept("}"):
            return found
        token = cursor.word()
        glued = token.kind == "word" and data is not None and token.text.endswith(":") and not token.text.endswith("::")
        if glued:
            token = Token(token.kind, token.text[:-1], token.line, token.start, token.end - 1)
        key = interval_of(token, kind, devices)
        options: dict[str, str] = {}
        while cursor.peek().text in ("timeout", "expires", "comment"):
            name = cursor.take().text
            options[name] = cursor.word().text
        value = None
        if data is not None:
            if not glued:
                cursor.expect(":")
            value = data(cursor)
        found.append((key, value, options))
        skip(cursor)
        if not cursor.accept(","):
            skip(cursor)
            cursor.expect("}")
            return found


def skip(cursor: Cursor) -> None:
    """Line ends inside braces."""
    while cursor.peek().kind == "newline":
        cursor.take()


# writing -------------------------------------------------------------------------------------------------------------


def interval_text(interval: Interval, kind: str, *, numeric: bool) -> str:
    """An interval as listings write it."""
    known: DataType = TYPES[kind]
    if interval.low == interval.high:
        return known.text(interval.low, numeric)
    if interval.is_prefix:
        return f"{known.text(interval.low)}/{WIDTHS[kind] - (interval.high - interval.low).bit_length()}"
    return f"{known.text(interval.low, numeric)}-{known.text(interval.high, numeric)}"


def as_prefix(low: Any, high: Any, kind: str) -> Interval:
    """An interval of a set, as a network where it is one."""
    if kind in WIDTHS and low != high:
        size = high - low + 1
        return Interval(low, high, size & (size - 1) == 0 and low % size == 0)
    return Interval(low, high)


def flags_text(bits: int, kind: str, *, numeric: bool, joint: str = ",") -> str:
    """Bits by name, lowest first."""
    known = TYPES[kind]
    names = [f"0x{bit:x}" if numeric else name for name, bit in known.symbols.items() if bits & bit]
    return joint.join(names) or f"0x{bits:x}"
