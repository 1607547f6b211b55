"""Names and addresses as net-tools turns one into the other: hosts, networks, services, hardware addresses."""

from __future__ import annotations

import re

import attrs

from netsim.addr import MAC, IPv4, IPv6, mask4
from netsim.machine.call import Call
from netsim.machine.hostnames import in_hosts, inet_aton, inet_pton6, name_in_hosts

UNKNOWN, FAILURE, SERVER_ERROR, NO_ERROR = (
    "Unknown host", "Host name lookup failure", "Unknown server error", "Resolver Error 0 (no error)",
)  # fmt: skip
"""What herror(3) says."""
HOST_FIRST = "host"
NET_FIRST = "network"


@attrs.frozen
class Resolved:
    """What a word stands for; `is_net`: it named a network."""

    address: IPv4
    is_net: bool = False


class Unresolved(Exception):
    """A word that stands for nothing; `str()` is what herror prints after the word."""


def networks(call: Call) -> list[tuple[str, IPv4]]:
    """/etc/networks."""
    found = []
    for line in call.proc.read_text("/etc/networks").splitlines():
        words = line.split("#", 1)[0].split()
        address = inet_aton(words[1]) if len(words) > 1 else None
        if address is not None:
            found.append((words[0], address))
    return found


def _host(call: Call, name: str) -> IPv4:
    """gethostbyname(3): without a name server everything that could be a name is a failure, not unknown."""
    for address in in_hosts(call.proc.read_text("/etc/hosts"), name):
        if isinstance(address, IPv4):
            return address
    if not name:
        raise Unresolved(SERVER_ERROR)
    if re.fullmatch(r"[0-9.]+", name) or ":" in name or not re.fullmatch(r"(?!-)[A-Za-z0-9._-]+", name):
        raise Unresolved(UNKNOWN)
    raise Unresolved(FAILURE)


def resolve(call: Call, word: str, prefer: str = NET_FIRST) -> Resolved:
    """A word as an address: `default`, numbers, then names of networks and hosts; Unresolved.

    Where hosts come first, what is printed is the failure of the second look-up, among the networks.
    """
    if word == "default":
        return Resolved(IPv4(0), True)
    address = inet_aton(word)
    if address is not None:
        return Resolved(address)
    known = next((net for name, net in networks(call) if name == word), None)
    if prefer == HOST_FIRST:
        try:
            return Resolved(_host(call, word))
        except Unresolved:
            if known is None:
                raise Unresolved(UNKNOWN) from None
    if known is not None:
        return Resolved(known, True)
    return Resolved(_host(call, word))


def split_mask(word: str) -> tuple[str, IPv4 | None]:
    """`ADDRESS/LENGTH` in two; ValueError for a length that is no number. Lengths count modulo 32, as the tool's shift does."""
    address, slash, text = word.partition("/")
    if not slash:
        return address, None
    match = re.fullmatch(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)", text)
    if text and match is None:
        raise ValueError(text)
    length = 0
    if match is not None:
        digits = match[2]
        length = (
            int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits, 8) if digits[0] == "0" and digits.strip("01234567") == "" else int(digits)
        )
        length = -length if match[1] == "-" else length
    return address, IPv4(mask4(length & 31))


def host_name(call: Call, address: IPv4) -> str:
    """gethostbyaddr(3), or the address."""
    return name_in_hosts(call.proc.read_text("/etc/hosts"), address) or str(address)


def net_name(call: Call, address: IPv4) -> str:
    """getnetbyaddr(3), or the address; trailing zero octets do not count."""
    return next((name for name, net in networks(call) if net == address), str(address))


def ether(text: str, before: bytes = bytes(6)) -> MAC | None:
    """A hardware address as in_ether reads it: up to six octets with or without colons; octets not given stay what the buffer held."""
    octets = bytearray(before)
    rest, count = text, 0
    while rest and count < 6:
        match = re.match(r"[0-9a-fA-F]([0-9a-fA-F]|(?=:)|$)", rest)
        if match is None:
            return None
        octets[count] = int(match[0], 16)
        count += 1
        rest = rest[match.end() :].removeprefix(":")
    return MAC(int.from_bytes(octets, "big"))


def service_name(call: Call, port: int, protocol: str) -> str:
    """getservbyport(3) from /etc/services, last entry first as netstat's list is searched; for `raw` /etc/protocols; or the number."""
    path = "/etc/protocols" if protocol == "raw" else "/etc/services"
    for line in reversed(call.proc.read_text(path).splitlines()):
        words = line.split("#", 1)[0].split()
        if len(words) > 1 and words[1] == (str(port) if protocol == "raw" else f"{port}/{protocol}"):
            return words[0]
    return str(port)


def parse6(text: str) -> IPv6 | None:
    """An IPv6 address in numbers."""
    return inet_pton6(text)
