"""radvd.conf(5): interfaces with their settings, prefixes, routes and resolvers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import attrs

from netsim.addr import IPv6

TOKEN = re.compile(r"[{};]|[^\s{};]+")
T = TypeVar("T", bound=Any)
INFINITY = 0xFFFFFFFF
PREFERENCES = {"low": 3, "medium": 0, "high": 1}
SWITCHES = {"on": 1, "off": 0}


class SyntaxProblem(Exception):
    """The file cannot be read beyond this line."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@attrs.frozen
class PrefixAdvert:
    """`prefix P { ... }`; lifetimes in seconds."""

    prefix: IPv6
    length: int
    on_link: int = 1
    autonomous: int = 1
    router_address: int = 0
    valid: int = 86400
    preferred: int = 14400


@attrs.frozen
class RouteAdvert:
    """`route P { ... }`; a lifetime of None is three times the longest interval."""

    prefix: IPv6
    length: int
    lifetime: int | None = None
    preference: int = 0


@attrs.frozen
class ResolverAdvert:
    """`RDNSS A ... { ... }`; a lifetime of None is twice the longest interval."""

    servers: tuple[IPv6, ...]
    lifetime: int | None = None


@attrs.frozen
class Interface:
    """`interface NAME { ... }`; intervals and lifetimes in seconds, timers in ms. `None`: derived from the longest interval."""

    name: str
    advertises: int = 0
    longest: float = 600
    shortest: float | None = None
    lifetime: int | None = None
    hop_limit: int = 64
    managed: int = 0
    other: int = 0
    preference: int = 0
    mtu: int = 0
    reachable: int = 0
    retrans: int = 0
    source_option: int = 1
    unicast_only: int = 0
    prefixes: tuple[PrefixAdvert, ...] = ()
    routes: tuple[RouteAdvert, ...] = ()
    resolvers: tuple[ResolverAdvert, ...] = ()

    @property
    def shortest_interval(self) -> float:
        """The least time between advertisements nobody asked for."""
        return self.shortest if self.shortest is not None else max(3.0, 0.33 * self.longest)

    @property
    def router_lifetime(self) -> int:
        """How long the router offers itself as a default one."""
        return self.lifetime if self.lifetime is not None else int(3 * self.longest)


INTERFACE_WORDS = {
    "advsendadvert": ("advertises", "switch"), "maxrtradvinterval": ("longest", "decimal"), "minrtradvinterval": ("shortest", "decimal"),
    "advdefaultlifetime": ("lifetime", "number"), "advcurhoplimit": ("hop_limit", "number"), "advmanagedflag": ("managed", "switch"),
    "advotherconfigflag": ("other", "switch"), "advdefaultpreference": ("preference", "preference"), "advlinkmtu": ("mtu", "number"),
    "advreachabletime": ("reachable", "number"), "advretranstimer": ("retrans", "number"), "advsourcelladdress": ("source_option", "switch"),
    "unicastonly": ("unicast_only", "switch"), "ignoreifmissing": ("", "switch"),
}  # fmt: skip
PREFIX_WORDS = {
    "advonlink": ("on_link", "switch"), "advautonomous": ("autonomous", "switch"), "advrouteraddr": ("router_address", "switch"),
    "advvalidlifetime": ("valid", "lifetime"), "advpreferredlifetime": ("preferred", "lifetime"),
}  # fmt: skip
ROUTE_WORDS = {"advroutelifetime": ("lifetime", "lifetime"), "advroutepreference": ("preference", "preference"), "removeroute": ("", "switch")}
RESOLVER_WORDS = {"advrdnsslifetime": ("lifetime", "lifetime"), "flushrdnss": ("", "switch")}


@attrs.define(eq=False)
class Reader:
    """The words of the file with their lines."""

    tokens: list[tuple[int, str]]
    at: int = 0

    def peek(self) -> str:
        """The next word, empty at the end."""
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        """The next word; the end of the file is a problem."""
        if self.at >= len(self.tokens):
            raise self.problem()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def expect(self, word: str) -> None:
        """This very word."""
        if self.take() != word:
            raise self.problem()

    def problem(self) -> SyntaxProblem:
        """The complaint about the last word taken."""
        return SyntaxProblem(self.tokens[self.at - 1][0] if self.tokens else 1)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        for found in TOKEN.finditer(line.split("#", 1)[0]):
            yield number, found.group()


def read(text: str) -> list[Interface]:
    """The interfaces of a file; SyntaxProblem."""
    reader = Reader(list(_tokens(text)))
    interfaces = []
    while reader.peek():
        if reader.take().lower() != "interface":
            raise reader.problem()
        interfaces.append(_interface(reader, reader.take()))
    return interfaces


def _interface(reader: Reader, name: str) -> Interface:
    made = Interface(name)
    reader.expect("{")
    while reader.peek() != "}":
        word = reader.take().lower()
        if word == "prefix":
            prefix, length = _prefix(reader)
            made = attrs.evolve(made, prefixes=(*made.prefixes, _settings(reader, PrefixAdvert(prefix, length), PREFIX_WORDS)))
        elif word == "route":
            prefix, length = _prefix(reader)
            made = attrs.evolve(made, routes=(*made.routes, _settings(reader, RouteAdvert(prefix, length), ROUTE_WORDS)))
        elif word == "rdnss":
            made = attrs.evolve(made, resolvers=(*made.resolvers, _settings(reader, ResolverAdvert(_servers(reader)), RESOLVER_WORDS)))
        else:
            made = _one(reader, made, INTERFACE_WORDS, word)
    return _closed(reader, made)


def _closed(reader: Reader, made: T) -> T:
    reader.expect("}")
    reader.expect(";")
    return made


def _settings(reader: Reader, made: T, words: dict[str, tuple[str, str]]) -> T:
    """`{ WORD VALUE; ... };`"""
    reader.expect("{")
    while reader.peek() != "}":
        made = _one(reader, made, words, reader.take().lower())
    return _closed(reader, made)


def _one(reader: Reader, made: T, words: dict[str, tuple[str, str]], word: str) -> T:
    """One setting; those without a field change nothing that a simulation could show."""
    if word not in words:
        raise reader.problem()
    field, kind = words[word]
    value = _value(reader, kind)
    reader.expect(";")
    return attrs.evolve(made, **{field: value}) if field else made


def _value(reader: Reader, kind: str) -> float | int:
    word = reader.take().lower()
    if kind in ("switch", "preference"):
        known = (SWITCHES if kind == "switch" else PREFERENCES).get(word)
    elif kind == "lifetime" and word == "infinity":
        known = INFINITY
    elif kind == "decimal":
        return float(word) if re.fullmatch(r"\d+(\.\d+)?", word) else _refuse(reader)
    else:
        known = int(word) if word.isdigit() else None
    return known if known is not None else _refuse(reader)


def _refuse(reader: Reader) -> int:
    raise reader.problem()


def _address(reader: Reader, word: str) -> IPv6:
    try:
        return IPv6.parse(word)
    except ValueError:
        raise reader.problem() from None


def _prefix(reader: Reader) -> tuple[IPv6, int]:
    address, slash, length = reader.take().partition("/")
    if not slash or not length.isdigit() or int(length) > 128:
        raise reader.problem()
    return _address(reader, address), int(length)


def _servers(reader: Reader) -> tuple[IPv6, ...]:
    found = []
    while reader.peek() != "{":
        found.append(_address(reader, reader.take()))
    return tuple(found)
