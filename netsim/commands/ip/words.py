"""Reading iproute2's command lines: its prefix rule, its complaints, its values (`lib/utils.c`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import NetError, strerror
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.link import getlink


class Stop(Exception):
    """The command ends here: text for stderr, exit status, and (rarely) text for stdout."""

    def __init__(self, stderr: str, status: int, stdout: str = "") -> None:
        super().__init__(stderr)
        self.stderr = stderr
        self.status = status
        self.stdout = stdout


def matches(word: str, pattern: str) -> bool:
    """Whether a word abbreviates a pattern (`matches`)."""
    return bool(word) and pattern.startswith(word)


def answers(error: NetError) -> Stop:
    """The kernel refused: its sentence where it gave one, else the errno's text; status 2."""
    if error.extack:
        dot = "" if error.extack.endswith((".", "\n")) else "."
        return Stop(f"Error: {error.extack}{dot}\n", 2)
    return Stop(f"RTNETLINK answers: {strerror(error.errno)}\n", 2)


def incomplete() -> Stop:
    """`Command line is not complete`."""
    return Stop('Command line is not complete. Try option "help"\n', 255)


def invarg(message: str, word: str) -> Stop:
    """A value that cannot be."""
    return Stop(f'Error: argument "{word}" is wrong: {message}\n', 255)


def duparg(key: str, word: str) -> Stop:
    """A key given twice."""
    return Stop(f'Error: duplicate "{key}": "{word}" is the second value.\n', 255)


def duparg2(key: str, word: str) -> Stop:
    """A second device name, or a word nobody knows."""
    return Stop(f'Error: either "{key}" is duplicate, or "{word}" is a garbage.\n', 255)


def no_device(name: str) -> Stop:
    """`Cannot find device`."""
    return Stop(f'Cannot find device "{name}"\n', 1)


@attrs.define(eq=False)
class Words:
    """A cursor over the words of a command."""

    words: Sequence[str]
    at: int = 0

    def more(self) -> bool:
        """Whether words are left."""
        return self.at < len(self.words)

    def peek(self) -> str:
        """The word under the cursor."""
        return self.words[self.at]

    def take(self) -> str:
        """The word under the cursor; moves on."""
        self.at += 1
        return self.words[self.at - 1]

    def argument(self) -> str:
        """The argument of the key just taken (`NEXT_ARG`)."""
        if not self.more():
            raise incomplete()
        return self.take()


def number(word: str, low: int, high: int) -> int | None:
    """A whole number in any C notation within limits, or None."""
    if not re.fullmatch(r"[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", word):
        return None
    value = int(word, 8) if re.fullmatch(r"[+-]?0[0-7]+", word) else int(word, 0)
    return value if low <= value <= high else None


def unsigned(word: str, what: str, high: int = 0xFFFFFFFF) -> int:
    """A number, or `argument ... is wrong`."""
    value = number(word, 0, high)
    if value is None:
        raise invarg(what, word)
    return value


def parse4(text: str) -> IPv4 | None:
    """iproute2's IPv4: up to four decimal parts, missing ones are zero (`get_addr_ipv4`)."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4 or any(not re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", part) for part in parts):
        return None
    values = [
        int(part, 16)
        if part[:2].lower() == "0x"
        else int(part, 8)
        if len(part) > 1 and part[0] == "0" and re.fullmatch("[0-7]+", part)
        else int(part)
        for part in parts
    ]
    if any(value > 255 for value in values):
        return None
    values += [0] * (4 - len(values))
    return IPv4(values[0] << 24 | values[1] << 16 | values[2] << 8 | values[3])


def parse_address(text: str, family: int = 0) -> IPv4 | IPv6 | None:
    """An address of either family, or None."""
    if ":" in text:
        if family == 2:
            return None
        try:
            return IPv6.parse(text)
        except ValueError:
            return None
    if family == 10:
        return None
    return parse4(text)


FAMILY_NAMES = {2: "inet", 10: "inet6", 0: "any valid"}


def address(text: str, family: int = 0) -> IPv4 | IPv6:
    """An address, or the complaint (`get_addr`)."""
    value = parse_address(text, family)
    if value is None:
        raise Stop(f'Error: {FAMILY_NAMES[family]} address is expected rather than "{text}".\n', 1)
    return value


@attrs.frozen
class Prefix:
    """An address with the length typed after it; `is_bare` without one. `address` None is `default` or `any`."""

    address: IPv4 | IPv6 | None
    length: int
    is_bare: bool
    family: int


def prefix(text: str, family: int = 0) -> Prefix:
    """`ADDR[/LEN]`, `default`, `any` or `all` (`get_prefix`)."""
    if text in ("default", "any", "all"):
        return Prefix(None, 0, False, family)
    body, slash, suffix = text.partition("/")
    value = parse_address(body, family)
    length = None
    if value is not None:
        longest = 32 if isinstance(value, IPv4) else 128
        length = longest if not slash else _length(suffix, longest, value)
    if value is None or length is None:
        raise Stop(f'Error: {FAMILY_NAMES[family]} prefix is expected rather than "{text}".\n', 1)
    return Prefix(value, length, not slash, 2 if isinstance(value, IPv4) else 10)


def _length(suffix: str, longest: int, value: IPv4 | IPv6) -> int | None:
    plain = number(suffix, 0, longest)
    if plain is not None:
        return plain
    if isinstance(value, IPv4) and suffix.count(".") == 3:
        mask = parse4(suffix)
        if mask is not None:
            ones = bin(mask).count("1")
            if int(mask) == (0xFFFFFFFF << (32 - ones)) & 0xFFFFFFFF:
                return ones
    return None


def check_name(name: str) -> bool:
    """Whether iproute2 takes a word for a device name (`check_ifname`); the kernel may be stricter."""
    return bool(name) and len(name) < 16 and not any(letter in "/" or letter.isspace() for letter in name)


def check_altname(name: str) -> bool:
    """Whether a word may be a name or an alternative name, which is longer (`check_altifname`)."""
    return bool(name) and len(name) < 128 and not any(letter in "/" or letter.isspace() for letter in name)


def ll_name_to_index(netns: Netns, name: str) -> NetDevice | None:
    """The device a name means: its name or alternative name, the same with an address's label behind it (`eth0:1`), or `ifN`.

    The kernel's old call for the index cuts the label off (`dev_ioctl`), and iproute2 asks it last.
    """
    dev = getlink(netns, name)
    if dev is None and ":" in name:
        dev = getlink(netns, name.partition(":")[0])
    if dev is None and re.fullmatch(r"if\d+", name):
        dev = netns.devices.get(int(name[2:]))
    return dev


def device(netns: Netns, name: str) -> NetDevice:
    """A device by what iproute2 takes for its name; `Cannot find device`."""
    dev = ll_name_to_index(netns, name)
    if dev is None:
        raise no_device(name)
    return dev
