"""`route add` and `route del` for IPv4."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4
from netsim.commands.nettools.ifconfig import atoi
from netsim.commands.nettools.names import HOST_FIRST, NET_FIRST, Unresolved, resolve, split_mask
from netsim.commands.nettools.usage import E_LOOKUP, E_OPTERR, E_SOCK, INET_ROUTE
from netsim.errors import NetError, strerror
from netsim.kernel.rtnl.ioctl_route import RTF_GATEWAY, RTF_HOST, RTF_IRTT, RTF_MSS, RTF_REJECT, RTF_WINDOW, RouteEntry, add_route, delete_route
from netsim.machine.call import Call, Result

RTF_UP, RTF_REINSTATE, RTF_DYNAMIC, RTF_MODIFIED = 0x1, 0x8, 0x10, 0x20
MARKS = {"reject": RTF_REJECT, "mod": RTF_MODIFIED, "dyn": RTF_DYNAMIC, "reinstate": RTF_REINSTATE}


class Refused(Exception):
    """Nothing is sent to the kernel: `result` is what the tool says."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.result = Result("", text, status)


def _usage(text: str = "") -> Refused:
    return Refused(text + INET_ROUTE, E_OPTERR)


@attrs.define(eq=False)
class Words:
    """The words after `add` or `del`, and what they said so far."""

    call: Call
    words: list[str]
    dst: IPv4 = IPv4(0)
    mask: IPv4 = IPv4(0)
    mask_text: str = "default"
    gateway: IPv4 | None = None
    flags: int = 0
    metric: int = 0
    device: str | None = None
    mss: int = 0
    window: int = 0
    irtt: int = 0

    def argument(self) -> str:
        """The next word; the usage without one."""
        if not self.words:
            raise _usage()
        return self.words.pop(0)

    def target(self) -> None:
        """[-net|-host] TARGET[/LENGTH]."""
        kind = self.words.pop(0) if self.words[0] in ("#net", "#host") else ""
        word = self.argument()[:127]
        try:
            word, mask = split_mask(word)
        except ValueError:
            raise _usage() from None
        if mask is not None:
            self.mask, self.mask_text = mask, f"/{word}"
        try:
            found = resolve(self.call, word, HOST_FIRST if kind == "#host" else NET_FIRST)
        except Unresolved as error:
            raise Refused(f"{word}: {error}\n", E_LOOKUP) from None
        self.dst = found.address
        is_net = {"#net": True, "#host": False}.get(kind, found.is_net)
        self.flags = RTF_UP | (0 if is_net else RTF_HOST)

    def option(self, word: str) -> None:
        """One keyword with what belongs to it, or the device's name as the last word."""
        if word == "metric":
            value = self.argument()
            if not value[:1].isdigit():
                raise _usage()
            self.metric = atoi(value) + 1
        elif word == "netmask":
            self._netmask()
        elif word in ("gw", "gateway"):
            self._gateway()
        elif word in ("mss", "mtu"):
            self.mss = atoi(self.argument())
            self.flags |= RTF_MSS
            if not 64 <= self.mss <= 65536:
                raise _usage("route: Invalid MSS/MTU.\n")
        elif word == "window":
            self.window = atoi(self.argument())
            self.flags |= RTF_WINDOW
            if self.window < 128:
                raise _usage("route: Invalid window.\n")
        elif word == "irtt":
            self.irtt = atoi(self.argument())
            self.flags |= RTF_IRTT
        elif word in MARKS:
            self.flags |= MARKS[word]
        else:
            self._device(word)

    def _netmask(self) -> None:
        word = self.argument()
        if self.mask:
            raise _usage()
        self.mask_text = word
        try:
            self.mask = resolve(self.call, word).address
        except Unresolved as error:
            raise Refused(f"{word}: {error}\n", E_LOOKUP) from None

    def _gateway(self) -> None:
        word = self.argument()
        if self.flags & RTF_GATEWAY:
            raise _usage()
        try:
            found = resolve(self.call, word, HOST_FIRST)
        except Unresolved as error:
            raise Refused(f"{word}: {error}\n", E_LOOKUP) from None
        if found.is_net:
            raise _usage(f"route: {word}: cannot use a NETWORK as gateway!\n")
        self.gateway = found.address
        self.flags |= RTF_GATEWAY

    def _device(self, word: str) -> None:
        if self.device is not None:
            raise _usage()
        if word in ("dev", "device"):
            self.device = self.argument()
            return
        self.device = word
        if self.words:
            raise _usage()

    def checked(self) -> None:
        """What the tool itself finds fault with."""
        if not self.mask:
            return
        host = ~int(self.mask) & 0xFFFFFFFF
        if self.flags & RTF_HOST and self.mask != 0xFFFFFFFF:
            raise _usage(f"route: netmask {host:08x} doesn't make sense with host route\n")
        if host & (host + 1):
            raise _usage(f"route: bogus netmask {self.mask_text}\n")
        if self.dst & host:
            raise _usage("route: netmask doesn't match route address\n")


def set_route(call: Call, action: str, words: list[str]) -> Result:
    """Add or delete a route."""
    said = Words(call, list(words))
    try:
        said.target()
        while said.words:
            said.option(said.words.pop(0))
        said.checked()
    except Refused as refused:
        return refused.result
    device = said.device or ("lo" if said.flags & RTF_REJECT else None)
    entry = RouteEntry(said.dst, said.mask, said.gateway, said.flags, said.metric, device, said.mss, said.window, said.irtt)
    try:
        (add_route if action == "add" else delete_route)(call.netns, entry)
    except NetError as error:
        return Result("", f"{'SIOCADDRT' if action == 'add' else 'SIOCDELRT'}: {strerror(error.errno)}\n", E_SOCK)
    return Result()
