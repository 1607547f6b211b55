"""ping over IPv6: the checks before the first probe (`ping6_run`)."""

from __future__ import annotations

import re
from typing import Any

from netsim.addr import IPV6_ANY, IPV6_LOOPBACK, IPv6
from netsim.errors import NetError, strerror
from netsim.machine.call import Call
from netsim.machine.hostnames import inet_pton6, name_in_hosts
from netsim.programs.ping.options import Options

AF_INET6, SOCK_DGRAM, SOCK_RAW, ICMPV6 = 10, 2, 3, 58
DISCOVER = {"do": 2, "want": 1, "dont": 0}


class Refused(Exception):
    """ping ends before it began, with this complaint."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Setup6:
    """What ping worked out: its socket, the addresses, and what it will print first."""

    def __init__(self, call: Call, options: Options, word: str, target: IPv6, numeric: int) -> None:
        self.call, self.options, self.word = call, options, word
        self.target = target
        self.warnings = options.warnings
        self.names: dict[str, str] = {}
        self.source: IPv6 = IPV6_ANY
        self.fd = call.proc.ping_socket(AF_INET6)
        self.sock = call.proc.sock(self.fd)
        if not numeric and "n" not in options.flags:
            self.names[str(target)] = options.name or name_in_hosts(call.proc.read_text("/etc/hosts"), target) or word

    def prepare(self) -> None:
        """Zone, device, source and options, in ping's order."""
        options, sock = self.options, self.sock
        own = inet_pton6(options.interface) if options.interface else None
        device = options.interface if options.interface and own is None else ""
        zone = self._zone()
        if device:
            if self.call.netns.device(device) is None:
                raise Refused(f"unknown iface: {device}")
            sock.bind_to_device(device)
        elif zone:
            sock.bound_dev = zone
        scoped = self.target.is_linklocal or self.target.is_linklocal_multicast
        if own is not None:
            self.source = own
        elif not scoped:
            self.source = self._probed(device)
        if device and own is None and not self._is_on(device):
            self.warnings += f"{self.options.program}: Warning: source address might be selected on device other than: {device}\n"
        self._bind(own)
        sock.tos, sock.mark, sock.recverr = options.tos, options.mark or 0, 1
        if options.ttl is not None:
            sock.ttl = sock.multicast_ttl = options.ttl
        if options.discover:
            sock.pmtudisc = DISCOVER[options.discover]
        if options.flow:
            sock.flowlabel = options.flow
        if "L" in options.flags:
            sock.multicast_loop = 0
        self.device = device

    def _zone(self) -> int:
        """The device named after `%`, by name or number; only addresses that need one may have it."""
        _, percent, zone = self.word.partition("%")
        if not percent or ":" not in self.word:
            return 0
        dev = self.call.netns.device(zone)
        number = dev.ifindex if dev is not None else int(zone) if re.fullmatch(r"\d+", zone) else 0
        if not number or (dev is not None and not (self.target.is_linklocal or self.target.is_linklocal_multicast)):
            raise Refused(f"{self.word}: Name or service not known")
        return number

    def _probed(self, device: str) -> IPv6:
        """The source the kernel would choose, learnt by connecting a datagram socket."""
        proc = self.call.proc
        probe_fd = proc.socket(AF_INET6, SOCK_DGRAM)
        probe = proc.sock(probe_fd)
        if device:
            probe.bind_to_device(device)
        probe.tos, probe.mark = self.options.tos, self.options.mark or 0
        try:
            probe.connect(self.target, 1025)
        except NetError as error:
            raise Refused(f"connect: {strerror(error.errno)}") from None
        finally:
            probe.close()
        source: Any = probe.getsockname()[0]
        return IPv6(source)

    def _is_on(self, device: str) -> bool:
        dev = self.call.netns.device(device)
        return dev is not None and dev.inet6 is not None and any(ifa.address == self.source for ifa in dev.inet6.addresses)

    def _bind(self, own: IPv6 | None) -> None:
        if own is None and "B" not in self.options.flags:
            return
        try:
            if self.source != IPV6_ANY:
                self.sock.bind(self.source)
        except NetError as error:
            raise Refused(f"bind icmp socket: {strerror(error.errno)}") from None

    @property
    def destination(self) -> IPv6:
        """Where the probes go: `::` means this host."""
        return IPV6_LOOPBACK if self.target == IPV6_ANY else self.target

    def header(self) -> str:
        """The first lines."""
        options = self.options
        pattern = f"PATTERN: 0x{options.pattern}\n" if options.pattern is not None else ""
        _, percent, zone = self.word.partition("%")
        shown = f"{self.target}{percent}{zone}"
        name = self.names.get(str(self.target))
        flow = f", flow 0x{options.flow:05x}, " if options.flow else ""
        whence = f"from {self.source} {self.device}: " if options.interface or "B" in options.flags else ""
        address = f"{name} ({shown})" if name is not None else shown
        return f"{pattern}PING {self.word}({address}) {flow}{whence}{options.size} data bytes\n"
