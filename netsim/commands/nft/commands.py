"""nft's commands, read and carried out one after the other on a draft of the rule set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.datatypes import KEYS, TYPES
from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.listing import HOOKS, ONLY_AT, PRIORITIES
from netsim.commands.nft.statements import MapValues, RuleReader
from netsim.commands.nft.values import elements_of, skip
from netsim.kernel.core.hooks import LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING
from netsim.kernel.netfilter.nft.statements import Anonymous, Nat, SetRef, Verdict, Vmap
from netsim.kernel.tables.nftables import NftChain, NftElement, NftRule, NftSet, NftTable

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
MODELLED_FAMILIES = ("ip", "ip6", "inet")
CHAIN_TYPES = ("filter", "nat", "route")
NAT_HOOKS = {"dnat": (PRE_ROUTING, LOCAL_OUT), "redirect": (PRE_ROUTING, LOCAL_OUT), "snat": (POST_ROUTING, LOCAL_IN), "masquerade": (POST_ROUTING,)}
NOT_THERE = "No such file or directory"
PROCESS = "Could not process rule: "
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@attrs.define(eq=False)
class Ruleset:
    """A draft of all tables by family and name; `made` collects what -e echoes."""

    tables: dict[tuple[str, str], NftTable]
    netns: Any
    next_table: int
    listings: list[tuple[str, ...]] = attrs.field(factory=list)
    out: list[str] = attrs.field(factory=list)
    show: Callable[..., None] | None = None
    echo: Callable[..., None] | None = None

    def devices(self) -> dict[str, int]:
        """ifindexes by name."""
        return {dev.name: dev.ifindex for dev in self.netns.devices.values()}


@attrs.define(eq=False)
class Reader:
    """Reads commands from words and carries each out."""

    cursor: Cursor
    rules: Ruleset

    def run(self) -> None:
        """All commands; raises NftError."""
        cursor = self.cursor
        cursor.skip_newlines()
        while cursor.peek().kind != "end":
            self._command()
            if not cursor.at_end:
                raise cursor.unexpected("end of file or newline or semicolon")
            cursor.skip_newlines()

    def _command(self) -> None:
        cursor = self.cursor
        token = cursor.take()
        if token.text == "define":
            self._define()
        elif token.text == "table" and token.kind == "word":
            self._table("add", token)
        elif token.text in ("add", "create", "insert", "replace", "delete", "destroy", "flush", "rename", "list", "reset", "get"):
            self._verb(token)
        elif token.text in ("export", "import", "monitor", "describe", "include", "undefine", "redefine"):
            raise NftError(f"netsim: 'nft {token.text}' is not modelled", [token])
        else:
            if token.kind == "word" and cursor.at_end:
                raise cursor.unexpected("string")
            cursor.at -= 1
            raise cursor.unexpected()

    def _define(self) -> None:
        cursor = self.cursor
        name = cursor.word()
        cursor.expect("=")
        depth, words = 0, []
        while cursor.peek().kind != "end" and (depth or not (cursor.peek().kind == "newline" or cursor.peek().text == ";")):
            token = cursor.take()
            depth += (token.text == "{") - (token.text == "}")
            if token.kind != "newline":
                words.append(token)
        cursor.defines[name.text] = words

    def _verb(self, verb: Token) -> None:
        cursor = self.cursor
        what = cursor.peek()
        if what.kind == "newline":
            raise cursor.unexpected("string" if verb.text in ("add", "create", "delete") else "")
        if verb.text in ("list", "reset"):
            if verb.text == "reset":
                raise NftError("netsim: 'nft reset' is not modelled", [verb])
            assert self.rules.show is not None
            self.rules.show(self)
            return
        if verb.text == "destroy":
            raise cursor.unexpected("string")  # nft 1.0.6 does not know it yet
        cursor.take()
        action = ACTIONS.get((verb.text, what.text))
        if action is None:
            if what.text in ("counter", "quota", "ct", "limit", "secmark", "synproxy", "flowtable", "meter"):
                raise NftError(f"netsim: '{verb.text} {what.text}' is not modelled", [what])
            cursor.at -= 1
            if verb.text == "add" and what.kind == "word":  # `add` may be left out before a rule
                self._rule("add", verb)
                return
            raise cursor.unexpected()
        action(self, verb.text, verb)

    # places --------------------------------------------------------------------------------------------------------

    def family(self) -> str:
        """An optional family; ip by default."""
        token = self.cursor.peek()
        if token.text not in FAMILIES or token.kind != "word":
            return "ip"
        if token.text not in MODELLED_FAMILIES:
            raise NftError(f"netsim: family {token.text} is not modelled", [token])
        self.cursor.take()
        return token.text

    def table(self, words: str = PROCESS) -> tuple[NftTable, Token]:
        """The table named next; it must be there."""
        family = self.family()
        token = self.cursor.word()
        found = self.rules.tables.get((family, token.text))
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return found, token

    def chain(self, words: str = PROCESS) -> tuple[NftTable, NftChain, Token]:
        """The chain named next, after its table."""
        table, _ = self.table()
        token = self.cursor.word()
        found = table.chains.get(token.text)
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return table, found, token

    def set(self, words: str = "") -> tuple[NftTable, NftSet, Token]:
        """The set named next, after its table."""
        table, _ = self.table()
        token = self.cursor.word()
        found = table.sets.get(token.text)
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return table, found, token

    # tables --------------------------------------------------------------------------------------------------------

    def _table(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        family = self.family()
        token = cursor.word()
        key = family, token.text
        table = self.rules.tables.get(key)
        if table is not None and verb == "create":
            raise NftError(PROCESS + "File exists", [token])
        if table is None:
            self.rules.next_table += 1
            table = self.rules.tables[key] = NftTable(family, token.text, self.rules.next_table, netns=self.rules.netns)
        if cursor.accept("{"):
            self._table_block(table)

    def _table_block(self, table: NftTable) -> None:
        """Sets and chains first, then rules, so that rules may name what stands below them."""
        cursor = self.cursor
        later: list[tuple[NftChain, int]] = []
        while True:
            cursor.skip_newlines()
            token = cursor.take()
            if token.text == "}":
                break
            if token.text == "comment":
                table.comment = cursor.word().text
            elif token.text == "chain":
                name = cursor.word()
                chain = self._add_chain(table, name)
                if cursor.accept("{"):
                    later += self._chain_block(chain)
            elif token.text in ("set", "map"):
                self._set_named(table, token.text, cursor.word(), "add")
            elif token.text == "flags":
                raise NftError("netsim: flags of tables are not modelled", [token])
            elif token.kind == "end":
                cursor.at -= 1
                raise cursor.unexpected()
            else:
                cursor.at -= 1
                if token.text in ("counter", "quota", "ct", "limit", "secmark", "synproxy", "flowtable"):
                    raise NftError(f"netsim: '{token.text}' objects are not modelled", [token])
                raise cursor.unexpected()
        after = cursor.at
        for chain, at in later:
            cursor.at = at
            self._append(table, chain, len(chain.rules))
        cursor.at = after

    def _chain_block(self, chain: NftChain) -> list[tuple[NftChain, int]]:
        """What stands in a chain's braces: the base chain's line is read, rules are left for later."""
        cursor = self.cursor
        found: list[tuple[NftChain, int]] = []
        while True:
            cursor.skip_newlines()
            token = cursor.peek()
            if token.text == "}" and token.kind == "punct":
                cursor.take()
                return found
            if token.kind == "end":
                raise cursor.unexpected()
            if token.text == "type" and token.kind == "word":
                self._base(chain)
            elif token.text == "policy" and token.kind == "word":
                self._policy(chain)
            elif token.text == "comment" and token.kind == "word":
                cursor.take()
                chain.comment = cursor.word().text
            else:
                found.append((chain, cursor.at))
                self._pass_rule()

    def _pass_rule(self) -> None:
        cursor, depth = self.cursor, 0
        while True:
            token = cursor.peek()
            if token.kind == "end" or (not depth and (token.kind == "newline" or (token.kind == "punct" and token.text in (";", "}")))):
                return
            depth += (token.text == "{" and token.kind == "punct") - (token.text == "}" and token.kind == "punct")
            cursor.take()

    def _delete_table(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        family = self.family()
        if cursor.accept("handle"):
            number = cursor.word()
            table = next((known for known in self.rules.tables.values() if str(known.handle) == number.text and known.family == family), None)
            if table is None:
                raise NftError(PROCESS + NOT_THERE, [number])
        else:
            token = cursor.word()
            table = self.rules.tables.get((family, token.text))
            if table is None:
                raise NftError(PROCESS + NOT_THERE, [token])
        del self.rules.tables[table.family, table.name]

    def _flush_table(self, verb: str, start: Token) -> None:
        table, _ = self.table()
        for chain in table.chains.values():
            chain.rules = []

    def _flush_ruleset(self, verb: str, start: Token) -> None:
        token = self.cursor.peek()
        family = self.family() if token.text in FAMILIES else ""
        for key in [key for key in self.rules.tables if not family or key[0] == family]:
            del self.rules.tables[key]

    # chains --------------------------------------------------------------------------------------------------------

    def _add_chain(self, table: NftTable, name: Token) -> NftChain:
        chain = table.chains.get(name.text)
        if chain is None:
            chain = table.chains[name.text] = NftChain(name.text, table.take_handle())
        return chain

    def _chain(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        table, _ = self.table("")
        name = cursor.word()
        if verb == "create" and name.text in table.chains:
            raise NftError(PROCESS + "File exists", [name])
        is_new = name.text not in table.chains
        chain = self._add_chain(table, name)
        if cursor.accept("{"):
            rules = self._chain_block(chain)
            if rules:
                cursor.at = rules[0][1]
                raise cursor.unexpected()
        if is_new and chain.kind == "nat" and chain.hook not in (PRE_ROUTING, LOCAL_IN, LOCAL_OUT, POST_ROUTING):
            raise NftError(PROCESS + "Operation not supported", [start, cursor.peek()])

    def _base(self, chain: NftChain) -> None:
        """`type T hook H priority P;`"""
        cursor = self.cursor
        cursor.take()
        kind = cursor.word()
        if kind.text not in CHAIN_TYPES:
            raise NftError("unknown chain type", [kind])
        cursor.expect("hook")
        hook = cursor.word()
        if hook.text in ("ingress", "egress"):
            raise NftError(f"netsim: hook {hook.text} is not modelled", [hook])
        if hook.text not in HOOKS:
            raise NftError("unknown chain hook", [hook])
        if cursor.peek().text == "device":
            raise NftError("netsim: chains of devices are not modelled", [cursor.peek()])
        first = cursor.expect("priority")
        priority = self._priority(first, HOOKS[hook.text])
        chain.kind, chain.hook, chain.priority = kind.text, HOOKS[hook.text], priority
        cursor.accept(";")
        if cursor.peek().text == "policy":
            self._policy(chain)

    def _priority(self, first: Token, hook: int) -> int:
        cursor = self.cursor
        token = cursor.word("string")
        word = token.text
        if word.lstrip("-+").isdigit():
            return int(word)
        if word not in PRIORITIES or ONLY_AT.get(word, hook) != hook:
            raise NftError("invalid priority expression value in this context.", [first, token])
        base = PRIORITIES[word]
        if cursor.peek().text in ("+", "-"):
            sign = 1 if cursor.take().text == "+" else -1
            return base + sign * int(cursor.word().text)
        return base

    def _policy(self, chain: NftChain) -> None:
        cursor = self.cursor
        cursor.expect("policy")
        token = cursor.peek()
        if token.text not in ("accept", "drop"):
            raise cursor.unexpected("accept or drop or '$'")
        chain.policy = int(cursor.take().text == "accept")
        cursor.accept(";")

    def _delete_chain(self, verb: str, start: Token) -> None:
        table, _ = self.table()
        if self.cursor.accept("handle"):
            number = self.cursor.word()
            chain = next((known for known in table.chains.values() if str(known.handle) == number.text), None)
            token = number
        else:
            token = self.cursor.word()
            chain = table.chains.get(token.text)
        if chain is None:
            raise NftError(PROCESS + NOT_THERE, [token])
        if chain.rules or chain.name in _targets(table):
            raise NftError(PROCESS + "Device or resource busy", [token])
        del table.chains[chain.name]

    def _flush_chain(self, verb: str, start: Token) -> None:
        _, chain, _ = self.chain()
        chain.rules = []

    def _rename_chain(self, verb: str, start: Token) -> None:
        table, chain, _ = self.chain()
        new = self.cursor.word()
        if new.text in table.chains:
            raise NftError(PROCESS + "File exists", [new])
        old, chain.name = chain.name, new.text
        table.chains = {kept.name: kept for kept in table.chains.values()}
        _retarget(table, old, new.text)

    # rules ---------------------------------------------------------------------------------------------------------

    def _rule(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        table, chain, _ = self.chain()
        place = len(chain.rules) if verb == "add" else 0
        if cursor.peek().text in ("position", "handle", "index") and cursor.peek().kind == "word":
            how = cursor.take().text
            number = cursor.word()
            place = self._place(chain, how, number) + (verb == "add")
        self._append(table, chain, place, verb, start)

    def _place(self, chain: NftChain, how: str, number: Token) -> int:
        if how == "index":
            if not number.text.isdigit() or int(number.text) >= len(chain.rules):
                raise NftError(PROCESS + NOT_THERE, [number])
            return int(number.text)
        found = next((place for place, rule in enumerate(chain.rules) if str(rule.handle) == number.text), None)
        if found is None:
            raise NftError(PROCESS + NOT_THERE, [number])
        return found

    def _read_rule(self, table: NftTable, chain: NftChain, start: Token) -> tuple[tuple[Any, ...], str]:
        reader = RuleReader(self.cursor, table, self.rules.devices())
        first = self.cursor.peek()
        statements, comment = reader.read()
        last = self.cursor.tokens[self.cursor.at - 1]
        for name in _leads(statements):
            if name not in table.chains:
                raise NftError(PROCESS + NOT_THERE, [last if last.text == name else first])
            if table.chains[name].hook >= 0:
                raise NftError(PROCESS + "Operation not supported", [start, self.cursor.peek()])
        for statement in statements:
            if isinstance(statement, Nat) and chain.hook >= 0 and (chain.kind != "nat" or chain.hook not in NAT_HOOKS[statement.word]):
                raise NftError(PROCESS + "Operation not supported", [start, self.cursor.peek()])
        if _circle(table, chain.name, statements) and _is_reached(table, chain.name):
            raise NftError(PROCESS + "Too many links", [start, self.cursor.peek()])
        return statements, comment

    def _append(self, table: NftTable, chain: NftChain, place: int, verb: str = "add", start: Token | None = None) -> None:
        first = start or self.cursor.peek()
        statements, comment = self._read_rule(table, chain, first)
        rule = NftRule(table.take_handle(), statements, comment)
        chain.rules.insert(place, rule)
        if self.rules.echo is not None:
            self.rules.echo(verb, table, chain, rule)

    def _replace_rule(self, verb: str, start: Token) -> None:
        table, chain, _ = self.chain()
        self.cursor.expect("handle")
        number = self.cursor.word()
        place = self._place(chain, "handle", number)
        statements, comment = self._read_rule(table, chain, start)
        chain.rules[place] = NftRule(chain.rules[place].handle, statements, comment)

    def _delete_rule(self, verb: str, start: Token) -> None:
        _, chain, _ = self.chain()
        if self.cursor.peek().text == "index":
            self.cursor.take()
            del chain.rules[self._place(chain, "index", self.cursor.word())]
            return
        self.cursor.expect("handle")
        del chain.rules[self._place(chain, "handle", self.cursor.word())]

    # sets ----------------------------------------------------------------------------------------------------------

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
        if known.name in _sources(table):
            raise NftError(PROCESS + "Device or resource busy", [token])
        del table.sets[known.name]

    def _flush_set(self, verb: str, start: Token) -> None:
        _, known, _ = self.set()
        known.elements.clear()


def _leads(statements: tuple[Any, ...]) -> list[str]:
    names = [statement.chain for statement in statements if isinstance(statement, Verdict) and statement.chain]
    for statement in statements:
        if isinstance(statement, Vmap) and isinstance(statement.source, Anonymous):
            names += [data.chain for _, data in statement.source.elements if data.chain]
    return names


def _all_leads(table: NftTable, name: str) -> list[str]:
    found: list[str] = []
    for rule in table.chains[name].rules:
        found += _leads(rule.statements)
        for statement in rule.statements:
            if isinstance(statement, Vmap) and isinstance(statement.source, SetRef) and statement.source.name in table.sets:
                found += [element.data.chain for element in table.sets[statement.source.name].elements.values() if element.data.chain]
    return found


def _circle(table: NftTable, start: str, statements: tuple[Any, ...]) -> bool:
    waiting, seen = _leads(statements), set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen and name in table.chains:
            seen.add(name)
            waiting += _all_leads(table, name)
    return False


def _is_reached(table: NftTable, wanted: str) -> bool:
    """Whether packets can come into a chain from a hook: only then its circles matter (`nft_table_validate`)."""
    waiting, seen = [chain.name for chain in table.chains.values() if chain.hook >= 0], set[str]()
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen and name in table.chains:
            seen.add(name)
            waiting += _all_leads(table, name)
    return False


def _targets(table: NftTable) -> set[str]:
    """Chains that something leads to."""
    names = {name for chain in table.chains.values() for rule in chain.rules for name in _leads(rule.statements)}
    for known in table.sets.values():
        names |= {element.data.chain for element in known.elements.values() if isinstance(element.data, Verdict)}
    return names


def _sources(table: NftTable) -> set[str]:
    """Sets that rules look into."""
    names = set()
    for chain in table.chains.values():
        for rule in chain.rules:
            for statement in rule.statements:
                for value in (
                    getattr(statement, "source", None),
                    getattr(statement, "right", None),
                    getattr(getattr(statement, "address", None), "source", None),
                ):
                    if isinstance(value, SetRef):
                        names.add(value.name)
    return names


def _retarget(table: NftTable, old: str, new: str) -> None:
    for chain in table.chains.values():
        for rule in chain.rules:
            rule.statements = tuple(
                attrs.evolve(statement, chain=new) if isinstance(statement, Verdict) and statement.chain == old else statement
                for statement in rule.statements
            )
    for known in table.sets.values():
        for element in known.elements.values():
            if isinstance(element.data, Verdict) and element.data.chain == old:
                element.data = attrs.evolve(element.data, chain=new)


ACTIONS: dict[tuple[str, str], Callable[[Reader, str, Token], None]] = {
    ("add", "table"): Reader._table, ("create", "table"): Reader._table, ("delete", "table"): Reader._delete_table,
    ("flush", "table"): Reader._flush_table, ("flush", "ruleset"): Reader._flush_ruleset, ("add", "chain"): Reader._chain,
    ("create", "chain"): Reader._chain, ("delete", "chain"): Reader._delete_chain, ("flush", "chain"): Reader._flush_chain,
    ("rename", "chain"): Reader._rename_chain, ("add", "rule"): Reader._rule, ("insert", "rule"): Reader._rule,
    ("replace", "rule"): Reader._replace_rule, ("delete", "rule"): Reader._delete_rule, ("add", "set"): Reader._set, ("create", "set"): Reader._set,
    ("add", "map"): Reader._map, ("create", "map"): Reader._map, ("delete", "set"): Reader._delete_set, ("delete", "map"): Reader._delete_set,
    ("flush", "set"): Reader._flush_set, ("flush", "map"): Reader._flush_set, ("add", "element"): Reader._element,
    ("create", "element"): Reader._element, ("delete", "element"): Reader._element,
}  # fmt: skip
