"""Reading the command lines of BusyBox's ip: keywords, prefixes and complaints (`libiproute/utils.c`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.names import NAMES
from netsim.commands.ip.words import number, parse4
from netsim.errors import NetError, strerror
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.link import getlink
from netsim.machine.call import Call, Result
from netsim.programs.busybox.applet import Die

AF_INET, AF_INET6, AF_PACKET = 2, 10, 17
MOST = 0xFFFFFFFF
TABLES = {"unspec": 0, "default": 253, "main": 254, "local": 255}
TABLE_NAMES = {number_: name for name, number_ in TABLES.items()}


@attrs.define(eq=False)
class Ip:
    """One command of ip: the namespace it works on, the family preferred, what it printed, and the status of its own complaints."""

    call: Call
    netns: Netns
    words: Sequence[str] = ()
    at: int = 0
    family: int = 0
    newline: str = "\n"
    status: int = 1
    has_states: int = 0
    out: list[str] = attrs.field(factory=list)

    def more(self) -> bool:
        """Whether words are left."""
        return self.at < len(self.words)

    def take(self) -> str:
        """The next word."""
        self.at += 1
        return self.words[self.at - 1]

    def argument(self) -> str:
        """The argument of the keyword just taken (`NEXT_ARG`)."""
        if not self.more():
            raise self.fail('command line is not complete, try "help"')
        return self.take()

    def print(self, text: str) -> None:
        """Add to standard output."""
        self.out.append(text)

    def fail(self, message: str, status: int = 0) -> Die:
        """It ends with a complaint; what was printed before stays."""
        return Die(Result("".join(self.out), f"ip: {message}\n", status or self.status))

    def wrong(self, word: str, what: str) -> Die:
        """A value that cannot be (`invarg_1_to_2`)."""
        return self.fail(f"invalid argument '{word}' to '{what}'")

    def twice(self, key: str, word: str) -> Die:
        """A second value (`duparg2`)."""
        return self.fail(f'either "{key}" is duplicate, or "{word}" is garbage')

    def repeated(self, key: str, word: str) -> Die:
        """A keyword again (`duparg`)."""
        return self.fail(f'duplicate "{key}": "{word}" is the second value')

    def answers(self, error: NetError) -> Die:
        """The kernel refused; status 2 always."""
        return self.fail(f"RTNETLINK answers: {strerror(error.errno)}", 2)


def keyword(word: str, keywords: Sequence[str]) -> str:
    """The first keyword that the word begins, "" when there is none (`index_in_substrings`)."""
    return next((known for known in keywords if known.startswith(word)), "") if word else ""


def device(ip: Ip, name: str) -> NetDevice:
    """A device by name (`xll_name_to_index`)."""
    dev = getlink(ip.netns, name)
    if dev is None:
        raise ip.fail(f"can't find device '{name}'")
    return dev


def device_name(ip: Ip, ifindex: int) -> str:
    """A device's name, `ifN` for one that lives elsewhere (`ll_index_to_name`)."""
    dev = ip.netns.devices.get(ifindex)
    return dev.name if dev is not None else "*" if not ifindex else f"if{ifindex}"


@attrs.frozen
class Prefix:
    """A prefix as the messages carry it: `address` None has no bytes, `family` 0 says nothing."""

    family: int
    address: IPv4 | IPv6 | None
    length: int


def _parsed(word: str, family: int) -> IPv4 | IPv6 | None:
    if ":" in word:
        try:
            return IPv6.parse(word) if family in (0, AF_INET6) else None
        except ValueError:
            return None
    return parse4(word) if family in (0, AF_INET) else None


def address(ip: Ip, word: str, family: int) -> IPv4 | IPv6:
    """A single address (`get_addr`)."""
    _in_context(ip, word, family, "address")
    if word in ("default", "any", "all"):
        return IPv6(0) if family == AF_INET6 else IPv4(0)
    value = _parsed(word, family)
    if value is None:
        raise ip.fail(f'an inet address is expected rather than "{word}"')
    return value


def _in_context(ip: Ip, word: str, family: int, what: str) -> None:
    if family == AF_PACKET:
        raise ip.fail(f'"{word}" may be inet {what}, but it is not allowed in this context')


def prefix(ip: Ip, word: str, family: int) -> Prefix:
    """`ADDR[/LEN]`, `default`, `any` or `all`; what is no address goes on as one without bytes, as in the real one (`get_prefix`)."""
    _in_context(ip, word, family, "prefix")
    if word in ("default", "any", "all"):
        return Prefix(family, None, 0)
    body, slash, suffix = word.partition("/")
    value = _parsed(body, family)
    if value is None:
        return Prefix(AF_INET6 if ":" in body else AF_INET, None, 0)
    longest = 32 if isinstance(value, IPv4) else 128
    length = longest if not slash else _length(ip, suffix, longest, body)
    return Prefix(AF_INET if isinstance(value, IPv4) else AF_INET6, value, length)


def _length(ip: Ip, suffix: str, longest: int, body: str) -> int:
    plain = number(suffix, 0, longest) if suffix else 0
    if plain is not None:
        return plain
    mask = parse4(suffix)
    ones = bin(mask).count("1") if mask is not None else 0
    if mask is None or int(mask) != (MOST << (32 - ones)) & MOST:
        raise ip.fail(f'an inet prefix is expected rather than "{body}"')
    return ones


def whole(ip: Ip, word: str, what: str, most: int = MOST) -> int:
    """A number in any C notation (`get_unsigned`)."""
    value = number(word, 0, most)
    if value is None:
        raise ip.wrong(word, what)
    return value


def named(ip: Ip, kind: str, word: str, what: str) -> int:
    """A scope, protocol or type by name or number up to 255."""
    value = next((number_ for number_, name in NAMES[kind].items() if name == word), None)
    return whole(ip, word, what, 255) if value is None else value


def table(ip: Ip, word: str, what: str = "table") -> int:
    """A table by name or number."""
    return TABLES[word] if word in TABLES else whole(ip, word, what)


def table_name(number_: int) -> str:
    """A table's name or number."""
    return TABLE_NAMES.get(number_, str(number_))


def name_in(kind: str, value: int) -> str:
    """The name of a scope, protocol or type."""
    return NAMES[kind].get(value, str(value))


Handler = Callable[[Ip], None]
