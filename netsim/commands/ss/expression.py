"""ss's filters: `state NAME`, and expressions of src, dst, sport, dport, dev with and, or, not and brackets (ssfilter.y)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.kernel.inet import tcp_states as tcp

ALL = frozenset(range(1, 13))
STATES = {
    "established": {tcp.ESTABLISHED}, "estab": {tcp.ESTABLISHED}, "syn-sent": {tcp.SYN_SENT}, "syn-recv": {tcp.SYN_RECV},
    "fin-wait-1": {tcp.FIN_WAIT1}, "fin-wait-2": {tcp.FIN_WAIT2}, "time-wait": {tcp.TIME_WAIT}, "unconnected": {tcp.CLOSE},
    "closed": {tcp.CLOSE}, "close-wait": {tcp.CLOSE_WAIT}, "last-ack": {tcp.LAST_ACK}, "listening": {tcp.LISTEN}, "listen": {tcp.LISTEN},
    "closing": {tcp.CLOSING}, "all": set(ALL), "connected": ALL - {tcp.CLOSE, tcp.LISTEN}, "synchronized": ALL - {tcp.CLOSE, tcp.LISTEN, tcp.SYN_SENT},
    "bucket": {tcp.SYN_RECV, tcp.TIME_WAIT}, "big": ALL - {tcp.SYN_RECV, tcp.TIME_WAIT},
}  # fmt: skip
COMPARISONS = {"=": "eq", "==": "eq", "eq": "eq", "!=": "ne", "ne": "ne", "neq": "ne", ">": "gt", "gt": "gt", "<": "lt", "lt": "lt",
               ">=": "ge", "ge": "ge", "geq": "ge", "<=": "le", "le": "le", "leq": "le"}  # fmt: skip
CONNECTED = ALL - {tcp.CLOSE, tcp.LISTEN, tcp.TIME_WAIT, tcp.SYN_RECV}


class Wrong(Exception):
    """A filter ss does not take: what it prints, and the status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def state_set(name: str) -> frozenset[int]:
    """The states a name stands for."""
    known = STATES.get(name.lower())
    if known is None:
        raise Wrong(f"ss: wrong state name: {name}\n", 255)
    return frozenset(known)


@attrs.frozen
class Test:
    """One comparison: of a side's port, of its address, or of the device."""

    subject: str
    comparison: str
    value: Any
    port: int | None = None

    def holds(self, sock: Any) -> bool:
        """Whether a socket passes."""
        if self.subject in ("sport", "dport"):
            port = sock.lport if self.subject == "sport" else sock.rport
            return bool(_COMPARE[self.comparison](port, self.value))
        if self.subject == "dev":
            return bool(_COMPARE[self.comparison](sock.bound_dev, self.value))
        address = (sock.laddr if self.subject == "src" else sock.raddr) or (IPv4(0) if sock.family == 2 else IPv6(0))
        port = sock.lport if self.subject == "src" else sock.rport
        fits = self.value is None or (isinstance(address, IPv4) == isinstance(self.value, IPv4Net) and self.value.contains(address))
        if self.port is not None:
            fits = fits and port == self.port
        return bool(fits) == (self.comparison != "ne")


@attrs.frozen
class Both:
    """Both must hold."""

    one: Any
    other: Any

    def holds(self, sock: Any) -> bool:
        """Whether a socket passes."""
        return bool(self.one.holds(sock) and self.other.holds(sock))


@attrs.frozen
class Either:
    """One must hold."""

    one: Any
    other: Any

    def holds(self, sock: Any) -> bool:
        """Whether a socket passes."""
        return bool(self.one.holds(sock) or self.other.holds(sock))


@attrs.frozen
class Not:
    """It must not hold."""

    inner: Any

    def holds(self, sock: Any) -> bool:
        """Whether a socket passes."""
        return not self.inner.holds(sock)


def _eq(one: int, other: int) -> bool:
    return one == other


_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "eq": _eq,
    "ne": int.__ne__,
    "gt": int.__gt__,
    "lt": int.__lt__,
    "ge": int.__ge__,
    "le": int.__le__,
}


@attrs.define
class Reader:
    """Reads an expression from words; `ports` maps a service's name to its number, `devices` a device's to its index."""

    words: list[str]
    ports: Callable[[str], int | None]
    devices: Callable[[str], int | None]
    at: int = 0

    def read(self) -> Any:
        """The whole expression, or None for none."""
        if not self.words:
            return None
        found = self._or()
        if self.at < len(self.words):
            self._bad()
        return found

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _take(self) -> str:
        word = self._peek()
        self.at += 1
        return word

    def _bad(self) -> None:
        raise Wrong(f'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n{_usage()}', 255)

    def _or(self) -> Any:
        found = self._and()
        while self._peek() in ("or", "|", "||"):
            self._take()
            found = Either(found, self._and())
        return found

    def _and(self) -> Any:
        found = self._not()
        while self.at < len(self.words) and self._peek() not in ("or", "|", "||", ")"):
            if self._peek() in ("and", "&", "&&"):
                self._take()
            found = Both(found, self._not())
        return found

    def _not(self) -> Any:
        word = self._peek()
        if word in ("not", "!"):
            self._take()
            return Not(self._not())
        if word == "(":
            self._take()
            found = self._or()
            if self._take() != ")":
                self._bad()
            return found
        return self._test()

    def _test(self) -> Any:
        subject = self._take()
        if subject not in ("src", "dst", "sport", "dport", "dev"):
            self.at -= 1
            return self._host("dst", "eq", self._take())
        comparison = COMPARISONS.get(self._peek(), "")
        if comparison:
            self._take()
        if self.at >= len(self.words):
            self._bad()
        word = self._take()
        if subject in ("sport", "dport"):
            return Test(subject, comparison or "eq", self._port(word))
        if subject == "dev":
            index = self.devices(word)
            if index is None:
                raise Wrong(f'Cannot find device "{word}"\n', 1)
            return Test("dev", comparison or "eq", index)
        return self._host(subject, comparison or "eq", word)

    def _port(self, word: str) -> int:
        name = word.rpartition(":")[2]
        port = self.ports(name)
        if port is None or port > 65535:
            raise Wrong(f'Error: "{name}" does not look like a port.\nCannot parse dst/src address.\n')
        return port

    def _host(self, subject: str, comparison: str, word: str) -> Test:
        host, port = word, None
        if word.startswith("["):
            host, _, rest = word[1:].partition("]")
            port = self._port(rest) if rest.startswith(":") else None
        elif word.count(":") == 1:
            host, _, name = word.partition(":")
            port = self._port(name) if name not in ("", "*") else None
        if host in ("", "*"):
            return Test(subject, comparison, None, port)
        try:
            prefix: Any = IPv6Net.parse(host) if ":" in host else IPv4Net.parse(host)
        except ValueError:
            raise Wrong(f'Error: an inet prefix is expected rather than "{host}".\nCannot parse dst/src address.\n') from None
        return Test(subject, comparison, prefix, port)


def _usage() -> str:
    from netsim.commands.ss.usage import USAGE

    return USAGE
