"""What a word means as an address, before any name server is asked: numeric forms and /etc/hosts (getaddrinfo(3), inet_aton(3))."""

from __future__ import annotations

import re

from netsim.addr import IPv4, IPv6

_PART = r"(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)"
_NUMBERS = re.compile(rf"{_PART}(\.{_PART}){{0,3}}")


def inet_aton(text: str) -> IPv4 | None:
    """An IPv4 address in any of the forms inet_aton(3) takes (`127.1`, `0x7f000001`, octal parts), or None."""
    try:
        return IPv4.parse(text)  # four decimal numbers, as one types it
    except ValueError:
        pass
    if not _NUMBERS.fullmatch(text):
        return None
    numbers = [
        int(part, 16) if part[:2].lower() == "0x" else int(part, 8) if part[0] == "0" and len(part) > 1 else int(part) for part in text.split(".")
    ]
    *heads, last = numbers
    if any(head > 255 for head in heads) or last >= 1 << (8 * (4 - len(heads))):
        return None
    value = last
    for place, head in enumerate(heads):
        value |= head << (24 - 8 * place)
    return IPv4(value)


def inet_pton6(text: str) -> IPv6 | None:
    """An IPv6 address, or None; a `%zone` is not part of it."""
    try:
        return IPv6.parse(text)
    except ValueError:
        return None


def in_hosts(text: str, name: str) -> list[IPv4 | IPv6]:
    """The addresses `/etc/hosts`, whose text is given, lists for a name, in order."""
    found: list[IPv4 | IPv6] = []
    wanted = name.lower().rstrip(".")
    if wanted not in text.lower():
        return found
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) > 1 and wanted in [word.lower() for word in words[1:]]:
            address = inet_aton(words[0]) if ":" not in words[0] else inet_pton6(words[0])
            if address is not None:
                found.append(address)
    return found


def name_in_hosts(text: str, address: IPv4 | IPv6 | str) -> str | None:
    """The first name `/etc/hosts`, whose text is given, has for an address (`gethostbyaddr`)."""
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) > 1 and words[0] == str(address):
            return words[1]
    return None
