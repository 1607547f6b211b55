"""Commands about sets, maps and their elements."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.datatypes import KEYS, TYPES
from netsim.commands.nft.jumps import looked_into
from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.places import NOT_THERE, PROCESS, Places
from netsim.commands.nft.statements import MapValues, RuleReader
from netsim.commands.nft.values import elements_of, skip
from netsim.kernel.tables.nftables import NftElement, NftSet, NftTable

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@attrs.define(eq=False)
class SetCommands(Places):
    """add, create, delete and flush of sets, maps and elements."""

    def _set(self, verb: str, start: Token) -> None:
        table, _ = self.table()
        self._set_named(table, "set", self.cursor.word(), verb)

    def _map(self, verb: str, start: Token) -> None:
        table, _ = self.table()
        self._set_named(table, "map", self.cursor.word(), verb)

    def _set_named(self, table: NftTable, word: str, name: Token, verb: str) -> None:
        cursor = self.cursor
        if verb == "create" and name.text in table.sets:
            raise NftError(PROCESS + "File exists", [name])
        opening = cursor.expect("{")
        made = NftSet(name.text, 0, "")
        given: list[tuple[Any, Any, dict[str, str]]] = []
        while True:
            cursor.skip_newlines()
            token = cursor.take()
            if token.text == "}":
                break
            if token.text == "elements":
                cursor.expect("=")
                cursor.expect("{")
                given += self._elements(made)
            else:
                self._set_option(made, token)
        if not made.key_type:
            raise NftError(f"{word} definition does not specify key", [opening, cursor.tokens[cursor.at - 1]])
        if word == "map" and not made.data_type:
            raise NftError("map definition does not specify mapping data type", [opening, cursor.tokens[cursor.at - 1]])
        if made.auto_merge and "interval" not in made.flags:
            raise NftError("auto-merge only works with interval sets", [opening, cursor.tokens[cursor.at - 1]])
        known = table.sets.get(name.text)
        if known is None:
            made.handle = table.take_handle()
            known = table.sets[name.text] = made
        self._put(known, given)

    def _set_option(self, made: NftSet, token: Token) -> None:
        cursor = self.cursor
        word = token.text
        if word == "type":
            made.key_type = self._type(cursor.word())
            if cursor.accept(":"):
                made.data_type = "verdict" if cursor.peek().text == "verdict" and cursor.take() else self._type(cursor.word())
        elif word == "typeof":
            words = []
            while not cursor.at_end and cursor.peek().text != ":":
                words.append(cursor.take())
            made.typeof = " ".join(part.text for part in words)
            if made.typeof not in KEYS:
                raise NftError(f"netsim: typeof {made.typeof} is not modelled", words)
            made.key_type = KEYS[made.typeof]
        elif word == "flags":
            flags = [cursor.word()]
            while cursor.accept(","):
                flags.append(cursor.word())
            wrong = next((flag for flag in flags if flag.text not in ("interval", "constant", "timeout", "dynamic")), None)
            if wrong is not None:
                raise NftError("syntax error, unexpected string", [wrong])
            made.flags = tuple(flag.text for flag in flags)
        elif word in ("timeout", "gc-interval"):
            seconds = self._seconds(cursor.word())
            made.timeout = seconds if word == "timeout" else made.timeout
        elif word == "size":
            made.size = int(cursor.word().text)
        elif word == "comment":
            made.comment = cursor.word().text
        elif word == "auto-merge":
            made.auto_merge = True
        elif word in ("policy", "counter"):
            raise NftError(f"netsim: '{word}' of sets is not modelled", [token])
        else:
            cursor.at -= 1
            raise cursor.unexpected()

    def _type(self, token: Token) -> str:
        if self.cursor.peek().text == ".":
            raise NftError("netsim: concatenations are not modelled", [token])
        if token.text not in TYPES:
            raise NftError(f"unknown datatype {token.text}", [token])
        return token.text

    def _seconds(self, token: Token) -> int:
        parts = re.findall(r"(\d+)([dhms])", token.text)
        if token.text.isdigit():
            return int(token.text)
        if not parts or "".join(count + unit for count, unit in parts) != token.text:
            raise NftError("unit is not a time", [token])
        return sum(int(count) * UNITS[unit] for count, unit in parts)

    def _elements(self, known: NftSet) -> list[tuple[Any, Any, dict[str, str]]]:
        devices = self.rules.devices()
        data: Callable[[Cursor], Any] | None = None
        if known.data_type == "verdict":
            data = RuleReader(self.cursor, NftTable("ip", "", 0), devices).verdict
        elif known.data_type:
            data = MapValues(known.data_type, devices).read
        skip(self.cursor)
        return elements_of(self.cursor, known.key_type, devices, data)

    def _put(self, known: NftSet, given: list[tuple[Any, Any, dict[str, str]]]) -> None:
        now = self.rules.netns.kernel.clock.now
        for interval, data, options in given:
            if interval.low != interval.high and "interval" not in known.flags:
                raise NftError("Set member cannot be prefix, missing interval flag on declaration" if interval.is_prefix else "Set member cannot be range, missing interval flag on declaration", [self.cursor.tokens[self.cursor.at - 1]])  # fmt: skip
            seconds = self._seconds(Token("word", options["timeout"], 1, 0, 1)) if "timeout" in options else known.timeout
            if "interval" in known.flags and self._is_covered(known, interval):
                continue
            known.elements[interval.low, interval.high] = NftElement(data, now + seconds * SECOND if seconds else 0, options.get("comment", ""))

    def _is_covered(self, known: NftSet, new: Any) -> bool:
        """Make room in a set of intervals: smaller ones inside the new one go; a new one inside another is already there."""
        for low, high in list(known.elements):
            if isinstance(low, str) or high < new.low or new.high < low:
                continue
            if low <= new.low and new.high <= high:
                return True
            if not (new.low <= low and high <= new.high):
                raise NftError("conflicting intervals specified", [self.cursor.tokens[self.cursor.at - 2]])
            del known.elements[low, high]
        return False

    def _element(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        _, known, _ = self.set(PROCESS)
        cursor.expect("{")
        opening = cursor.peek()
        if verb == "delete" and known.data_type:
            given = elements_of(cursor, known.key_type, self.rules.devices())
        else:
            given = self._elements(known)
        if verb == "delete":
            for interval, _, _ in given:
                if known.elements.pop((interval.low, interval.high), None) is None:
                    raise NftError("element does not exist" if "interval" in known.flags else PROCESS + NOT_THERE, [opening])
            return
        for interval, _, _ in given if verb == "create" else ():
            if (interval.low, interval.high) in known.elements:
                raise NftError(PROCESS + "File exists", [opening])
        self._put(known, given)

    def _delete_set(self, verb: str, start: Token) -> None:
        table, known, token = self.set(PROCESS)
        if known.name in looked_into(table):
            raise NftError(PROCESS + "Device or resource busy", [token])
        del table.sets[known.name]

    def _flush_set(self, verb: str, start: Token) -> None:
        _, known, _ = self.set()
        known.elements.clear()
