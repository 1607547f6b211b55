"""Objects with names: counters, quotas and limits that more than one rule may use (`nft(8)`, STATEFUL OBJECTS)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.iptables.words import number
from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.places import FAMILIES, NOT_THERE, PROCESS
from netsim.commands.nft.set_commands import SetCommands
from netsim.kernel.netfilter.nft.stateful import ByteLimit, Counter, Limit, Named, Quota
from netsim.kernel.tables.nftables import NftObject, NftTable

KINDS = ("counter", "quota", "limit")
SIZES = {"bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20}
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def read_counter(cursor: Cursor) -> Counter:
    """`[packets N bytes N]`."""
    if not cursor.accept("packets"):
        return Counter()
    packets = int(cursor.word().text)
    cursor.expect("bytes")
    return Counter(packets, int(cursor.word().text))


def _size(cursor: Cursor) -> int:
    """`N UNIT`; the complaint about a unit there is not is about all from the statement's first word on."""
    first = cursor.tokens[cursor.at - 1]
    count = cursor.word()
    if number(count.text) is None:
        cursor.at -= 1
        raise cursor.unexpected()
    unit = cursor.word()
    if unit.text not in SIZES:
        raise NftError("Wrong rate format", [first, unit])
    return (number(count.text) or 0) * SIZES[unit.text]


def read_quota(cursor: Cursor) -> Quota:
    """`[over|until] N UNIT [used N UNIT]`."""
    over = cursor.accept("over")
    if not over:
        cursor.accept("until")
    quota = _size(cursor)
    return Quota(quota, over, _size(cursor) if cursor.accept("used") else 0)


def read_limit(cursor: Cursor) -> Limit | ByteLimit:
    """`rate [over] N/UNIT [burst N packets]`, or of bytes: `rate [over] N BYTES/UNIT [burst N BYTES]`."""
    cursor.expect("rate")
    over = cursor.accept("over")
    if not over:
        cursor.accept("until")
    word = cursor.word()
    rate, slash, unit = word.text.partition("/")
    if slash and unit in UNITS and rate.isdigit() and int(rate):
        burst = 5
        if cursor.accept("burst"):
            burst = number(cursor.word().text) or 5
            cursor.accept("packets")
        return Limit(int(rate), UNITS[unit], burst, over)
    if slash:
        raise NftError("syntax error, unexpected string", [attrs.evolve(word, start=word.start + len(rate) + 1)])
    last = cursor.word()
    size, slash, unit = last.text.partition("/")
    if not rate.isdigit() or not int(rate) or size not in SIZES or unit not in UNITS:
        raise NftError("Wrong rate format", [word, last])
    return ByteLimit(int(rate) * SIZES[size], UNITS[unit], _size(cursor) if cursor.accept("burst") else 0, over)


READ: dict[str, Any] = {"counter": read_counter, "quota": read_quota, "limit": read_limit}


def statement(cursor: Cursor, table: NftTable, kind: str) -> Any:
    """In a rule: `KIND name NAME`, or what has no name."""
    if kind == "limit" or not cursor.accept("name"):
        if kind != "limit" or not cursor.accept("name"):
            return READ[kind](cursor)
    name = cursor.word()
    if (kind, name.text) not in table.objects:
        raise NftError(PROCESS + NOT_THERE, [name])
    return Named(kind, name.text)


def used(table: NftTable, kind: str, name: str) -> bool:
    """Whether a rule names an object."""
    return any(one == Named(kind, name) for chain in table.chains.values() for rule in chain.rules for one in rule.statements)


@attrs.define(eq=False)
class ObjectCommands(SetCommands):
    """add, create, delete and reset of objects."""

    def add_object(self, table: NftTable, kind: str, name: Token, verb: str = "add") -> None:
        """An object, what it is told in braces or right behind its name."""
        cursor = self.cursor
        known = table.objects.get((kind, name.text))
        if known is not None and verb == "create":
            raise NftError(PROCESS + "File exists", [name])
        braced = cursor.accept("{")
        comment = ""
        if braced:
            cursor.skip_newlines()
            comment = self._comment()
        has_words = not (cursor.peek().text == "}" if braced else cursor.at_end)
        made = READ[kind](cursor) if has_words or kind != "counter" else Counter()
        if braced:
            cursor.skip_newlines()
            comment = self._comment() or comment
            cursor.expect("}")
        if known is None:
            table.objects[kind, name.text] = NftObject(kind, name.text, table.take_handle(), made, comment)

    def _comment(self) -> str:
        if not self.cursor.accept("comment"):
            return ""
        text = self.cursor.word().text
        self.cursor.skip_newlines()
        return text

    def _object(self, verb: str, start: Token) -> None:
        kind = self.cursor.tokens[self.cursor.at - 1].text
        table, _ = self.table("")
        self.add_object(table, kind, self.cursor.word(), verb)

    def _delete_object(self, verb: str, start: Token) -> None:
        kind = self.cursor.tokens[self.cursor.at - 1].text
        table, _ = self.table()
        name = self.cursor.word()
        if name.text == "handle":
            name = self.cursor.word()
            found = next((one for one in table.objects.values() if one.kind == kind and str(one.handle) == name.text), None)
        else:
            found = table.objects.get((kind, name.text))
        if found is None:
            raise NftError(PROCESS + NOT_THERE, [name])
        if used(table, kind, found.name):
            raise NftError(PROCESS + "Device or resource busy", [name])
        del table.objects[kind, found.name]

    def chosen(self) -> list[tuple[NftTable, list[NftObject]]]:
        """What `list` or `reset` of one object, or of all of a kind, is about, table by table."""
        cursor = self.cursor
        word = cursor.word("").text
        kind = word.removesuffix("s")
        if word == kind:
            family = cursor.take().text if cursor.peek().text in FAMILIES else "ip"
            token = cursor.word()
            table = self.rules.tables.get((family, token.text))
            if table is None:
                raise NftError(NOT_THERE, [token])
            name = cursor.word()
            if (kind, name.text) not in table.objects:
                raise NftError(NOT_THERE, [name])
            return [(table, [table.objects[kind, name.text]])]
        only = ""
        family = cursor.take().text if cursor.peek().text in FAMILIES else ""
        if cursor.accept("table"):
            family = cursor.take().text if cursor.peek().text in FAMILIES else "ip"
            token = cursor.word()
            only = token.text
            if (family, only) not in self.rules.tables:
                raise NftError(NOT_THERE, [token])
        return [
            (table, [one for one in table.objects.values() if one.kind == kind])
            for table in self.rules.tables.values()
            if table.objects and family in ("", table.family) and only in ("", table.name)
        ]

    def _reset(self, verb: str, start: Token) -> None:
        """Show, and begin anew."""
        at = self.cursor.at
        assert self.rules.show is not None
        self.rules.show(self)
        after, self.cursor.at = self.cursor.at, at
        for _, objects in self.chosen():
            for one in objects:
                one.state.begin_anew()
        self.cursor.at = after
