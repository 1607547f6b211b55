"""The grammar of capture filters (pcap-filter(7)): words to a condition. `and` and `or` bind alike and to the left, `not` binds tighter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.machine.hostnames import inet_pton6
from netsim.programs.tcpdump.generate import ETHERTYPES, PROTOCOLS, Generator, Qualifiers
from netsim.programs.tcpdump.predicate import MASK, And, Arithmetic, Condition, Constant, Length, Not, Or, Relation
from netsim.programs.tcpdump.words import SYNTAX, FilterError, Word, words_of

PROTOCOL_WORDS = frozenset(ETHERTYPES) | frozenset(PROTOCOLS) | {"ether", "stp"}
KINDS = ("host", "net", "port", "portrange")
TRANSPORTS = ("tcp", "udp", "sctp")
RELATIONS = (">", ">=", "=", "<", "<=", "!=")
LEVELS = (("|", "^"), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
SIGNS = frozenset((*RELATIONS, *(sign for level in LEVELS for sign in level)))
DEEPEST = 200
ALIEN = {
    "ifname": "ifname supported only on PF linktype", "on": "ifname supported only on PF linktype", "wlan": "link layer applied in wrong context",
    "type": "802.11 link-layer types supported only on 802.11", "gateway": "'gateway' not supported in this configuration",
}  # fmt: skip
NOT_MODELLED = (
    "mpls", "pppoed", "pppoes", "geneve", "iso", "esis", "es-is", "isis", "is-is", "clnp", "ipx", "netbeui", "radio", "lane", "metac", "bcc",
    "oam", "oamf4", "llc", "protochain", "byte",
)  # fmt: skip


@attrs.frozen
class Names:
    """Where names come from: hosts, ports (name and transport to number), protocols."""

    hosts: Callable[[str], list[IPv4 | IPv6]]
    ports: Callable[[str], dict[str, int]]
    protocols: Callable[[str], int | None]


def compile_filter(text: str, generator: Generator, names: Names) -> Condition | None:
    """The condition an expression means, None for an empty one; FilterError with tcpdump's words."""
    words = words_of(text)
    if not words:
        return None
    parser = Parser(words, generator, names)
    condition = parser.expression()
    if parser.at != len(words):
        raise FilterError(SYNTAX)
    return condition


@attrs.define
class Parser:
    """Reads words by recursive descent; `last` are the qualifiers that a bare name after `and` or `or` takes over."""

    words: list[Word]
    make: Generator
    names: Names
    at: int = 0
    depth: int = 0
    last: Qualifiers | None = None

    def peek(self, ahead: int = 0) -> Word:
        """A word to come; an empty one behind the end."""
        place = self.at + ahead
        return self.words[place] if place < len(self.words) else Word("end", "")

    def is_key(self, *texts: str) -> bool:
        """Whether one of these keywords comes next."""
        word = self.peek()
        return word.kind == "key" and word.text in texts

    def take(self) -> Word:
        """The next word."""
        word = self.peek()
        self.at += 1
        return word

    def expect(self, text: str) -> None:
        """A keyword that must come."""
        if not self.is_key(text):
            raise FilterError(SYNTAX)
        self.at += 1

    # logic ---------------------------------------------------------------------------------------------------------------

    def expression(self) -> Condition:
        """Terms with `and` and `or` between them."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise FilterError("parser stack overflow")
        condition = self.term()
        while self.is_key("and", "or"):
            combine: Any = And if self.take().text == "and" else Or
            condition = combine(condition, self.term_or_name())
        self.depth -= 1
        return condition

    def term_or_name(self) -> Condition:
        """What may stand after `and` and `or`: a term, or a name that goes on with the qualifiers before it."""
        if self.is_key("not"):
            self.at += 1
            self.depth += 1
            if self.depth > DEEPEST:
                raise FilterError("parser stack overflow")
            inner = Not(self.term_or_name())
            self.depth -= 1
            return inner
        if self._is_name() and not self._is_arithmetic():
            return self._named(self.last)
        if self.is_key("(") and self._names_inside() and not self._is_arithmetic():
            return self._names_in_brackets()
        return self.term()

    def _is_name(self) -> bool:
        return self.peek().kind in ("name", "number", "quad", "six", "mac")

    def _names_inside(self) -> bool:
        ahead = 0
        while self.peek(ahead).kind == "key" and self.peek(ahead).text in ("(", "not"):
            ahead += 1
        return self.peek(ahead).kind in ("name", "number", "quad", "six", "mac")

    def _names_in_brackets(self) -> Condition:
        self.expect("(")
        condition = self.term_or_name()
        while self.is_key("and", "or"):
            combine: Any = And if self.take().text == "and" else Or
            condition = combine(condition, self.term_or_name())
        self.expect(")")
        return condition

    def term(self) -> Condition:
        """A primitive, a comparison, or an expression in brackets."""
        if self.is_key("not"):
            self.at += 1
            self.depth += 1
            if self.depth > DEEPEST:
                raise FilterError("parser stack overflow")
            inner = Not(self.term())
            self.depth -= 1
            return inner
        if self._is_arithmetic():
            return self._comparison()
        if self.is_key("("):
            self.at += 1
            condition = self.expression()
            self.expect(")")
            return condition
        return self._primitive()

    # primitives ----------------------------------------------------------------------------------------------------------

    def _primitive(self) -> Condition:
        word = self.peek()
        if word.kind != "key":
            raise FilterError(SYNTAX)
        if word.text in ALIEN:
            raise FilterError(ALIEN[word.text])
        if word.text in NOT_MODELLED:
            raise FilterError(f"netsim: the filter word '{word.text}' is not modelled")
        self.last = None
        if word.text in ("less", "greater"):
            return self._length()
        if word.text in ("inbound", "outbound"):
            self.at += 1
            return self.make.outgoing(word.text == "outbound")
        if word.text == "vlan":
            self.at += 1
            number = self.take().value if self.peek().kind == "number" else None
            return self.make.vlan(number)
        if word.text in ("broadcast", "multicast"):
            self.at += 1
            return self._cast(word.text, "")
        return self._qualified()

    def _length(self) -> Condition:
        sign = "<=" if self.take().text == "less" else ">="
        number = self.take()
        if number.kind != "number":
            raise FilterError(SYNTAX)
        return Relation(sign, Length(), Constant(number.value))

    def _cast(self, kind: str, proto: str) -> Condition:
        return self.make.broadcast(proto) if kind == "broadcast" else self.make.multicast(proto)

    def _qualified(self) -> Condition:
        proto = self.take().text if self.peek().kind == "key" and self.peek().text in PROTOCOL_WORDS else ""
        if proto and self.is_key("broadcast", "multicast"):
            return self._cast(self.take().text, proto)
        direction = self._direction()
        kind = ""
        if self.is_key(*KINDS, "proto"):
            kind = self.take().text
        elif self.is_key("gateway", "protochain"):
            return self._primitive()
        if not (direction or kind):
            if not proto:
                raise FilterError(SYNTAX)
            return self.make.protocol(proto)
        quals = Qualifiers(proto, direction, kind)
        if self.is_key("(") and self._names_inside():
            self.last = quals
            return self._names_in_brackets()
        if not self._is_name():
            raise FilterError(SYNTAX)
        return self._named(quals)

    def _direction(self) -> str:
        if not self.is_key("src", "dst"):
            return ""
        first = self.take().text
        second = self.peek(1)
        if self.is_key("or", "and") and second.kind == "key" and second.text in ("src", "dst") and second.text != first:
            joined = self.take().text
            self.at += 1
            return joined
        return first

    def _named(self, quals: Qualifiers | None) -> Condition:
        """A name, number or address under qualifiers."""
        if quals is None:
            raise FilterError("syntax error in filter expression")
        word = self.take()
        self.last = quals
        if word.kind == "mac":
            return self._mac(word, quals)
        if word.kind == "six":
            return self._six(word, quals)
        if word.kind == "quad" or (word.kind == "number" and self.is_key("/", "mask")):
            return self._quad(word, quals)
        return self._number(word.value, quals) if word.kind == "number" else self._name(word.text, quals)

    def _mac(self, word: Word, quals: Qualifiers) -> Condition:
        if quals.proto != "ether" or quals.kind not in ("", "host"):
            raise FilterError("ethernet address used in non-ether expression")
        digits = word.text.replace("-", ":").replace(".", ":")
        if ":" not in digits:
            return self.make.mac(bytes.fromhex(digits), quals.direction)
        parts = digits.split(":")
        if len(parts) == 3:
            return self.make.mac(bytes.fromhex("".join(parts)), quals.direction)
        return self.make.mac(bytes(int(part, 16) for part in parts), quals.direction)

    def _six(self, word: Word, quals: Qualifiers) -> Condition:
        address = inet_pton6(word.text)
        if address is None:
            raise FilterError(f"invalid ip6 address {word.text}")
        length = 128
        if self.is_key("/"):
            self.at += 1
            length = self._number_word()
            if length > 128:
                raise FilterError("mask length must be <= 128")
        mask = (1 << 128) - (1 << (128 - length))
        if quals.kind not in ("", "host", "net"):
            raise FilterError("invalid qualifier against IPv6 address")
        if int(address) & ~mask:
            raise FilterError(f'non-network bits set in "{word.text}/{length}"')
        if quals.kind != "net" and length != 128:
            raise FilterError("Mask syntax for networks only")
        return self.make.host6(int(address), mask, quals)

    def _number_word(self) -> int:
        word = self.take()
        if word.kind != "number":
            raise FilterError(SYNTAX)
        return word.value

    def _quad(self, word: Word, quals: Qualifiers) -> Condition:
        """A dotted address, perhaps short, perhaps with a mask (`gen_ncode`, `gen_mcode`)."""
        parts = word.text.split(".")
        if any(len(part) > 10 or int(part) > 255 for part in parts):
            raise FilterError(f"invalid IPv4 address '{word.text}'")
        bits = 32 - 8 * len(parts)
        address = sum(int(part) << 24 - 8 * place for place, part in enumerate(parts))
        given = self._mask(word.text, address)
        if given is not None:
            if quals.kind != "net":
                raise FilterError("Mask syntax for networks only")
            return self.make.host(address, given, quals)
        if quals.kind in ("port", "portrange", "proto"):
            raise FilterError(f"'{quals.kind}' modifier applied to ip host")
        if quals.proto == "ether":
            raise FilterError("illegal link layer address")
        return self.make.host(address, MASK << bits & MASK, quals)

    def _mask(self, text: str, address: int) -> int | None:
        """`/24` or `mask 255.255.255.0` if one of them comes."""
        if self.is_key("/"):
            self.at += 1
            length = self._number_word()
            if length > 32:
                raise FilterError("mask length must be <= 32")
            mask, shown = MASK << (32 - length) & MASK, f"{text}/{length}"
        elif self.is_key("mask"):
            self.at += 1
            word = self.take().text
            mask, shown = _dotted(word), f"{text} mask {word}"
        else:
            return None
        if address & ~mask & MASK:
            raise FilterError(f'non-network bits set in "{shown}"')
        return mask

    def _number(self, value: int, quals: Qualifiers) -> Condition:
        if quals.kind in ("port", "portrange"):
            return self._ports(value, value, quals, self._transports(quals))
        if quals.kind == "proto":
            return self.make.numbered(value, quals.proto)
        if quals.proto == "ether":
            raise FilterError("illegal link layer address")
        mask = MASK
        while quals.kind == "net" and value and not value & 0xFF000000:
            value, mask = value << 8, mask << 8 & MASK
        return self.make.host(value, mask, quals)

    def _transports(self, quals: Qualifiers) -> tuple[str, ...]:
        if quals.proto == "":
            return TRANSPORTS
        if quals.proto not in TRANSPORTS:
            raise FilterError(f"illegal qualifier of '{quals.kind}'")
        return (quals.proto,)

    def _ports(self, low: int, high: int, quals: Qualifiers, transports: tuple[str, ...]) -> Condition:
        for port in (low, high):
            if port > 65535:
                raise FilterError(f"illegal port number {port} > 65535")
        if low > high:
            low, high = high, low
        return self.make.ports(low, high, quals, transports)

    def _name(self, text: str, quals: Qualifiers) -> Condition:
        if quals.kind == "port":
            return self._port_name(text, quals)
        if quals.kind == "portrange":
            wanted = self._transports(quals)
            first, dash, second = text.partition("-")
            low, high = self._port(first), self._port(second)
            if not dash or low is None or high is None:
                raise FilterError(f"unknown port in range '{text}'")
            return self._ports(low, high, quals, wanted)
        if quals.kind == "proto":
            return self.make.numbered(self._protocol(text, quals.proto), quals.proto)
        if quals.kind == "net":
            raise FilterError(f"unknown network '{text}'")
        if quals.proto == "ether":
            raise FilterError(f"unknown ether host '{text}'")
        if quals.proto not in ("", "ip", "ip6", "arp", "rarp"):
            raise FilterError(f"'{quals.proto}' modifier applied to host")
        addresses = self.names.hosts(text)
        if not addresses:
            raise FilterError(f"unknown host '{text}'")
        return self.make.hosts(addresses, quals)

    def _port_name(self, text: str, quals: Qualifiers) -> Condition:
        wanted = self._transports(quals)
        known = self.names.ports(text)
        if not known:
            raise FilterError(f"unknown port '{text}'")
        fitting = tuple(name for name in known if name in wanted)
        if not fitting:
            raise FilterError(f"port '{text}' is {next(iter(known))}")
        number = known[fitting[0]]
        return self._ports(number, number, quals, fitting if quals.proto else (wanted if len(known) > 1 else fitting))

    def _port(self, text: str) -> int | None:
        if text.isdigit():
            return int(text[:12])
        return next(iter(self.names.ports(text).values()), None)

    def _protocol(self, text: str, proto: str) -> int:
        if proto == "ether":
            if text in ETHERTYPES:
                return ETHERTYPES[text]
            raise FilterError(f"unknown ether proto '{text}'")
        number = self.names.protocols(text)
        if number is None:
            raise FilterError(f"unknown ip proto '{text}'")
        return number

    # arithmetic ----------------------------------------------------------------------------------------------------------

    def _is_arithmetic(self) -> bool:
        """Whether a comparison comes: a number with a sign behind it, `len`, an indexed protocol, or brackets with a sign behind them."""
        word, after = self.peek(), self.peek(1)
        if word.kind == "number":
            return after.kind == "key" and after.text in SIGNS and not self._is_masked()
        if word.kind != "key":
            return False
        if word.text == "(":
            behind = self.peek(self._closing())
            return behind.kind == "key" and behind.text in SIGNS
        return word.text in ("len", "-") or (word.text in PROTOCOL_WORDS and after.kind == "key" and after.text == "[")

    def _is_masked(self) -> bool:
        """Whether a number is a network with a mask length and no operand of a division."""
        word = self.peek(2)
        behind = self.peek(3)
        return self.peek(1).text == "/" and word.kind == "number" and not (behind.kind == "key" and behind.text in SIGNS)

    def _closing(self) -> int:
        """How far ahead the place behind the bracket is that closes the one to come."""
        depth, ahead = 0, 0
        while True:
            word = self.peek(ahead)
            ahead += 1
            if word.kind == "end":
                return ahead
            if word.kind == "key" and word.text in "()":
                depth += 1 if word.text == "(" else -1
                if not depth:
                    return ahead

    def _comparison(self) -> Condition:
        left, left_needs = self._sum(0)
        if not self.is_key(*RELATIONS):
            raise FilterError(SYNTAX)
        sign = self.take().text
        right, right_needs = self._sum(0)
        self.last = None
        condition: Condition = Relation(sign, left, right)
        for needs in (right_needs, left_needs):
            if needs is not None:
                condition = And(needs, condition)
        return condition

    def _sum(self, level: int) -> tuple[Any, Condition | None]:
        """A value by the levels of its signs, and what must hold for it to be there."""
        if level == len(LEVELS):
            return self._factor()
        left, needs = self._sum(level + 1)
        while self.is_key(*LEVELS[level]):
            sign = self.take().text
            right, more = self._sum(level + 1)
            if sign in "/%" and isinstance(right, Constant) and not right.number:
                raise FilterError("division by zero" if sign == "/" else "modulus by zero")
            left = Arithmetic(sign, left, right)
            needs = needs if more is None else more if needs is None else And(needs, more)
        return left, needs

    def _factor(self) -> tuple[Any, Condition | None]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FilterError("parser stack overflow")
        word = self.take()
        try:
            if word.kind == "number":
                return Constant(word.value), None
            if word.kind != "key":
                raise FilterError(SYNTAX)
            if word.text == "-":
                value, needs = self._factor()
                return Arithmetic("-", Constant(0), value), needs
            if word.text == "(":
                found = self._sum(0)
                self.expect(")")
                return found
            if word.text == "len":
                return Length(), None
            if word.text in PROTOCOL_WORDS:
                return self._indexed(word.text)
            raise FilterError(SYNTAX)
        finally:
            self.depth -= 1

    def _indexed(self, proto: str) -> tuple[Any, Condition | None]:
        self.expect("[")
        index, needs = self._sum(0)
        size = 1
        if self.is_key(":"):
            self.at += 1
            size = self._number_word()
            if size not in (1, 2, 4):
                raise FilterError("data size must be 1, 2, or 4")
        self.expect("]")
        value, is_there = self.make.load(proto, index, size)
        if needs is not None:
            is_there = needs if is_there is None else And(needs, is_there)
        return value, is_there


def _dotted(text: str) -> int:
    parts = text.split(".")
    if not all(part.isdigit() and len(part) < 4 and int(part) < 256 for part in parts) or len(parts) > 4:
        raise FilterError(SYNTAX)
    number = 0
    for part in parts:
        number = number << 8 | int(part)
    return number << (32 - 8 * len(parts))
