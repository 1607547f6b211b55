"""nft's commands, read and carried out one after the other on a draft of the rule set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.nft.cursor import KEYWORDS
from netsim.commands.nft.iptables_view import has_chain
from netsim.commands.nft.jumps import is_reached, jumped_to, leads, leads_back, rename_jumps
from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.listing import HOOKS, ONLY_AT, PRIORITIES
from netsim.commands.nft.objects import KINDS, ObjectCommands
from netsim.commands.nft.places import FAMILIES, NOT_THERE, PROCESS
from netsim.commands.nft.statements import RuleReader
from netsim.kernel.core.hooks import LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING
from netsim.kernel.netfilter.nft.statements import Nat
from netsim.kernel.tables.nftables import NftChain, NftRule, NftTable

CHAIN_TYPES = ("filter", "nat", "route")
NAT_HOOKS = {"dnat": (PRE_ROUTING, LOCAL_OUT), "redirect": (PRE_ROUTING, LOCAL_OUT), "snat": (POST_ROUTING, LOCAL_IN), "masquerade": (POST_ROUTING,)}


@attrs.define(eq=False)
class Reader(ObjectCommands):
    """Reads commands from words and carries each out."""

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
            if token.kind == "word" and (cursor.at_end or (token.text not in KEYWORDS and cursor.peek().text in KEYWORDS)):
                raise cursor.unexpected("string")  # a table, as after `add rule`, and no chain
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
                if what.text.removesuffix("s") not in KINDS[:2]:
                    raise cursor.unexpected("counter or counters or quotas or quota")
                self._reset("reset", verb)
                return
            assert self.rules.show is not None
            self.rules.show(self)
            return
        if verb.text == "destroy":
            raise cursor.unexpected("string")  # nft 1.0.6 does not know it yet
        cursor.take()
        action = ACTIONS.get((verb.text, what.text))
        if action is None:
            if what.text in ("ct", "secmark", "synproxy", "flowtable", "meter"):
                raise NftError(f"netsim: '{verb.text} {what.text}' is not modelled", [what])
            cursor.at -= 1
            if verb.text == "add" and what.kind == "word":  # `add` may be left out before a rule
                self._rule("add", verb)
                return
            raise cursor.unexpected()
        action(self, verb.text, verb)

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
        for name in self._chains_below():
            self._add_chain(table, name)
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
                    self._end_of_block()
            elif token.text in ("set", "map"):
                self._set_named(table, token.text, cursor.word(), "add")
                self._end_of_block()
            elif token.text in KINDS:
                self.add_object(table, token.text, cursor.word())
                self._end_of_block()
            elif token.text == "flags":
                raise NftError("netsim: flags of tables are not modelled", [token])
            elif token.kind == "end":
                cursor.at -= 1
                raise cursor.unexpected()
            else:
                cursor.at -= 1
                if token.text in ("ct", "secmark", "synproxy", "flowtable"):
                    raise NftError(f"netsim: '{token.text}' objects are not modelled", [token])
                raise cursor.unexpected()
        after = cursor.at
        for chain, at in later:
            cursor.at = at
            self._append(table, chain, len(chain.rules))
        cursor.at = after

    def _end_of_block(self) -> None:
        """A line or a semicolon ends what a table's block holds, even before the brace that closes it."""
        token = self.cursor.peek()
        if token.kind == "newline" or (token.kind == "punct" and token.text == ";"):
            return
        error = self.cursor.unexpected("newline or semicolon")
        error.is_last = all(later.kind in ("newline", "end") for later in self.cursor.tokens[self.cursor.at + 1 :])
        raise error

    def _chains_below(self) -> list[Token]:
        """The names of the chains of a table's block: they are made before its sets."""
        tokens, at, depth, found = self.cursor.tokens, self.cursor.at, 0, list[Token]()
        while depth >= 0 and tokens[at].kind != "end":
            token = tokens[at]
            depth += (token.text == "{" and token.kind == "punct") - (token.text == "}" and token.kind == "punct")
            if not depth and token.text == "chain" and token.kind == "word" and tokens[at - 1].kind != "word":
                found.append(tokens[at + 1])
            at += 1
        return [name for name in found if name.kind == "word"]

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
                if cursor.peek().text == "}":
                    raise cursor.unexpected("newline or semicolon")

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
            if table is None and self.is_of_iptables(family, token.text):
                self.rules.emptied.append((family, token.text))
                return
            if table is None:
                raise NftError(PROCESS + NOT_THERE, [token])
        del self.rules.tables[table.family, table.name]

    def _flush_table(self, verb: str, start: Token) -> None:
        foreign = self.iptables_table()
        if foreign is not None:
            self.rules.flushed.append((*foreign, ""))
            return
        table, _ = self.table()
        for chain in table.chains.values():
            chain.rules = []

    def _flush_ruleset(self, verb: str, start: Token) -> None:
        token = self.cursor.peek()
        family = self.family() if token.text in FAMILIES else ""
        self.rules.emptied.append((family, ""))
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
        if chain.rules or chain.name in jumped_to(table):
            raise NftError(PROCESS + "Device or resource busy", [token])
        del table.chains[chain.name]

    def _flush_chain(self, verb: str, start: Token) -> None:
        foreign = self.iptables_table()
        if foreign is not None:
            name = self.cursor.word()
            if not has_chain(self.rules.netns, *foreign, name.text):
                raise NftError(PROCESS + NOT_THERE, [name])
            self.rules.flushed.append((*foreign, name.text))
            return
        _, chain, _ = self.chain()
        chain.rules = []

    def _rename_chain(self, verb: str, start: Token) -> None:
        table, chain, _ = self.chain()
        new = self.cursor.word()
        if new.text in table.chains:
            raise NftError(PROCESS + "File exists", [new])
        old, chain.name = chain.name, new.text
        table.chains = {kept.name: kept for kept in table.chains.values()}
        rename_jumps(table, old, new.text)

    # rules ---------------------------------------------------------------------------------------------------------

    def _rule(self, verb: str, start: Token) -> None:
        cursor = self.cursor
        table, chain, _ = self.chain()
        place = len(chain.rules) if verb == "add" else 0
        if cursor.peek().text in ("position", "handle", "index") and cursor.peek().kind == "word":
            how = cursor.take().text
            number = cursor.word()
            if number.text != "0" or how == "index":  # a rule's handle is never 0
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
        for name in leads(statements):
            if name not in table.chains:
                raise NftError(PROCESS + NOT_THERE, [last if last.text == name else first])
            if table.chains[name].hook >= 0:
                raise NftError(PROCESS + "Operation not supported", [start, self.cursor.peek()])
        for statement in statements:
            if isinstance(statement, Nat) and chain.hook >= 0 and (chain.kind != "nat" or chain.hook not in NAT_HOOKS[statement.word]):
                raise NftError(PROCESS + "Operation not supported", [start, self.cursor.peek()])
        if leads_back(table, chain.name, statements) and is_reached(table, chain.name):
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


ACTIONS: dict[tuple[str, str], Callable[[Reader, str, Token], None]] = {
    ("add", "table"): Reader._table, ("create", "table"): Reader._table, ("delete", "table"): Reader._delete_table,
    ("flush", "table"): Reader._flush_table, ("flush", "ruleset"): Reader._flush_ruleset, ("add", "chain"): Reader._chain,
    ("create", "chain"): Reader._chain, ("delete", "chain"): Reader._delete_chain, ("flush", "chain"): Reader._flush_chain,
    ("rename", "chain"): Reader._rename_chain, ("add", "rule"): Reader._rule, ("insert", "rule"): Reader._rule,
    ("replace", "rule"): Reader._replace_rule, ("delete", "rule"): Reader._delete_rule, ("add", "set"): Reader._set, ("create", "set"): Reader._set,
    ("add", "map"): Reader._map, ("create", "map"): Reader._map, ("delete", "set"): Reader._delete_set, ("delete", "map"): Reader._delete_set,
    ("flush", "set"): Reader._flush_set, ("flush", "map"): Reader._flush_set, ("add", "element"): Reader._element,
    **{(verb, kind): Reader._object for verb in ("add", "create") for kind in KINDS}, **{("delete", kind): Reader._delete_object for kind in KINDS},
    ("create", "element"): Reader._element, ("delete", "element"): Reader._element,
}  # fmt: skip
