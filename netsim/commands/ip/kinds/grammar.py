"""How the words behind `type KIND` are read and a kind's options shown (`struct link_util`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.words import Stop, Words, address, invarg, matches, no_device, number
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


@attrs.define(eq=False)
class Reader:
    """One reading: the words, and the data gathered so far by the names the kernel's kind knows."""

    session: Ip
    cursor: Words
    netns: Netns
    data: dict[str, Any] = attrs.field(factory=dict)
    word: str = ""

    def argument(self) -> str:
        """The argument of the key just read."""
        return self.cursor.argument()

    def number(self, what: str, high: int = 0xFFFFFFFF, low: int = 0) -> int:
        """A number, or the complaint `argument ... is wrong: WHAT`."""
        word = self.cursor.argument()
        value = number(word, low, high)
        if value is None:
            raise invarg(what, word)
        return value

    def on_off(self, key: str) -> int:
        """`on` or `off`."""
        word = self.cursor.argument()
        if word not in ("on", "off"):
            raise Stop(f'Error: argument of "{key}" must be "on" or "off", not "{word}"\n', 1)
        return int(word == "on")

    def ifindex(self, status: int = 255) -> int:
        """A device's index by its name."""
        name = self.cursor.argument()
        dev = self.netns.device(name)
        if dev is None:
            raise Stop(no_device(name).stderr, status)
        return dev.ifindex

    def ip(self, family: int = 2) -> IPv4 | IPv6:
        """An address; `any` is 0."""
        word = self.cursor.argument()
        return IPv4(0) if word == "any" else address(word, family)


@attrs.frozen
class Key:
    """A word (any abbreviation of it, unless `exact`) and what reading it does."""

    word: str
    take: Callable[[Reader], None]
    exact: int = 0

    def fits(self, word: str) -> bool:
        """Whether a typed word means this key."""
        return word == self.word if self.exact else matches(word, self.word)


@attrs.frozen
class Setting:
    """Reads nothing and sets an option to a value: `Key("nolearning", Setting("learning", 0))`."""

    name: str
    value: Any

    def __call__(self, reader: Reader) -> None:
        """Set it."""
        reader.data[self.name] = self.value


@attrs.frozen
class Number:
    """Reads a number: `Key("ageing", Number("ageing", "ageing timer"))`."""

    name: str
    what: str
    high: int = 0xFFFFFFFF

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        reader.data[self.name] = reader.number(self.what, self.high)


@attrs.frozen
class OnOff:
    """Reads `on` or `off`."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        reader.data[self.name] = reader.on_off(self.name)


@attrs.frozen
class Choice:
    """Reads one of several words and keeps its place among them."""

    name: str
    words: tuple[str, ...]
    what: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        word = reader.argument()
        if word not in self.words:
            raise invarg(self.what, word)
        reader.data[self.name] = self.words.index(word)


@attrs.frozen
class Unmodelled:
    """Refused by name: what the option does is not modelled. `takes` arguments follow."""

    kind: str

    def __call__(self, reader: Reader) -> None:
        """Refuse."""
        raise Stop(f'netsim: option "{reader.word}" of type {self.kind} is not modelled\n', 1)


@attrs.frozen
class Reported:
    """Accepted, kept for listings, and reported as not modelled. `take` reads it."""

    kind: str
    take: Callable[[Reader], None]

    def __call__(self, reader: Reader) -> None:
        """Read and report."""
        word = reader.word
        self.take(reader)
        reader.netns.kernel.unmodelled.append(f"ip link type {self.kind} {word}")


@attrs.frozen
class Shown:
    """One option as listed: its text, and in JSON its key (none: not shown there) and value."""

    text: str
    key: str = ""
    value: Any = None


Show = Callable[["Ip", NetDevice], Sequence[Shown]]
Parse = Callable[["Ip", Words, Netns], dict[str, Any]]


def nothing_shown(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    """For kinds without options."""
    return ()


@attrs.frozen
class LinkUtil:
    """A kind as iproute2 knows it: reading, showing, helping, and showing the ports of a master of this kind."""

    parse: Parse
    show: Show = nothing_shown
    show_port: Show = nothing_shown


def read(keys: Sequence[Key], reader: Reader, unknown: Callable[[str], Stop]) -> dict[str, Any]:
    """Read words by a table until none is left."""
    cursor = reader.cursor
    while cursor.more():
        word = reader.word = cursor.take()
        key = next((key for key in keys if key.fits(word)), None)
        if key is None:
            raise unknown(word)
        key.take(reader)
    return reader.data


def no_options(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    """For kinds without options."""
    if cursor.more():
        raise Stop(f'Garbage instead of arguments "{cursor.peek()} ...". Try "ip link help".\n', 255)
    return {}


def on_off(value: int) -> str:
    """on or off."""
    return "on" if value else "off"
