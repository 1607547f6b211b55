"""ifconfig of BusyBox: shows interfaces and changes them by ioctls, one word after the other (networking/ifconfig.c, interface.c)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.commands.nettools.interfaces import LONG_FLAGS, UNITS, Interface, all_names, fetch
from netsim.commands.nettools.names import Unresolved, resolve
from netsim.errors import ENODEV, EOPNOTSUPP, NetError, strerror
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_ALLMULTI,
    IFF_BROADCAST,
    IFF_DYNAMIC,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_POINTOPOINT,
    IFF_PROMISC,
    IFF_UP,
)
from netsim.kernel.rtnl import ioctl
from netsim.machine.call import Call, Result
from netsim.programs.busybox.applet import die, die_errno, ended, usage

APPLET = "ifconfig"
FLAGS = {
    "up": IFF_UP, "promisc": IFF_PROMISC, "allmulti": IFF_ALLMULTI, "multicast": IFF_MULTICAST, "dynamic": IFF_DYNAMIC, "arp": IFF_NOARP,
    "trailers": IFF_NOTRAILERS,
}  # fmt: skip
INVERTED = (IFF_NOARP, IFF_NOTRAILERS)
SCOPES = {0x10: "Host", 0x20: "Link", 0x40: "Site", 0x00: "Global", 0x80: "Compat"}
TITLES = {ARPHRD_ETHER: "Ethernet", 772: "Local Loopback", 768: "IPIP Tunnel", 776: "IPv6-in-IPv4", 778: "UNSPEC"}


def ifconfig(call: Call) -> Any:
    """ifconfig (BusyBox)."""
    return ended(_ifconfig, call)


def _ifconfig(call: Call) -> Result:
    words = list(call.argv[1:])
    shows_all = words[:1] == ["-a"]
    words = words[shows_all:]
    if len(words) > 1:
        return Change(call, words[0][:15], words[1:]).run()
    names = [words[0]] if words else all_names(call)
    out = ""
    for name in names:
        try:
            found = fetch(call, name)
        except NetError as error:
            reason = "Device not found" if error.errno == ENODEV else strerror(error.errno)
            raise die(APPLET, f"{name}: error fetching interface information: {reason}") from None
        if words or shows_all or found.flags & IFF_UP:
            out += paragraph(call, found)
    return Result(out)


# showing ---------------------------------------------------------------------------------------------------------------


def paragraph(call: Call, ife: Interface) -> str:
    """One interface (`ife_print`)."""
    text = f"{ife.name:<9.9s} Link encap:{TITLES.get(ife.type, 'UNSPEC')}  "
    text += f"HWaddr {str(ife.hwaddr).upper()}  \n" if ife.type == ARPHRD_ETHER else "\n"
    if ife.address is not None:
        text += f"          inet addr:{ife.address.local} "
        text += f" P-t-P:{ife.address.peer} " if ife.flags & IFF_POINTOPOINT else ""
        text += f" Bcast:{ife.address.broadcast} " if ife.flags & IFF_BROADCAST else ""
        text += f" Mask:{ife.address.netmask}\n"
    text += _inet6(call, ife.name)
    words = " ".join(word for bit, word in LONG_FLAGS if ife.flags & bit)
    text += f"          {words or '[NO FLAGS]'}  MTU:{ife.mtu}  Metric:1\n"
    if ife.stats is not None:
        rx, tx = ife.stats[:8], ife.stats[8:]
        text += f"          RX packets:{rx[1]} errors:{rx[2]} dropped:{rx[3]} overruns:{rx[4]} frame:{rx[5]}\n"
        text += f"          TX packets:{tx[1]} errors:{tx[2]} dropped:{tx[3]} overruns:{tx[4]} carrier:{tx[6]}\n"
        text += f"          collisions:{tx[5]} txqueuelen:{ife.tx_queue_len} \n"
        text += f"          RX bytes:{rx[0]} ({_size(rx[0])})  TX bytes:{tx[0]} ({_size(tx[0])})\n"
    return text + "\n"


def _inet6(call: Call, name: str) -> str:
    text = ""
    for line in call.proc.read_text("/proc/net/if_inet6").splitlines():
        address, _, length, scope, _, device = line.split()
        if device == name:
            text += f"          inet6 addr: {IPv6(int(address, 16))}/{int(length, 16)} Scope:{SCOPES.get(int(scope, 16) & 0xF0, 'Unknown')}\n"
    return text


def _size(count: int) -> str:
    for unit, name in UNITS:
        if count >= unit:
            tenths = count * 10 // unit
            return f"{tenths // 10}.{tenths % 10} {name}"
    return f"{count}.0 B"


# changing --------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Change:
    """One command that changes `name`; the first failure ends it."""

    call: Call
    name: str
    words: list[str]
    raises: int = 0
    """Whether the interface is to be brought up at the end, as after a new address."""

    def run(self) -> Result:
        """Word by word; an address brings the interface up."""
        while self.words:
            word = self.words.pop(0)
            negated = word.startswith("-") and len(word) > 1
            plain = word[1:] if negated else word
            if plain in FLAGS or plain == "down":
                self._flag(plain, int(negated))
            elif plain in TAKING and (not negated or plain in ("broadcast", "pointopoint")):
                TAKING[plain](self, int(negated))
            else:
                self._address(word)
        if self.raises:
            self._set_flags(IFF_UP, 0)
        return Result()

    def argument(self) -> str:
        """The next word; the usage without one."""
        if not self.words:
            raise usage(APPLET)
        return self.words.pop(0)

    def ask(self, request: str, act: Callable[..., Any], *arguments: Any) -> Any:
        """One ioctl; what it fails with ends the command."""
        try:
            return act(self.call.netns, self.name, *arguments)
        except NetError as error:
            raise die_errno(APPLET, request, error) from None

    def _set_flags(self, add: int, clear: int) -> None:
        flags = self.ask("SIOCGIFFLAGS", ioctl.get_flags)
        self.ask("SIOCSIFFLAGS", ioctl.set_flags, (flags | add) & ~clear)

    def _flag(self, word: str, negated: int) -> None:
        bit = FLAGS.get(word, IFF_UP)
        on = bool(negated) == (word == "down" or bit in INVERTED)
        self.raises = 0 if bit == IFF_UP else self.raises
        self._set_flags(bit if on else 0, 0 if on else bit)

    def _host(self, word: str) -> IPv4:
        try:
            return resolve(self.call, word, "host").address
        except Unresolved:
            raise die(APPLET, f"bad address '{word}'") from None

    def _address(self, word: str) -> None:
        address = IPv4(0) if word == "default" else self._host(word)
        self.ask("SIOCSIFADDR", ioctl.set_address, address)
        self.raises = 1

    def mtu(self, negated: int) -> None:
        """mtu N."""
        self.ask("SIOCSIFMTU", ioctl.set_mtu, _number(self.argument()))

    def txqueuelen(self, negated: int) -> None:
        """txqueuelen N."""
        self.ask("SIOCSIFTXQLEN", ioctl.set_txqlen, _number(self.argument()))

    def metric(self, negated: int) -> None:
        """metric N: no kernel of today has it."""
        self.argument()
        self.ask("SIOCSIFMETRIC", _no_metric)

    def netmask(self, negated: int) -> None:
        """netmask MASK."""
        self.ask("SIOCSIFNETMASK", ioctl.set_netmask, self._host(self.argument()))

    def dstaddr(self, negated: int) -> None:
        """dstaddr ADDRESS."""
        self.ask("SIOCSIFDSTADDR", ioctl.set_destination, self._host(self.argument()))

    def broadcast(self, negated: int) -> None:
        """[-]broadcast [ADDRESS]."""
        if self.words and not negated:
            self.ask("SIOCSIFBRDADDR", ioctl.set_broadcast, self._host(self.argument()))
        self._set_flags(0 if negated else IFF_BROADCAST, IFF_BROADCAST if negated else 0)

    def pointopoint(self, negated: int) -> None:
        """[-]pointopoint [ADDRESS]."""
        if self.words and not negated:
            self.ask("SIOCSIFDSTADDR", ioctl.set_destination, self._host(self.argument()))
        self._set_flags(0 if negated else IFF_POINTOPOINT, IFF_POINTOPOINT if negated else 0)

    def hw(self, negated: int) -> None:
        """hw ether ADDRESS."""
        if self.argument() != "ether":
            raise usage(APPLET)
        word = self.argument()
        try:
            address = MAC.parse(word)
        except ValueError:
            raise die(APPLET, f"invalid hw-addr {word}") from None
        self.ask("SIOCSIFHWADDR", ioctl.set_hwaddr, address)

    def add(self, negated: int) -> None:
        """add ADDRESS[/LENGTH]: an IPv6 address; an IPv4 one replaces the interface's own."""
        if self.words and ":" not in self.words[0]:
            self._address(self.words.pop(0))
            return
        self._address6("SIOCSIFADDR", ioctl.add_address6)

    def delete(self, negated: int) -> None:
        """del ADDRESS/LENGTH: an IPv6 address."""
        self._address6("SIOCDIFADDR", ioctl.del_address6)

    def _address6(self, request: str, act: Callable[..., None]) -> None:
        word = self.argument()
        body, slash, length = word.partition("/")
        try:
            address = IPv6.parse(body)
        except ValueError:
            raise die(APPLET, f"bad address '{body}'") from None
        if slash and (not length.isdigit() or int(length) > 128):
            raise die(APPLET, f"number {length} is not in 0..128 range" if length.isdigit() else f"invalid number '{length}'")
        ifindex = self.ask("SIOCGIFINDEX", ioctl.ifindex_of)
        try:
            act(self.call.netns, ifindex, address, int(length) if slash else 0)
        except NetError as error:
            raise die_errno(APPLET, request, error) from None

    def private(self, negated: int) -> None:
        """keepalive, outfill, mem_start, io_addr, irq: no device of ours has any."""
        self.argument()
        self.ask("SIOCDEVPRIVATE", ioctl.private)


TAKING: dict[str, Callable[[Change, int], None]] = {
    "mtu": Change.mtu, "txqueuelen": Change.txqueuelen, "metric": Change.metric, "netmask": Change.netmask, "dstaddr": Change.dstaddr,
    "broadcast": Change.broadcast, "pointopoint": Change.pointopoint, "hw": Change.hw, "add": Change.add, "del": Change.delete,
    "keepalive": Change.private, "outfill": Change.private, "mem_start": Change.private, "io_addr": Change.private, "irq": Change.private,
}  # fmt: skip


def _number(word: str) -> int:
    """strtoul(3): what is no number counts as 0."""
    return int(word) if word.isdigit() else 0


def _no_metric(netns: object, name: str) -> None:
    ioctl.lookup(netns, name)  # type: ignore[arg-type]
    raise NetError(EOPNOTSUPP)
