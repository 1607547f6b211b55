"""u32's words: what bytes must be, by the names of header fields (iproute2 `tc/f_u32.c`)."""

from __future__ import annotations

import re

from netsim.commands.ip.words import Stop, Words, prefix
from netsim.commands.tc import units
from netsim.kernel.sched.cls_kinds import U32Key

UNMODELLED = ("ht", "link", "hashkey", "sample", "offset", "divisor", "skip_hw", "skip_sw", "indev")
IP_FIELDS = {
    "ihl": (0, 24, 8), "tos": (0, 16, 8), "dsfield": (0, 16, 8), "precedence": (0, 16, 8), "protocol": (8, 16, 8), "sport": (20, 16, 16),
    "dport": (20, 0, 16), "icmp_type": (20, 24, 8), "icmp_code": (20, 16, 8),
}  # fmt: skip
"""Offset, bits to the left of a field's end, and its width."""
IP6_FIELDS = {
    "priority": (0, 20, 8), "tos": (0, 20, 8), "protocol": (4, 8, 8), "sport": (40, 16, 16), "dport": (40, 0, 16), "icmp_type": (40, 24, 8),
    "icmp_code": (40, 16, 8), "flowlabel": (0, 0, 20),
}  # fmt: skip
FLAGS = {"df": (0x4000, 0x4000), "mf": (0x2000, 0x2000), "nofrag": (0, 0x3FFF), "firstfrag": (0x2000, 0x3FFF)}
BEHIND = {
    "tcp": {"src": (0, 16, 16), "dst": (0, 0, 16)}, "udp": {"src": (0, 16, 16), "dst": (0, 0, 16)},
    "icmp": {"type": (0, 24, 8), "code": (0, 16, 8)},
}  # fmt: skip
ILLEGAL = Stop('Illegal "match"\n', 1)


def parse_match(cursor: Words, keys: list[U32Key]) -> None:
    """What follows `match` (`parse_selector`)."""
    word = cursor.argument()
    if word in ("u32", "u16", "u8"):
        _plain(cursor, keys, int(word[1:]))
    elif word in ("ip", "ip6"):
        _ip(cursor, keys, word)
    elif word in BEHIND:
        field = BEHIND[word].get(cursor.argument())
        if field is None:
            raise ILLEGAL
        _field(cursor, keys, field, 1)
    elif word == "mark":
        raise Stop('netsim: "tc filter u32 match mark" is not modelled\n', 1)
    else:
        raise ILLEGAL


def pack(keys: list[U32Key], value: int, mask: int, offset: int, is_behind: int) -> None:
    """Add a key, joined with one for the same four bytes where they agree (`pack_key`)."""
    value &= mask
    for place, known in enumerate(keys):
        if known.offset == offset and known.is_behind == is_behind:
            if (known.value ^ value) & known.mask & mask:
                raise ILLEGAL
            keys[place] = U32Key(known.value | value, known.mask | mask, offset, is_behind)
            return
    if len(keys) >= 128:
        raise ILLEGAL
    keys.append(U32Key(value, mask, offset, is_behind))


def _number(cursor: Words, width: int) -> int:
    value = units.get_number(cursor.argument(), 0, (1 << width) - 1) if cursor.more() else None
    if value is None:
        raise ILLEGAL
    return value


def _mask(cursor: Words, width: int) -> int:
    """A mask is hexadecimal whether it says so or not."""
    word = cursor.argument() if cursor.more() else ""
    if not re.fullmatch(r"(0[xX])?[0-9a-fA-F]+", word) or int(word, 16) >= 1 << width:
        raise ILLEGAL
    return int(word, 16)


def _hex(cursor: Words, width: int) -> int:
    return _mask(cursor, width)


def _plain(cursor: Words, keys: list[U32Key], width: int) -> None:
    """`u32|u16|u8 VALUE MASK [at [nexthdr+]OFFSET]`."""
    value, mask = _hex(cursor, width), _mask(cursor, width)
    offset = is_behind = 0
    if cursor.more() and cursor.peek() == "at":
        cursor.take()
        told = re.fullmatch(r"(nexthdr\+)?(-?\w+)", cursor.argument())
        number = units.get_number(told[2], -(1 << 31), (1 << 31) - 1) if told is not None else None
        if told is None or number is None:
            raise ILLEGAL
        offset, is_behind = number, int(told[1] is not None)
    if width == 32 and offset & 3:
        raise ILLEGAL
    if width == 16 and offset & 1:
        raise ILLEGAL
    shift = 32 - width - (offset & 3) * 8
    pack(keys, value << shift, mask << shift, offset & ~3, is_behind)


def _field(cursor: Words, keys: list[U32Key], field: tuple[int, int, int], is_behind: int) -> None:
    offset, shift, width = field
    value, mask = _number(cursor, width), _mask(cursor, width)
    pack(keys, value << shift, mask << shift, offset, is_behind)


def _ip(cursor: Words, keys: list[U32Key], word: str) -> None:
    name = cursor.argument()
    if name in ("src", "dst"):
        _address(cursor, keys, word, name)
    elif word == "ip" and name in FLAGS:
        value, mask = FLAGS[name]
        pack(keys, value, mask, 4, 0)
    else:
        field = (IP_FIELDS if word == "ip" else IP6_FIELDS).get(name)
        if field is None:
            raise ILLEGAL
        _field(cursor, keys, field, 0)


def _address(cursor: Words, keys: list[U32Key], word: str, name: str) -> None:
    family = 2 if word == "ip" else 10
    try:
        found = prefix(cursor.argument(), family)
    except Stop as stop:
        raise Stop(stop.stderr + ILLEGAL.stderr if stop.status == 255 else stop.stderr, stop.status) from None
    address, length = int(found.address or 0), found.length
    if family == 2:
        mask = (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF
        pack(keys, address, mask, 12 if name == "src" else 16, 0)
        return
    start = 8 if name == "src" else 24
    for place in range(0, length, 32):
        bits = min(32, length - place)
        pack(keys, address >> (96 - place) & 0xFFFFFFFF, (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF, start + place // 8, 0)


def handle_of(word: str) -> int | None:
    """`HTID:HASH:NODE` (`get_u32_handle`)."""
    told = re.fullmatch(r"([0-9a-fA-F]{1,3}):([0-9a-fA-F]{0,2}):([0-9a-fA-F]{1,3})?", word) or re.fullmatch(r"([0-9a-fA-F]{1,3}):()()", word)
    if told is None:
        return None
    return int(told[1], 16) << 20 | int(told[2] or "0", 16) << 12 | int(told[3] or "0", 16)


def handle_text(handle: int) -> str:
    """The same in print."""
    table, bucket, node = handle >> 20, handle >> 12 & 0xFF, handle & 0xFFF
    return f"{table:x}:{f'{bucket:x}' if bucket else ''}:{node:x}" if node or bucket else f"{table:x}:"


def key_text(key: U32Key) -> str:
    """One key (`print_u32_key`)."""
    return f"match {key.value:08x}/{key.mask:08x} at {'nexthdr+' if key.is_behind else ''}{key.offset}"
