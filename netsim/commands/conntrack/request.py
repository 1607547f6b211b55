"""A command line of conntrack to one request, with the tool's complaints."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6, mask4, mask6
from netsim.commands.conntrack.grammar import (
    ALLOWED,
    COMMANDS,
    EVENTS,
    LONG,
    OPTIONS,
    OUTPUTS,
    PROTOCOLS,
    REQUIRED,
    STATUSES,
    TABLES,
    Option,
)
from netsim.commands.conntrack.usage import VERSION
from netsim.kernel.netfilter.conntrack.tcp_states import NAMES

PARAMETER, OTHER = 2, 1
ADDRESSES = ("src", "dst", "reply-src", "reply-dst", "src-nat", "dst-nat", "any-nat")
PORTS = ("orig-port-src", "orig-port-dst", "reply-port-src", "reply-port-dst", "icmp-type", "icmp-code", "icmp-id")


class Problem(Exception):
    """Why the command line makes no sense, or why the kernel refused."""

    def __init__(self, message: str, status: int = PARAMETER) -> None:
        super().__init__(message)
        self.message, self.status = message, status

    @property
    def text(self) -> str:
        """What goes to stderr."""
        hint = "Try `conntrack -h' or 'conntrack --help' for more information.\n" if self.status == PARAMETER else ""
        return f"{VERSION}: {self.message}\n{hint}"


@attrs.define(eq=False)
class Request:
    """What was asked: `numbers` by option name, `addresses` as (family, address, mask), None where an optional one was left out."""

    command: str = ""
    table: str = "conntrack"
    family: int = 0
    protocol: int | None = None
    given: list[str] = attrs.field(factory=list)
    addresses: dict[str, tuple[int, int, int] | None] = attrs.field(factory=dict)
    numbers: dict[str, int] = attrs.field(factory=dict)
    mark: tuple[int, int] | None = None
    status: int | None = None
    state: int | None = None
    output: set[str] = attrs.field(factory=set)
    events: frozenset[str] = EVENTS["ALL"]


def number(word: str) -> int:
    """A number as strtoul reads one: what is none counts 0."""
    text = word.strip().lower()
    base = 16 if text.startswith("0x") else 8 if text.startswith("0") and len(text) > 1 else 10
    digits = text[2:] if base == 16 else text
    end = next((place for place, letter in enumerate(digits) if letter not in "0123456789abcdef"[:base]), len(digits))
    return int(digits[:end] or "0", base)


@attrs.define(eq=False)
class Parser:
    """One pass over the words; what an option means may depend on those before it."""

    words: Sequence[str]
    request: Request = attrs.field(factory=Request)
    at: int = 0
    own: dict[str, Option] = attrs.field(factory=dict)
    own_given: set[str] = attrs.field(factory=set)

    def parse(self) -> Request:
        """Everything on the line; raises Problem. An empty command asks for help."""
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word.startswith("--") and len(word) > 2:
                self._long(word)
            elif word.startswith("-") and len(word) > 1:
                self._cluster(word)
        if self.request.command and self.request.command not in "hV":
            self._check()
        return self.request

    def _long(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        commands = {known: meaning for known, meaning in COMMANDS.items() if len(known) > 1}
        known: dict[str, tuple[str, str] | Option] = {**commands, **LONG, **self.own}
        matches = [name] if name in known else [candidate for candidate in known if candidate.startswith(name)]
        if not matches or len({str(known[match]) for match in matches}) > 1:
            raise Problem(f"unknown option `{word}'")
        meaning = known[matches[0]]
        if isinstance(meaning, tuple):
            self._command(meaning[0], meaning[1], word, value if equals else None)
        else:
            self._option(meaning, word, value if equals else None)

    def _cluster(self, word: str) -> None:
        place = 1
        while place < len(word):
            letter, rest = word[place], word[place + 1 :]
            place += 1
            if letter in COMMANDS:
                command, takes = COMMANDS[letter]
                attached = rest if takes == "=" and rest else None
                self._command(command, takes, f"-{letter}", attached)
                if attached:
                    return
                continue
            option = OPTIONS.get(letter)
            if option is None:
                raise Problem(f"unknown option `{word}'")
            if option.takes and rest:
                self._option(option, f"-{letter}", rest)
                return
            self._option(option, f"-{letter}", None)

    def _following(self) -> str | None:
        if self.at < len(self.words) and not self.words[self.at].startswith("-"):
            self.at += 1
            return self.words[self.at - 1]
        return None

    def _command(self, command: str, takes: str, word: str, value: str | None) -> None:
        request = self.request
        if request.command:
            raise Problem("Invalid commands combination")
        request.command = command
        if takes == "=" and value is None and self._following() is None:
            raise Problem(f"option `{word}' requires an argument")
        if takes == "?":
            table = self._following()
            if table is not None:
                if table not in TABLES:
                    raise Problem(f"unknown type `{table}'")
                request.table = table

    def _option(self, option: Option, word: str, value: str | None) -> None:
        if option.takes == "=" and value is None:
            if self.at >= len(self.words):
                raise Problem(f"option `{word}' requires an argument")
            value = self.words[self.at]
            self.at += 1
        elif option.takes == "?" and value is None:
            value = self._following()
        name, request = option.name, self.request
        if word[2:] not in self.own:
            request.given.append(name)
        if name in ADDRESSES or name in ("mask-src", "mask-dst"):
            request.addresses[name] = None if value is None else self._address(value)
        elif name == "protonum":
            self._protocol(value or "")
        elif name in PORTS:
            request.numbers[name] = number(value or "") & 0xFFFF
        elif name in ("timeout", "zone", "orig-zone", "reply-zone", "id", "secmark", "buffer-size"):
            request.numbers[name] = number(value or "") & (0xFFFF if "zone" in name else 0xFFFFFFFF)
        elif name == "mark":
            text, slash, mask = (value or "").partition("/")
            request.mark = number(text), number(mask) if slash else 0xFFFFFFFF
        else:
            self._words(name, value or "")

    def _words(self, name: str, value: str) -> None:
        request = self.request
        if name == "family":
            families = {"ipv4": 2, "ipv6": 10}
            if value not in families:
                raise Problem(f"`{value}' unsupported protocol")
            request.family = families[value]
        elif name == "status":
            request.status = 0
            for word in value.split(","):
                request.status |= self._one_of(word, STATUSES)
        elif name == "output":
            request.output |= {OUTPUTS[self._one_of(word, {output: place for place, output in enumerate(OUTPUTS)})] for word in value.split(",")}
        elif name == "event-mask":
            for word in value.split(","):
                self._one_of(word, dict.fromkeys(EVENTS, 0))
            request.events = frozenset().union(*(EVENTS[word.upper()] for word in value.split(",")))
        elif name == "state":
            if value.upper() not in NAMES:
                raise Problem(f"unknown TCP state `{value}'")
            request.state = NAMES.index(value.upper())

    def _one_of(self, word: str, known: dict[str, int]) -> int:
        for name, value in known.items():
            if name.lower() == word.lower():
                return value
        raise Problem(f"Bad parameter `{word}'")

    def _protocol(self, value: str) -> None:
        low = value.lower()
        if low in PROTOCOLS:
            self.request.protocol, self.own = PROTOCOLS[low]
            return
        if not value.isdigit() or int(value) > 255:
            raise Problem(f"`{value}' unsupported protocol")
        self.request.protocol = int(value)
        self.own = next((own for known, own in PROTOCOLS.values() if known == int(value)), {})

    def _address(self, value: str) -> tuple[int, int, int]:
        text, slash, suffix = value.partition("/")
        family = 10 if ":" in text else 2
        try:
            address = int(IPv6.parse(text) if family == 10 else IPv4.parse(text))
        except ValueError:
            raise Problem(f"Invalid IP address `{text}'") from None
        if self.request.family and self.request.family != family:
            raise Problem("mismatched address family")
        self.request.family = family
        longest = 128 if family == 10 else 32
        if not slash:
            return family, address, mask6(128) if family == 10 else mask4(32)
        if not suffix.isdigit() or int(suffix) > longest:
            raise Problem("Invalid netmask")
        return family, address, mask6(int(suffix)) if family == 10 else mask4(int(suffix))

    def _check(self) -> None:
        request = self.request
        if request.table in ("dying", "unconfirmed") and request.command != "L":
            raise Problem("Can't do that command with tables `dying' and `unconfirmed'")
        if request.table == "expect":
            if request.command not in "LCFSE":
                raise Problem("You need to supply the `--src' option for this command")
            return
        for name in ("mask-src", "mask-dst"):
            if name in request.given and name.removeprefix("mask-") not in request.given:
                raise Problem(f"Can't use --{name} without --{name.removeprefix('mask-')}")
        for name in REQUIRED.get(request.command, ()):
            if name not in request.given:
                raise Problem(f"You need to supply the `--{name}' option for this command")
        for name in request.given:
            if name not in ALLOWED.get(request.command, ()):
                raise Problem(f"Illegal option `--{name}' with this command")
        if request.command == "L" and "zero" in request.given and set(request.given) - {"zero", "output"}:
            raise Problem("Can't use -z with filtering parameters")
