"""Protocols above IP by name and number, as iproute2 takes and tells them (`inet_proto_a2n`, `inet_proto_n2a`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.words import invarg

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def _known(session: Ip) -> dict[str, int]:
    """Names and other names of /etc/protocols."""
    found: dict[str, int] = {}
    for line in session.call.proc.read_text("/etc/protocols").splitlines():
        words = line.partition("#")[0].split()
        if len(words) > 1 and words[1].isdecimal():
            for name in (words[0], *words[2:]):
                found.setdefault(name, int(words[1]))
    return found


def inet_proto_a2n(session: Ip, text: str) -> int:
    """A number up to 255, or a name; refuses anything else as `ipproto` does."""
    parsed = int(text) if text.isascii() and text.isdecimal() and int(text) < 256 else _known(session).get(text)
    if parsed is None:
        raise invarg('Invalid "ipproto" value\n', text)
    return parsed


def inet_proto_n2a(session: Ip, value: int) -> str:
    """The name of a protocol; with -N, or where it has none, its number."""
    if session.style.numeric:
        return f"ipproto-{value}"
    return next((name for name, known in _known(session).items() if known == value), f"ipproto-{value}")
