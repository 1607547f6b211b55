"""Names to addresses and back as programs ask for them: getaddrinfo(3) and getnameinfo(3) over numeric forms and /etc/hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.machine.hostnames import in_hosts, inet_aton, inet_pton6, name_in_hosts

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.process import Process

WRONG_FAMILY = "Address family for hostname not supported"
NO_NAME = "Name or service not known"
NO_SERVER = "Temporary failure in name resolution"
DIGITS_AND_DOTS = frozenset("0123456789.")


def getaddrinfo(proc: Process, word: str, family: int) -> list[IPv4 | IPv6] | str:
    """The addresses a word means in the order tried, or what getaddrinfo says; `family` is 4, 6 or 0 for both."""
    numeric: IPv4 | IPv6 | None = inet_aton(word)
    if numeric is None and ":" in word:
        numeric = inet_pton6(word.partition("%")[0])
    if numeric is not None:
        return [numeric] if family in (0, 4 if isinstance(numeric, IPv4) else 6) else WRONG_FAMILY
    if is_unaskable(word, int(family == 4)):
        return NO_NAME
    wanted = {4: (IPv4,), 6: (IPv6,)}.get(family, (IPv4, IPv6))
    named = [address for address in in_hosts(proc.read_text("/etc/hosts"), word) if isinstance(address, wanted)]
    return named or NO_SERVER


def is_unaskable(word: str, only_ipv4: int) -> bool:
    """Whether a word is no name that servers would be asked for: blanks, or an empty part in front of others (`res_hnok`).

    Where only IPv4 is asked for and no canonical name, figures and dots that are no address are none either (`__nss_hostname_digits_dots`).
    """
    if not word or word[0] == "." or ".." in word or any(letter.isspace() for letter in word):
        return True
    return bool(only_ipv4) and word[-1] != "." and DIGITS_AND_DOTS.issuperset(word)


def zone_of(proc: Process, word: str) -> int:
    """The index of the device that a word names after `%`, by name or number; 0 without one (`sin6_scope_id`)."""
    _, percent, zone = word.partition("%")
    if not percent or ":" not in word:
        return 0
    dev = proc.netns.device(zone)
    return dev.ifindex if dev is not None else int(zone) if zone.isdigit() else 0


def zoned(netns: Netns, address: IPv4 | IPv6, ifindex: int) -> str:
    """An address as text, a link-local one with the name of its device (`getnameinfo`)."""
    dev = netns.devices.get(ifindex)
    if dev is None or not isinstance(address, IPv6) or not (address.is_linklocal or address.is_linklocal_multicast):
        return str(address)
    return f"{address}%{dev.name}"


def name_of(proc: Process, address: IPv4 | IPv6) -> str | None:
    """The name an address has, None when it has none or nobody can be asked."""
    return name_in_hosts(proc.read_text("/etc/hosts"), address)
