"""udhcpd of BusyBox (networking/udhcp/dhcpd.c): leases of a range of addresses, on one interface."""

from __future__ import annotations

import shlex
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, MAC, MAC_BROADCAST, IPv4
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.packet import Arp, Ip, Udp
from netsim.packet.dhcp import (
    ACK,
    ASK,
    CLIENT_PORT,
    DECLINE,
    DISCOVER,
    DNS,
    DOMAIN,
    HOSTNAME,
    INFORM,
    KIND,
    LEASE_TIME,
    MASK,
    NAK,
    NTP,
    OFFER,
    RELEASE,
    REPLY,
    REQUESTED,
    ROUTER,
    SERVER,
    SERVER_PORT,
    Dhcp,
    read_dhcp,
)
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, IPPROTO_UDP
from netsim.programs.busybox.applet import die, ended, usage
from netsim.programs.busybox.applet import name_of as applet_name

AF_INET, AF_PACKET, SOCK_DGRAM = 2, 17, 2
VERSION = "1.35.0"
PROBE_TIME, OFFER_TIME, CONFLICT_TIME, DEFAULT_LEASE = 2, 60, 3600, 864000
ADDRESSES = {"subnet": MASK, "router": ROUTER, "dns": DNS, "broadcast": 28, "ntpsrv": NTP}
TEXTS = {"domain": DOMAIN, "hostname": HOSTNAME}
IGNORED = frozenset(
    ("lease_file", "pidfile", "auto_time", "decline_time", "conflict_time", "offer_time", "min_lease", "notify_file", "siaddr", "sname", "boot_file")
)
GRAMMAR = Grammar(flags="fS", valued="Ia")
NOBODY = MAC(0)


@attrs.define(eq=False)
class Lease:
    """An address somebody has, or was offered, until a time (ns)."""

    address: IPv4
    mac: MAC
    expires: int


@attrs.define(eq=False)
class Config:
    """What the file says."""

    first: IPv4 = attrs.field(factory=lambda: IPv4.parse("192.168.0.20"))
    last: IPv4 = attrs.field(factory=lambda: IPv4.parse("192.168.0.254"))
    interface: str = "eth0"
    most: int = 235
    options: dict[int, bytes] = attrs.field(factory=dict)
    lease: int = DEFAULT_LEASE
    fixed: dict[int, IPv4] = attrs.field(factory=dict)
    """MAC -> address."""


def udhcpd(call: Call) -> Any:
    """udhcpd (BusyBox)."""
    return ended(_udhcpd, call)


def _udhcpd(call: Call) -> Result | Program:
    applet = applet_name(call)
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        raise usage(applet, str(error)) from None
    letters = {option.name for option in options}
    path = words[0] if words else "/etc/udhcpd.conf"
    if call.machine.files.stat(call.proc, path) is None:
        raise die(applet, f"{path}: No such file or directory")
    config = Config()
    said = _read(call, applet, config, call.proc.read_text(path))
    dev = call.netns.device(config.interface)
    if dev is None:
        raise die(applet, "SIOCGIFINDEX: No such device")
    address = next((ifa.local for ifa in dev.inet.addresses), None) if dev.inet is not None else None
    if address is None:
        raise die(applet, "SIOCGIFADDR: Cannot assign requested address")
    server = Udhcpd(config, dev.ifindex, address, MAC(dev.address), said=said)
    if "f" in letters:
        return server
    server.speaks = 0
    call.machine.spawn(call.proc, call.argv, fds={}, program=server)
    return Result()


def _read(call: Call, applet: str, config: Config, text: str) -> str:
    said = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = shlex.split(line, comments=True)
        if not words or words[0] in IGNORED:
            continue
        try:
            is_known = _setting(call, config, words)
        except (ValueError, IndexError):
            is_known = False
        if not is_known:
            said += f"{applet}: can't parse line {number} in {call.argv[-1]}\n"
    if config.last < config.first:
        raise die(applet, f"bad start/end IP range in {call.argv[-1]}")
    size = config.last - config.first + 1
    if config.most > size:
        said += f"{applet}: max_leases={config.most} is too big, setting to {size}\n"
        config.most = size
    return said


def _setting(call: Call, config: Config, words: list[str]) -> bool:
    name, *values = words
    if name in ("start", "end"):
        setattr(config, "first" if name == "start" else "last", IPv4.parse(values[0]))
    elif name == "interface":
        config.interface = values[0]
    elif name == "max_leases":
        config.most = int(values[0])
    elif name == "static_lease":
        config.fixed[int(MAC.parse(values[0]))] = IPv4.parse(values[1])
    elif name in ("option", "opt"):
        return _option(call, config, values)
    else:
        return False
    return True


def _option(call: Call, config: Config, values: list[str]) -> bool:
    name = values[0]
    if name == "lease":
        config.lease = int(values[1])
    elif name in ADDRESSES:
        data = b"".join(int(IPv4.parse(value)).to_bytes(4, "big") for value in values[1:])
        config.options[ADDRESSES[name]] = config.options.get(ADDRESSES[name], b"") + data
    elif name in TEXTS:
        config.options[TEXTS[name]] = " ".join(values[1:]).encode()
    else:
        call.netns.kernel.unmodelled.append(f"udhcpd option {name}")
    return True


@attrs.define(eq=False)
class Udhcpd(Program):
    """The server."""

    config: Config
    ifindex: int
    address: IPv4
    mac: MAC
    said: str = ""
    speaks: int = 1
    """0: in the background, with nowhere to say anything."""
    leases: list[Lease] = attrs.field(factory=list)
    waiting: list[tuple[Dhcp, IPv4]] = attrs.field(factory=list)
    """Discovers with the address that is being asked for by ARP before it is offered."""
    fd: int = -1
    raw: int = -1
    arp: int = -1

    def started(self, proc: Any) -> None:
        """Listen on port 67 of the interface."""
        self._say(proc, f"udhcpd: started, v{VERSION}\n{self.said}")
        self.fd = proc.socket(AF_INET, SOCK_DGRAM)
        sock = proc.sock(self.fd)
        try:
            sock.bind_to_device(self.config.interface)
            sock.set("reuseaddr", 1)
            sock.bind(IPV4_ANY, SERVER_PORT)
        except NetError as error:
            self._say(proc, f"udhcpd: bind: {strerror(error.errno)}\n")
            proc.exit(1)
            return
        self.raw, self.arp = (proc.socket(AF_PACKET, SOCK_DGRAM, kind) for kind in (ETH_P_IP, ETH_P_ARP))
        proc.sock(self.arp).bind(self.ifindex)

    def _say(self, proc: Any, text: str) -> None:
        if self.speaks:
            proc.write(2, text)

    def readable(self, proc: Any, fd: int) -> None:
        """Messages of clients, and answers to probes."""
        if fd == self.arp:
            while (seen := proc.sock(fd).recv()) is not None:
                if isinstance(seen.packet, Arp) and seen.packet.op == 2:
                    self._taken(proc, seen.packet)
        elif fd == self.fd:
            while (got := proc.sock(fd).recvfrom()) is not None:
                message = read_dhcp(got.data)
                if message is not None and message.op == 1:
                    self._serve(proc, message)

    def _serve(self, proc: Any, message: Dhcp) -> None:
        if message.kind == DISCOVER:
            self._discover(proc, message)
        elif message.kind == ASK:
            self._request(proc, message)
        elif message.kind == INFORM:
            self._answer(proc, message, ACK, IPV4_ANY)
        elif message.kind in (RELEASE, DECLINE):
            lease = self._lease_of(message.chaddr)
            if lease is not None:
                lease.expires = proc.now() + (CONFLICT_TIME * SECOND if message.kind == DECLINE else 0)
                lease.mac = NOBODY if message.kind == DECLINE else lease.mac

    def _lease_of(self, mac: MAC) -> Lease | None:
        return next((lease for lease in self.leases if lease.mac == mac), None)

    def _discover(self, proc: Any, message: Dhcp) -> None:
        fixed = self.config.fixed.get(int(message.chaddr))
        known = self._lease_of(message.chaddr)
        if fixed is not None or known is not None:
            self._offer(proc, message, fixed if fixed is not None else known.address)  # type: ignore[union-attr]
            return
        wanted = message.address(REQUESTED)
        if wanted is None or not self.config.first <= wanted <= self.config.last or not self._is_free(proc, wanted):
            wanted = self._candidate(proc, message.chaddr)
        if wanted is None:
            self._say(proc, "udhcpd: no free IP addresses. OFFER abandoned\n")
            return
        self._probe(proc, message, wanted)

    def _candidate(self, proc: Any, mac: MAC) -> IPv4 | None:
        """The free address a client's MAC leads to (`find_free_or_expired_nip`)."""
        mixed = 0
        for octet in int(mac).to_bytes(6, "big"):
            mixed = octet + (mixed << 6) + (mixed << 16) & 0xFFFFFFFF
        size = self.config.last - self.config.first + 1
        for step in range(size):
            address = IPv4(self.config.first + (mixed + step) % size)
            if address & 0xFF not in (0, 0xFF) and self._is_free(proc, address):
                return address
        return None

    def _is_free(self, proc: Any, address: IPv4) -> bool:
        if address == self.address or address in self.config.fixed.values() or any(asked == address for _, asked in self.waiting):
            return False
        return all(lease.address != address or lease.expires <= proc.now() for lease in self.leases)

    def _probe(self, proc: Any, message: Dhcp, address: IPv4) -> None:
        """Ask whether somebody has it already (`arpping`)."""
        self.waiting.append((message, address))
        proc.sock(self.arp).send(MAC_BROADCAST, ETH_P_ARP, Arp(1, self.mac, self.address, NOBODY, address))
        proc.timer(PROBE_TIME * SECOND, (message.xid, int(address)))

    def _taken(self, proc: Any, answer: Arp) -> None:
        for message, address in list(self.waiting):
            if answer.spa == address and answer.sha != message.chaddr:
                self._say(proc, f"udhcpd: {address} belongs to someone, reserving it for {CONFLICT_TIME} seconds\n")
                self.waiting.remove((message, address))
                self.leases.append(Lease(address, NOBODY, proc.now() + CONFLICT_TIME * SECOND))
                self._discover(proc, message)

    def timer(self, proc: Any, token: Any) -> None:
        """Nobody answered a probe: the address is offered."""
        for message, address in list(self.waiting):
            if (message.xid, int(address)) == token:
                self.waiting.remove((message, address))
                self._offer(proc, message, address)

    def _offer(self, proc: Any, message: Dhcp, address: IPv4) -> None:
        self._keep(proc, message.chaddr, address, OFFER_TIME)
        self._say(proc, f"udhcpd: sending OFFER to {address}\n")
        self._answer(proc, message, OFFER, address)

    def _keep(self, proc: Any, mac: MAC, address: IPv4, seconds: int) -> None:
        self.leases = [lease for lease in self.leases if lease.mac != mac and lease.address != address]
        self.leases.append(Lease(address, mac, proc.now() + seconds * SECOND))

    def _request(self, proc: Any, message: Dhcp) -> None:
        server = message.address(SERVER)
        if server is not None and server != self.address:
            return
        wanted = message.address(REQUESTED) or message.ciaddr
        lease = self._lease_of(message.chaddr)
        granted = self.config.fixed.get(int(message.chaddr)) or (lease.address if lease is not None else None)
        if granted is not None and granted == wanted:
            self._keep(proc, message.chaddr, granted, self.config.lease)
            self._say(proc, f"udhcpd: sending ACK to {granted}\n")
            self._answer(proc, message, ACK, granted)
        elif server is not None or lease is not None:
            self._say(proc, "udhcpd: sending NAK\n")
            self._answer(proc, message, NAK, IPV4_ANY)

    def _answer(self, proc: Any, message: Dhcp, kind: int, address: IPv4) -> None:
        options = {KIND: bytes([kind]), SERVER: int(self.address).to_bytes(4, "big")}
        if kind in (OFFER, ACK):
            options |= ({LEASE_TIME: self.config.lease.to_bytes(4, "big")} if address else {}) | self.config.options
        reply = Dhcp(REPLY, message.xid, message.chaddr, flags=message.flags, ciaddr=message.ciaddr, yiaddr=address, options=options)
        is_known = message.ciaddr != IPV4_ANY and kind != NAK
        target, station = (message.ciaddr, message.chaddr) if is_known else (IPv4(0xFFFFFFFF), MAC_BROADCAST)
        datagram = Udp(SERVER_PORT, CLIENT_PORT, reply.encode())
        try:
            sock = proc.sock(self.raw)
            sock.bind(self.ifindex)
            sock.send(station, ETH_P_IP, Ip(self.address, target, IPPROTO_UDP, payload=datagram))
            sock.queue.clear()
        except NetError as error:
            self._say(proc, f"udhcpd: sendto: {strerror(error.errno)}\n")

    def signal(self, proc: Any, signum: int) -> None:
        """SIGTERM ends it."""
        if signum == 15:
            self._say(proc, "udhcpd: received SIGTERM\n")
        proc.die(signum)
