"""HTTP/1.x messages (RFC 9112)."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from netsim.clock import SECOND


class Malformed(Exception):
    """Bytes that are no HTTP message."""


@attrs.frozen
class Request:
    """A request as a server got it; header names as they came."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return _find(self.headers, name)


@attrs.frozen
class Response:
    """A response; `head` is its text as it came, blank line included."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    version: str = "HTTP/1.1"
    head: str = ""

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return _find(self.headers, name)

    def encode(self) -> bytes:
        """The bytes of the wire."""
        return self.before_body() + self.body

    def before_body(self) -> bytes:
        """The bytes before the body."""
        lines = [f"{self.version} {self.status} {self.reason}", *(f"{name}: {value}" for name, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


def _find(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for known, value in headers if known.lower() == name.lower()), None)


def _headers(lines: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for line in lines:
        name, _, value = line.partition(":")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


def _split_head(data: bytes) -> tuple[list[str], bytes, int] | None:
    for end in (b"\r\n\r\n", b"\n\n"):
        at = data.find(end)
        if at >= 0:
            text = data[:at].decode("utf-8", "surrogateescape")
            return text.replace("\r\n", "\n").split("\n"), data[at + len(end) :], at + len(end)
    return None


def read_request(data: bytes) -> tuple[Request, bytes] | None:
    """The first whole request and what follows it, None while it is incomplete; Malformed."""
    found = _split_head(data)
    if found is None:
        if len(data) > 65536:
            raise Malformed
        return None
    lines, rest, _ = found
    words = lines[0].split()
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise Malformed(lines[0])
    headers = _headers(lines[1:])
    length = _find(headers, "content-length") or "0"
    size = int(length) if length.isdigit() else 0
    if len(rest) < size:
        return None
    return Request(words[0], words[1], words[2], headers, rest[:size]), rest[size:]


def read_head(data: bytes) -> tuple[Response, bytes] | None:
    """A response's head and the bytes after it, None while it is incomplete; Malformed."""
    if not b"HTTP/".startswith(data[:5]) and not data.startswith(b"HTTP/"):
        raise Malformed
    found = _split_head(data)
    if found is None:
        return None
    lines, rest, size = found
    version, _, tail = lines[0].partition(" ")
    status, _, reason = tail.partition(" ")
    if not status.isdigit():
        raise Malformed
    return Response(int(status), reason, _headers(lines[1:]), b"", version, data[:size].decode("utf-8", "surrogateescape")), rest


def http_date(ns: int) -> str:
    """A time of day (ns since 1970) as HTTP writes it."""
    return f"{datetime.fromtimestamp(ns // SECOND, UTC):%a, %d %b %Y %H:%M:%S} GMT"
