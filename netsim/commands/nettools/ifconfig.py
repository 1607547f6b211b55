"""ifconfig (man ifconfig(8))."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from netsim.addr import IPv4
from netsim.commands.nettools import interfaces as shown
from netsim.commands.nettools.names import NO_ERROR, Unresolved, ether, parse6, resolve, split_mask
from netsim.commands.nettools.usage import E_OPTERR, FAMILIES, HARDWARE, RELEASE, ifconfig_usage
from netsim.errors import EBADF, EBUSY, NetError, strerror
from netsim.kernel.core.netdevice import (
    IFF_ALLMULTI,
    IFF_AUTOMEDIA,
    IFF_BROADCAST,
    IFF_DYNAMIC,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_POINTOPOINT,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_UP,
)
from netsim.kernel.rtnl import ioctl
from netsim.machine.call import Call, Result

HELP = "ifconfig: `--help' gives usage information.\n"
RAISED = {
    "-arp": IFF_NOARP, "-trailers": IFF_NOTRAILERS, "promisc": IFF_PROMISC, "multicast": IFF_MULTICAST, "allmulti": IFF_ALLMULTI,
    "up": IFF_UP | IFF_RUNNING, "dynamic": IFF_DYNAMIC,
}  # fmt: skip
LOWERED = {
    "arp": (IFF_NOARP, ""), "trailers": (IFF_NOTRAILERS, ""), "-promisc": (IFF_PROMISC, "promisc"), "-multicast": (IFF_MULTICAST, "MULTICAST"),
    "-allmulti": (IFF_ALLMULTI, "ALLMULTI"), "down": (IFF_UP, ""), "-dynamic": (IFF_DYNAMIC, "DYNAMIC"),
    "-broadcast": (IFF_BROADCAST, "BROADCAST"), "-pointopoint": (IFF_POINTOPOINT, "POINTOPOINT"),
}  # fmt: skip
"""Word -> flag to clear, and what a warning calls it when it stays."""
MEDIA = ("unknown", "10base2", "bnc", "coax", "10baset", "utp", "tpe", "aui", "thick", "db15", "100baset", "100basetx", "100basefx")
WITHOUT_SOCKET = ("ax25", "netrom", "rose", "ipx", "ddp", "ec", "ash", "x25")
UNADDRESSED = ("unix", "ddp", "ec", "ash", "ipx")


class Usage(Exception):
    """The words make no sense: the whole usage, status 3."""


class Fatal(Exception):
    """Nothing more is done, status 1; what is to be said was said."""


@attrs.define(eq=False)
class Ifconfig:
    """One invocation that changes something: words are taken one after the other, errors gather and the rest goes on."""

    call: Call
    name: str
    words: list[str]
    family: str = "inet"
    err: str = ""
    status: int = 0
    had_netmask: bool = False
    late_mask: IPv4 | None = None
    buffer: bytes = bytes(6)
    """Octets that the address buffer of the tool holds, seen where a hardware address is cut short."""

    # helpers -----------------------------------------------------------------------------------------------------------

    def failed(self, text: str, status: int = 1) -> None:
        """Say what went wrong and go on."""
        self.err += text
        self.status |= status

    def argument(self) -> str:
        """The next word; the usage without one."""
        if not self.words:
            raise Usage
        return self.words.pop(0)

    def tried(self, what: str, action: Callable[..., object], *arguments: object) -> bool:
        """Do an ioctl; on an error say `WHAT: reason`."""
        try:
            action(self.call.netns, self.name, *arguments)
        except NetError as error:
            self.failed(f"{what}: {strerror(error.errno)}\n")
            return False
        return True

    def flags(self, doing: str, name: str) -> int | None:
        """The interface's flags, None when they cannot be had."""
        try:
            if self.family in WITHOUT_SOCKET and ":" not in name:
                raise NetError(EBADF)
            return ioctl.get_flags(self.call.netns, name)
        except NetError as error:
            self.err += f"{name}: ERROR while {doing} interface flags: {strerror(error.errno)}\n"
            return None

    def set_flags(self, name: str, flags: int) -> bool:
        """SIOCSIFFLAGS."""
        try:
            ioctl.set_flags(self.call.netns, name, flags)
        except NetError as error:
            self.err += f"SIOCSIFFLAGS: {strerror(error.errno)}\n"
            return False
        return True

    def raise_flag(self, bits: int, name: str = "") -> bool:
        """Set flags; False (and status 255) when it did not work."""
        known = self.flags("getting", name or self.name)
        done = known is not None and self.set_flags(name or self.name, known | bits)
        self.status |= 0 if done else -1
        return done

    def clear_flag(self, bits: int, name: str = "") -> bool:
        """Clear flags."""
        known = self.flags("getting", name or self.name)
        done = known is not None and self.set_flags(name or self.name, known & ~bits)
        self.status |= 0 if done else -1
        return done

    def resolved(self, word: str) -> IPv4 | None:
        """A word as an address; says so when it is none."""
        try:
            address = resolve(self.call, word[:127]).address
        except Unresolved as error:
            self.failed(f"{word}: {error}\n" if word else f"{error}\n")
            return None
        self.buffer = bytes(2) + address.to_bytes(4, "big")
        return address

    # words -------------------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Take all words."""
        if self.words[0] in FAMILIES:
            self.family = self.words.pop(0)
        try:
            while self.words:
                self.word(self.words.pop(0))
        except Usage:
            told = ifconfig_usage(E_OPTERR)
            return Result(told.stdout, self.err + told.stderr, told.status)
        except Fatal:
            return Result("", self.err, 1)
        if self.late_mask is not None:
            self.tried("SIOCSIFNETMASK", ioctl.set_netmask, self.late_mask)
        return Result("", self.err, self.status & 0xFF)

    def word(self, word: str) -> None:
        """One keyword with what belongs to it, or an address."""
        if word in RAISED:
            self.raise_flag(RAISED[word])
        elif word in LOWERED:
            bits, mode = LOWERED[word]
            self.clear_flag(bits)
            if mode and (self.flags("testing", self.name) or 0) & bits:
                self.err += self._still(mode)
        elif word in WORDS:
            WORDS[word](self)
        else:
            self._address(word)

    def _still(self, mode: str) -> str:
        why = "... maybe other application is running?" if mode == "promisc" else "."
        return f"Warning: Interface {self.name} still in {mode} mode{why}\n"

    def media(self) -> None:
        """media, port: no modelled device has a choice."""
        word = self.argument()
        if word.lower() == "auto":
            self.raise_flag(IFF_AUTOMEDIA)
            self.words.insert(0, word)  # the tool takes the word for an address, too
        elif not re.match(r"\s*[+-]?\d+$", word) and word.lower() not in MEDIA:
            self.failed("Unknown media type.\n")
        else:
            self._map("port: ")

    def _map(self, prefix: str) -> None:
        try:
            ioctl.lookup(self.call.netns, self.name)
        except NetError as error:
            self.failed(f"{prefix}SIOCGIFMAP: {strerror(error.errno)}\n")
            return
        self.tried(f"{prefix}SIOCSIFMAP", ioctl.set_map)

    def mtu(self) -> None:
        """mtu NN."""
        self.tried("SIOCSIFMTU", ioctl.set_mtu, atoi(self.argument()))

    def txqueuelen(self) -> None:
        """txqueuelen NN."""
        self.tried("SIOCSIFTXQLEN", ioctl.set_txqlen, atoi(self.argument()))

    def broadcast(self) -> None:
        """broadcast [ADDRESS]."""
        if self.words:
            address = self.resolved(self.words.pop(0))
            if address is None:
                return
            self.tried("SIOCSIFBRDADDR", ioctl.set_broadcast, address)
        self.raise_flag(IFF_BROADCAST)

    def dstaddr(self) -> None:
        """dstaddr ADDRESS."""
        address = self.resolved(self.argument())
        if address is not None:
            self.tried("SIOCSIFDSTADDR", ioctl.set_destination, address)

    def netmask(self) -> None:
        """netmask ADDRESS, once."""
        word = self.argument()
        if self.had_netmask:
            raise Usage
        address = self.resolved(word)
        if address is not None:
            self.had_netmask = True
            self.tried("SIOCSIFNETMASK", ioctl.set_netmask, address)

    def pointopoint(self) -> None:
        """pointopoint [ADDRESS]; a network's name is refused without a reason."""
        if self.words:
            word = self.words.pop(0)
            try:
                found = resolve(self.call, word)
            except Unresolved as error:
                self.failed(f"{word}: {error}\n")
                return
            if found.is_net:
                self.failed(f"{word}: {NO_ERROR}\n")
                return
            self.tried("SIOCSIFDSTADDR", ioctl.set_destination, found.address)
        self.raise_flag(IFF_POINTOPOINT)

    def hw(self) -> None:
        """hw CLASS ADDRESS."""
        kind = self.argument()
        if kind not in HARDWARE:
            raise Usage
        if kind == "loop":
            self.failed(f"hw address type `{kind}' has no handler to set address. failed.\n")
            del self.words[:1]
            return
        word = self.argument()
        if kind != "ether":
            self.failed(f'netsim: "ifconfig hw {kind}" is not modelled\n')
            return
        address = ether(word, self.buffer)
        if address is None:
            self.failed(f"{word}: invalid ether address.\n")
            return
        try:
            ioctl.set_hwaddr(self.call.netns, self.name, address)
        except NetError as error:
            hint = " - you may need to down the interface" if error.errno == EBUSY else ""
            self.failed(f"SIOCSIFHWADDR: {strerror(error.errno)}{hint}\n")

    def rename(self) -> None:
        """name NEWNAME."""
        self.tried("SIOCSIFNAME", ioctl.set_name, self.argument()[: shown.IFNAMSIZ])

    # more addresses ----------------------------------------------------------------------------------------------------

    def add(self) -> None:
        """add ADDRESS[/LENGTH]: an alias, or an IPv6 address."""
        word = self.argument()
        if ":" in word:
            self._change6(word, "SIOCSIFADDR", ioctl.add_address6)
        else:
            self._alias(word, IFF_UP | IFF_RUNNING)

    def delete(self) -> None:
        """del ADDRESS[/LENGTH]; an IPv4 address that is not there is added and left, as the tool does it."""
        word = self.argument()
        if ":" in word:
            self._change6(word, "SIOCDIFADDR", ioctl.del_address6)
        else:
            self._alias(word, 0)

    def tunnel(self) -> None:
        """tunnel ADDRESS: asks sit0."""
        word, _ = self._prefix6(self.argument())
        if parse6(word) is None:
            self.failed(f"{word}: {NO_ERROR}\n")
        elif self.tried("SIOGIFINDEX", ioctl.ifindex_of):
            self.tried("SIOCSIFDSTADDR", _tunnel)

    def _prefix6(self, word: str) -> tuple[str, int]:
        address, slash, text = word.partition("/")
        length = atoi(text) if slash else 128
        if not 0 <= length <= 128:
            raise Usage
        return address, length

    def _change6(self, word: str, what: str, action: Callable[..., None]) -> None:
        text, length = self._prefix6(word)
        address = parse6(text)
        if address is None:
            self.failed(f"{text}: {NO_ERROR}\n")
            return
        try:
            ifindex = ioctl.ifindex_of(self.call.netns, self.name)
        except NetError as error:
            self.failed(f"SIOGIFINDEX: {strerror(error.errno)}\n")
            return
        try:
            action(self.call.netns, ifindex, address, length)
        except NetError as error:
            self.failed(f"{what}: {strerror(error.errno)}\n")

    def _alias(self, word: str, wanted: int) -> None:
        """Turn the alias that has this peer up or down, or else make one (`set_ifstate`); errors of the making are not told."""
        address = self.resolved(word)
        if address is None:
            return
        parent = self._fetched(self.name)
        used = set()
        known = shown.all_names(self.call)
        for name in known if self.name in known else sorted([*known, self.name]):
            ife = self._fetched(name)
            if ife is None or not name.startswith(self.name) or ":" not in name:
                continue
            label = name.partition(":")[2]
            used.add(atoi(label))
            if ife.address is not None and ife.address.peer == address:
                status = self.status
                (self.raise_flag if wanted else self.clear_flag)(wanted or IFF_UP, name)
                self.status = status
                return
        number = next((number for number in range(256) if number not in used), None)
        label = f"{self.name}:{number}"
        if number is not None and len(label) <= shown.IFNAMSIZ:
            self._make(label, address, parent)

    def _make(self, label: str, address: IPv4, parent: shown.Interface | None) -> None:
        like = parent.address if parent is not None else None
        try:
            ioctl.set_address(self.call.netns, label, address)
            ioctl.set_netmask(self.call.netns, label, like.netmask if like is not None else IPv4(0))
            ioctl.set_broadcast(self.call.netns, label, like.broadcast if like is not None else IPv4(0))
        except NetError:
            return
        status = self.status
        self.raise_flag(IFF_BROADCAST, label)
        self.status = status

    def _fetched(self, name: str) -> shown.Interface | None:
        try:
            return shown.fetch(self.call, name)
        except NetError as error:
            self.err += shown.fetch_error(name, error)
            return None

    # the address -------------------------------------------------------------------------------------------------------

    def _address(self, word: str) -> None:
        """Any other word is the interface's address, which also brings it up."""
        if self.family == "inet":
            try:
                word, mask = split_mask(word)
            except ValueError:
                raise Usage from None
            if mask is not None:
                if self.had_netmask:
                    raise Usage
                self.late_mask = mask
            self._set(word)
        elif self.family == "inet6":
            self._refuse6(word)
        elif self.family in UNADDRESSED:
            self.err += "ifconfig: Cannot set address for this protocol family.\n"
            raise Fatal
        else:
            self.err += f'netsim: "ifconfig {self.family}" addresses are not modelled\n'
            raise Fatal

    def _set(self, word: str) -> None:
        address = self.resolved(word)
        if address is None:
            self.err += HELP
            raise Fatal
        self.tried("SIOCSIFADDR", ioctl.set_address, address)
        is_gone = ":" in self.name and (self.name.endswith("-") or not address)
        if not is_gone:
            self.raise_flag(IFF_UP | IFF_RUNNING)

    def _refuse6(self, word: str) -> None:
        if parse6(word) is None:
            self.err += f"getaddrinfo: {word}: -2\n{word}: Unknown host\n" + HELP
        else:
            self.err += "Don't know how to set addresses for family 10.\n"
        raise Fatal


def _private(what: str) -> Callable[[Ifconfig], None]:
    def ask(session: Ifconfig) -> None:
        session.argument()
        session.tried(what, ioctl.private)

    return ask


def _mapped(what: str) -> Callable[[Ifconfig], None]:
    def ask(session: Ifconfig) -> None:
        session.argument()
        session._map(f"{what}: ")

    return ask


def _tunnel(netns: object, name: str) -> None:
    ioctl.set_destination6()


WORDS: dict[str, Callable[[Ifconfig], None]] = {
    "media": Ifconfig.media, "port": Ifconfig.media, "mtu": Ifconfig.mtu, "keepalive": _private("SIOCSKEEPALIVE"),
    "outfill": _private("SIOCSOUTFILL"), "broadcast": Ifconfig.broadcast, "dstaddr": Ifconfig.dstaddr, "netmask": Ifconfig.netmask,
    "txqueuelen": Ifconfig.txqueuelen, "mem_start": _mapped("mem_start"), "io_addr": _mapped("io_addr"), "irq": _mapped("irq"),
    "pointopoint": Ifconfig.pointopoint, "hw": Ifconfig.hw, "add": Ifconfig.add, "del": Ifconfig.delete, "tunnel": Ifconfig.tunnel,
    "name": Ifconfig.rename,
}  # fmt: skip


def atoi(text: str) -> int:
    """The number a word begins with, as atoi(3) reads it; 0 without one."""
    match = re.match(r"\s*[+-]?\d+", text)
    value = int(match[0]) if match else 0
    return (value + 0x80000000) % 0x100000000 - 0x80000000


def show(call: Call, name: str | None, printed: Callable[[shown.Interface], str], must_be: int) -> tuple[str, str, bool]:
    """What `ifconfig` and `netstat -i` print of one interface, or of all that have the flags `must_be`: text, complaints, and whether all went well."""
    out, names = "", [name] if name is not None else shown.all_names(call)
    for known in names:
        try:
            ife = shown.fetch(call, known)
        except NetError as error:
            return out, shown.fetch_error(known, error), False
        if name is not None or ife.flags & must_be == must_be:
            out += printed(ife)
    return out, "", True


def ifconfig(call: Call) -> Result:
    """The ifconfig command."""
    words = list(call.argv[1:])
    must_be, is_short = IFF_UP, False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "-a":
            must_be = 0
        elif word == "-s":
            is_short = True
        elif word in ("-V", "-version", "--version"):
            return Result(RELEASE)
        elif word in ("-?", "-h", "-help", "--help"):
            return ifconfig_usage(0)
        elif word != "-v":
            return Result("", f"ifconfig: option `{word}' not recognised.\n{HELP}", 1)
    if len(words) > 1:
        return Ifconfig(call, words[0][: shown.IFNAMSIZ], words[1:]).run()

    def long(ife: shown.Interface) -> str:
        return shown.long(call, ife)

    out, err, is_fine = show(call, words[0][: shown.IFNAMSIZ] if words else None, shown.short if is_short else long, must_be)
    return Result((shown.IFCONFIG_HEAD if is_short else "") + out, err, 0 if is_fine else 1)
