"""Statements of a rule, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.datatypes import KEYS, TYPES
from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.values import anonymous_of, interval_of, value_of
from netsim.kernel.netfilter.nft import statements as kernel
from netsim.kernel.netfilter.nft.statements import (
    Anonymous,
    Flags,
    Interval,
    Log,
    Mapped,
    Masked,
    Match,
    Nat,
    Notrack,
    Reject,
    SetRef,
    Verdict,
    Vmap,
)
from netsim.kernel.tables.nftables import NftTable

TERMINAL = ("accept", "drop", "return", "continue")
UNMODELLED = frozenset(
    [
        "queue",
        "dup",
        "fwd",
        "tproxy",
        "synproxy",
        "flow",
        "set",
        "add",
        "update",
        "delete",
        "numgen",
        "jhash",
        "symhash",
        "socket",
        "rt",
        "exthdr",
        "hash",
        "osf",
        "xfrm",
        "ipsec",
        "last",
        "secmark",
        "helper",
        "arp",
        "vlan",
        "ah",
        "esp",
        "comp",
        "frag",
        "mh",
        "dst",
        "hbt",
        "rt0",
        "geneve",
        "gre",
        "vxlan",
        "map",
        "tunnel",
        "cgroup",
        "time",
        "hour",
        "day",
        "ibrname",
        "obrname",
    ]
)
NETWORK_OF = {"ip": 2, "icmp": 2, "ip6": 10, "icmpv6": 10}
"""The number that `meta nfproto` has for packets that a header belongs to."""
META = ("mark", "l4proto", "nfproto", "length", "pkttype", "skuid", "skgid", "priority", "iifname", "oifname", "iif", "oif")
DEVICES = ("iifname", "oifname", "iif", "oif")
HEADERS = {6: "tcp", 17: "udp", 132: "sctp", 33: "dccp", 136: "udplite", 1: "icmp", 58: "icmpv6", 50: "esp", 51: "ah", 108: "comp"}
TRANSPORTS = {"tcp": 6, "udp": 17, "sctp": 132, "dccp": 33, "udplite": 136, "icmp": 1, "icmpv6": 58}
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
REJECTS: dict[str, Mapping[str, Any]] = {"icmp": kernel.ICMP, "icmpv6": kernel.ICMPV6, "icmpx": kernel.ICMPX}


def _transports(statement: Any) -> list[str]:
    """The transport protocols that a statement leaves possible, as far as nft reasons about them; none: any."""
    if not isinstance(statement, (Match, Vmap)):
        return []
    if (word := statement.key.split()[0]) in TRANSPORTS:
        return [word]
    if not isinstance(statement, Match) or statement.op or statement.key not in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
        return []
    chosen = [key for key, _ in statement.right.elements] if isinstance(statement.right, Anonymous) else [statement.right]
    return [HEADERS.get(one.low, "unknown") for one in chosen if isinstance(one, Interval) and one.low == one.high]


@attrs.define(eq=False)
class RuleReader:
    """Reads one rule; `devices` are the namespace's ifindexes by name."""

    cursor: Cursor
    table: NftTable
    devices: dict[str, int]
    statements: list[Any] = attrs.field(factory=list)
    comment: str = ""
    ended: Token | None = None

    def read(self) -> tuple[tuple[Any, ...], str]:
        """All statements and the remark."""
        cursor = self.cursor
        if cursor.at_end:
            raise cursor.unexpected()
        while not cursor.at_end:
            token = cursor.peek()
            if token.text == "comment" and token.kind == "word":
                cursor.take()
                self.comment = cursor.word().text
                continue
            if self.ended is not None:
                raise NftError("Statement after terminal statement has no effect", [token], [self.ended])
            self._statement(token)
        return tuple(self.statements), self.comment

    def _statement(self, token: Token) -> None:
        word = token.text
        reader = READERS.get(word) if token.kind == "word" else None
        if reader is not None:
            self.cursor.take()
            self.statements.append(reader(self, token))
        else:
            self._expression()
        last = self.statements[-1]
        if isinstance(last, (Verdict, Reject)) and getattr(last, "word", "") != "continue":
            self.ended = token

    # selectors -----------------------------------------------------------------------------------------------------

    def selector(self) -> tuple[str, list[Token]]:
        """`ip saddr`, `meta mark`, `iifname`, `fib daddr type` ... and the words it was."""
        cursor = self.cursor
        first = cursor.take()
        word = first.text
        if first.kind != "word":
            raise NftError("No symbol type information", [first])
        if word in DEVICES:
            return word, [first]
        if word in META:
            return f"meta {word}", [first]
        if word == "fib":
            words = [first, cursor.word(), cursor.word()]
            key = " ".join(token.text for token in words)
            if key not in KEYS:
                raise NftError(f"netsim: '{key}' is not modelled", words)
            return key, words
        if word in UNMODELLED:
            raise NftError(f"netsim: '{word}' is not modelled", [first])
        if cursor.at_end:
            raise cursor.unexpected()
        if word not in {key.split()[0] for key in KEYS}:
            raise NftError("No symbol type information", [first])
        second = cursor.take()
        key = f"{word} {second.text}"
        if word == "meta" and second.text in DEVICES:
            key = second.text
        if key not in KEYS:
            raise NftError(f"netsim: '{key}' is not modelled", [first, second])
        self._check_protocol(word, [first, second])
        return key, [first, second]

    def _check_protocol(self, word: str, words: list[Token]) -> None:
        family = self.table.family
        if word in ("ip", "ip6") and family in ("ip", "ip6") and word != family:
            raise NftError(f"conflicting protocols specified: {family} vs. {word}", words)
        if word in TRANSPORTS:
            for statement in self.statements:
                for other in _transports(statement):
                    if other != word:
                        raise NftError(f"conflicting protocols specified: {other} vs. {word}", words)
            self._drop_dependency(word)

    def _drop_dependency(self, word: str) -> None:
        """A header's fields imply its protocol: nft does not show the test for it again."""
        wanted = Interval(TRANSPORTS[word], TRANSPORTS[word])
        last = self.statements[-1] if self.statements else None
        own = {"ip": "ip protocol", "ip6": "ip6 nexthdr"}.get(self.table.family, "")
        if isinstance(last, Match) and last.key in ("meta l4proto", own) and last.op == "" and last.right == wanted:
            self.statements.pop()

    def _expression(self) -> None:
        cursor = self.cursor
        key, words = self.selector()
        if cursor.accept("."):
            raise NftError("netsim: concatenations are not modelled", [cursor.tokens[cursor.at - 1]])
        if cursor.at_end:
            raise cursor.unexpected()
        kind = KEYS[key]
        if cursor.accept("vmap"):
            self.statements.append(Vmap(key, self._source(kind, verdicts=self)))
            return
        if cursor.accept("set"):
            self.statements.append(self._assign(key, kind, words))
            return
        if cursor.peek().text in ("&", "and"):
            self.statements.append(self._masked(key, kind))
            return
        if cursor.accept("!"):
            bits = self._flags(kind)
            self.statements.append(Match(key, "", Masked(bits, 0)))
            return
        self.statements.append(self._match(key, kind))

    def _match(self, key: str, kind: str) -> Match:
        cursor = self.cursor
        op = cursor.take().text if cursor.peek().text in ("==", "!=", "<", ">", "<=", ">=") else ""
        is_flags = TYPES[kind].is_flags
        if op == "==" and not is_flags:
            op = ""
        if cursor.peek().text.startswith("@") or cursor.peek().text == "{":
            return Match(key, op, self._source(kind))
        if is_flags:
            return self._match_flags(key, kind, op)
        token = cursor.word()
        if cursor.peek().text == ",":
            raise NftError(f"Basetype of type {LONG_NAMES.get(kind, kind)} is not bitmask", [token])
        return Match(key, op, interval_of(token, kind, self.devices))

    def _match_flags(self, key: str, kind: str, op: str) -> Match:
        bits = self._flags(kind)
        if self.cursor.accept("/"):
            return Match(key, "!=" if op == "!=" else "", Masked(self._flags(kind), bits, is_flags=True))
        if op and bits & (bits - 1) == 0:
            return Match(key, op, Interval(bits, bits))
        return Match(key, op, Flags(bits))

    def _flags(self, kind: str) -> int:
        """`syn,ack` or `(syn|ack)`."""
        cursor = self.cursor
        grouped = cursor.accept("(")
        bits = int(value_of(cursor.word(), kind, self.devices))
        while cursor.peek().text in (",", "|"):
            cursor.take()
            bits |= int(value_of(cursor.word(), kind, self.devices))
        if grouped:
            cursor.expect(")")
        return bits

    def _masked(self, key: str, kind: str) -> Match:
        cursor = self.cursor
        cursor.take()
        mask = self._flags(kind)
        op = "!=" if cursor.peek().text == "!=" else ""
        if cursor.peek().text in ("==", "!="):
            cursor.take()
        value = self._flags(kind) if cursor.peek().text != "0" else int(cursor.take().text)
        return Match(key, op, Masked(mask, value, TYPES[kind].is_flags))

    def _source(self, kind: str, verdicts: RuleReader | None = None, data: str = "") -> Any:
        """`@name` or `{ ... }`."""
        cursor = self.cursor
        token = cursor.take()
        if token.text.startswith("@"):
            if token.text[1:] not in self.table.sets:
                raise NftError("No such file or directory", [token])
            return SetRef(token.text[1:])
        if token.text != "{":
            cursor.at -= 1
            raise cursor.unexpected()
        self.table.take_handle()
        reader = self.verdict if verdicts is not None else None
        return anonymous_of(cursor, kind, self.devices, reader if not data else None)

    def _assign(self, key: str, kind: str, words: list[Token]) -> kernel.Assign:
        if key not in ("meta mark", "ct mark", "meta priority", "ip dscp", "ip6 dscp"):
            raise NftError(f"netsim: setting '{key}' is not modelled", words)
        token = self.cursor.peek()
        if token.text in ("ct", "meta", "mark"):
            source, _ = self.selector()
            return kernel.Assign(key, source)
        return kernel.Assign(key, int(value_of(self.cursor.word(), kind, self.devices)))

    def verdict(self, cursor: Cursor) -> Verdict:
        """accept, drop, jump CHAIN ..."""
        token = cursor.word()
        if token.text in ("jump", "goto"):
            return Verdict(token.text, cursor.word().text)
        if token.text not in TERMINAL:
            cursor.at -= 1
            raise cursor.unexpected()
        return Verdict(token.text)

    # other statements ----------------------------------------------------------------------------------------------

    def _verdict_word(self, token: Token) -> Verdict:
        self.cursor.at -= 1
        return self.verdict(self.cursor)

    def _stateful(self, token: Token) -> Any:
        from netsim.commands.nft.objects import statement

        return statement(self.cursor, self.table, token.text)

    def _reject(self, token: Token) -> Reject:
        cursor = self.cursor
        if not cursor.accept("with"):
            return Reject()
        kind = cursor.word()
        if kind.text == "tcp":
            cursor.expect("reset")
            if (self.statements or self.table.family == "inet") and not self._has_transport():  # nft adds the test that is missing, in front
                self.statements.insert(0, Match("meta l4proto", "", Interval(6, 6)))
            return Reject("tcp reset")
        if kind.text not in REJECTS:
            cursor.at -= 1
            raise cursor.unexpected()
        cursor.accept("type")
        code = cursor.word()
        if kind.text == "icmpx" and self.table.family in ("ip", "ip6"):
            raise NftError("abstracted ICMP unreachable not supported", [code], [token])
        if code.text not in REJECTS[kind.text]:
            raise NftError(f"Could not parse {kind.text} code", [code])
        self._tell_network(kind.text, code)
        usual = {"ip": "icmp", "ip6": "icmpv6"}.get(self.table.family, "icmpx")
        return Reject() if (kind.text, code.text) == (usual, "port-unreachable") else Reject(f"{kind.text} {code.text}")

    def _log(self, token: Token) -> Log:
        cursor = self.cursor
        given: dict[str, Any] = {}
        while cursor.peek().text in ("prefix", "level", "group", "flags", "snaplen", "queue-threshold"):
            word = cursor.take()
            if word.text in ("flags", "snaplen", "queue-threshold"):
                raise NftError(f"netsim: 'log {word.text}' is not modelled", [word])
            value = cursor.word()
            if word.text == "level" and value.text not in LEVELS:
                raise NftError("invalid log level", [value])
            given[word.text] = int(value.text) if word.text == "group" else value.text
        if given.get("level") == "warn":
            del given["level"]
        return Log(**given)

    def _notrack(self, token: Token) -> Notrack:
        return Notrack()

    def _nat(self, token: Token) -> Nat:
        cursor, word = self.cursor, token.text
        family = cursor.take().text if word in ("dnat", "snat") and cursor.peek().text in ("ip", "ip6") and cursor.peek(1).text == "to" else ""
        address: Any = None
        ports = None
        if cursor.accept("to"):
            address, ports = self._nat_place(word, family)
        elif word in ("dnat", "snat"):
            raise cursor.unexpected("to")
        flags: list[str] = []
        while cursor.peek().text in kernel.NAT_FLAGS:
            flags.append(cursor.take().text)
            cursor.accept(",")
        if ports is not None and not self._has_transport():
            raise NftError("transport protocol mapping is only valid after transport protocol match", [cursor.tokens[cursor.at - 1]], [token])
        return Nat(word, address, ports, tuple(flags), family)

    def _tell_network(self, kind: str, code: Token) -> None:
        """An ICMP error is for packets of its own protocol: where a rule for both does not say so, nft adds the test in front."""
        wanted = NETWORK_OF.get(kind)
        if wanted is None or self.table.family != "inet":
            return
        known = {NETWORK_OF.get(statement.key.split()[0]) for statement in self.statements if isinstance(statement, (Match, Vmap))} - {None}
        told = next((statement for statement in self.statements if isinstance(statement, Match) and statement.key == "meta nfproto"), None)
        if known and wanted not in known:
            raise NftError(f"conflicting protocols specified: {'ip vs ip6' if wanted == NETWORK_OF['ip6'] else 'ip6 vs ip'}", [code])
        if not known and told is None:
            self.statements.insert(0, Match("meta nfproto", "", Interval(wanted, wanted)))

    def _has_transport(self) -> bool:
        return any(
            statement.key.split()[0] in TRANSPORTS or statement.key in ("meta l4proto", "ip protocol", "ip6 nexthdr", "th dport", "th sport")
            for statement in self.statements
            if isinstance(statement, (Match, Vmap))
        )

    def _nat_place(self, word: str, family: str) -> tuple[Any, Interval | None]:
        cursor = self.cursor
        token = cursor.peek()
        kind = "ipv6_addr" if (family or self.table.family) == "ip6" else "ipv4_addr"
        if token.text in ("ip", "ip6", "tcp", "udp", "meta", "ct", "iifname", "oifname"):
            key, _ = self.selector()
            cursor.expect("map")
            return Mapped(key, self._map(KEYS[key], kind)), None
        cursor.take()
        text, ports = token.text, ""
        if text.startswith(":"):
            text, ports = "", text[1:]
        elif text.startswith("["):
            text, _, ports = text.partition("]")
            text, ports = text[1:], ports.removeprefix(":")
            kind = "ipv6_addr"
        elif text.count(":") == 1:
            text, _, ports = text.partition(":")
        if text and not ports and cursor.peek().text.startswith(":"):
            ports = cursor.take().text[1:]
        address = interval_of(Token("word", text, token.line, token.start, token.end), kind, self.devices) if text else None
        return address, interval_of(Token("word", ports, token.line, token.start, token.end), "inet_service", self.devices) if ports else None

    def _map(self, key_kind: str, kind: str) -> Any:
        cursor = self.cursor
        token = cursor.take()
        if token.text.startswith("@"):
            if token.text[1:] not in self.table.sets:
                raise NftError("No such file or directory", [token])
            return SetRef(token.text[1:])
        self.table.take_handle()
        values = MapValues(kind, self.devices)
        return anonymous_of(cursor, key_kind, self.devices, values.read)


@attrs.define(eq=False)
class MapValues:
    """Reads what stands after the colon in a map of values."""

    kind: str
    devices: dict[str, int]

    def read(self, cursor: Cursor) -> Interval:
        """One value."""
        return interval_of(cursor.word(), self.kind, self.devices)


LONG_NAMES = {
    "inet_service": "internet network service", "ipv4_addr": "IPv4 address", "ipv6_addr": "IPv6 address", "inet_proto": "Internet protocol",
    "mark": "packet mark", "icmp_type": "ICMP type", "icmpv6_type": "ICMPv6 type", "ifname": "network interface name",
}  # fmt: skip
READERS = {
    "counter": RuleReader._stateful, "quota": RuleReader._stateful, "accept": RuleReader._verdict_word, "drop": RuleReader._verdict_word, "return": RuleReader._verdict_word,
    "continue": RuleReader._verdict_word, "jump": RuleReader._verdict_word, "goto": RuleReader._verdict_word, "reject": RuleReader._reject,
    "log": RuleReader._log, "limit": RuleReader._stateful, "notrack": RuleReader._notrack, "dnat": RuleReader._nat, "snat": RuleReader._nat,
    "masquerade": RuleReader._nat, "redirect": RuleReader._nat,
}  # fmt: skip
