"""What DHCP clients have in common: discover, request, and set up the device (RFC 2131)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, MAC, MAC_BROADCAST, IPv4
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.kernel.core.packet_socket import Seen
from netsim.machine.call import Program
from netsim.packet import Ip, Udp
from netsim.packet.dhcp import (
    ACK,
    ASK,
    CLIENT_PORT,
    DISCOVER,
    DNS,
    DOMAIN,
    KIND,
    LEASE_TIME,
    MASK,
    NAK,
    OFFER,
    REQUEST,
    REQUESTED,
    ROUTER,
    SERVER,
    SERVER_PORT,
    Dhcp,
    read_dhcp,
)
from netsim.packet.numbers import ETH_P_IP, IPPROTO_UDP

AF_PACKET, SOCK_DGRAM = 17, 2
SELECTING, REQUESTING, BOUND = "selecting", "requesting", "bound"
AGAIN, RENEW = "again", "renew"
BROADCAST = IPv4(0xFFFFFFFF)


@attrs.define(eq=False)
class DhcpClient(Program):
    """Asks for a lease on one device. What it says and when it gives up, its dialects know (`said`, `unanswered`, `leased`)."""

    interface: str
    ifindex: int
    chaddr: MAC
    pause: int
    """Seconds between messages that nobody answers."""
    asked: dict[int, bytes] = attrs.field(factory=dict)
    """Options sent along."""
    fd: int = -1
    xid: int = 0
    state: str = SELECTING
    tries: int = 0
    began: int = 0
    offer: Dhcp | None = None
    alarm: int = 0

    def started(self, proc: Any) -> None:
        """Open the socket and ask."""
        self.fd = proc.socket(AF_PACKET, SOCK_DGRAM, ETH_P_IP)
        proc.sock(self.fd).bind(self.ifindex)
        self.begin(proc)

    def begin(self, proc: Any) -> None:
        """Ask from the start."""
        self.state, self.tries, self.xid = SELECTING, 0, proc.machine.kernel.rng.getrandbits(32)
        self.began = proc.now()
        self.deconfigure(proc)
        self._ask(proc)

    def _ask(self, proc: Any) -> None:
        self.tries += 1
        options = {KIND: bytes([DISCOVER if self.state == SELECTING else ASK])}
        source = target = None
        if self.offer is not None and self.state != SELECTING:
            self.said_request(proc, self.offer)
            if self.state == REQUESTING:
                options |= {REQUESTED: int(self.offer.yiaddr).to_bytes(4, "big"), SERVER: self.offer.options.get(SERVER, b"")}
            else:
                source, target = self.offer.yiaddr, self.offer.address(SERVER)
        else:
            self.said_discover(proc)
        secs = min((proc.now() - self.began) // SECOND, 0xFFFF)
        message = Dhcp(REQUEST, self.xid, self.chaddr, secs, ciaddr=source or IPV4_ANY, options=options | self.asked)
        datagram = Udp(CLIENT_PORT, SERVER_PORT, message.encode())
        packet = Ip(source or IPV4_ANY, target or BROADCAST, IPPROTO_UDP, payload=datagram)
        try:
            proc.sock(self.fd).send(MAC_BROADCAST, ETH_P_IP, packet)
        except NetError as error:
            self.failed(proc, f"sendto: {strerror(error.errno)}")
        proc.cancel_timer(self.alarm)
        self.alarm = proc.timer(self.pause * SECOND, AGAIN)

    def timer(self, proc: Any, token: Any) -> None:
        """Nobody answered, or half of the lease is over."""
        if token == RENEW:
            self.xid = proc.machine.kernel.rng.getrandbits(32)
            self.began = proc.now()
            self._ask(proc)
        elif not self.unanswered(proc):
            self._ask(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Frames came."""
        if fd != self.fd:
            return  # a pipe that it writes to
        try:
            while fd in proc.fds and (seen := proc.sock(fd).recv()) is not None:
                self._take(proc, seen)
        except NetError as error:
            self.failed(proc, f"read error: {strerror(error.errno)}, reopening socket")

    def _take(self, proc: Any, seen: Seen) -> None:
        packet = seen.packet
        datagram = packet.payload if isinstance(packet, Ip) else None
        if not isinstance(datagram, Udp) or datagram.dport != CLIENT_PORT or not isinstance(datagram.payload, bytes):
            return
        message = read_dhcp(datagram.payload)
        if message is None or message.xid != self.xid or message.chaddr != self.chaddr:
            return
        if self.state == SELECTING and message.kind == OFFER:
            self.offer, self.state, self.tries = message, REQUESTING, 0
            self._ask(proc)
        elif self.state in (REQUESTING, BOUND) and message.kind == ACK:
            self._bound(proc, message)
        elif self.state in (REQUESTING, BOUND) and message.kind == NAK:
            self.refused(proc)
            self.begin(proc)

    def _bound(self, proc: Any, message: Dhcp) -> None:
        is_new = self.state != BOUND
        self.offer, self.state = message, BOUND
        proc.cancel_timer(self.alarm)
        lease = int.from_bytes(message.options.get(LEASE_TIME, b""), "big")
        if is_new:
            self.configure(proc, message)
        self.alarm = proc.timer(max(lease // 2, 10) * SECOND, RENEW)
        self.leased(proc, message, lease)

    # the device ----------------------------------------------------------------------------------------------------------

    def deconfigure(self, proc: Any) -> None:
        """Without a lease: no addresses, but up."""
        self._run(proc, "ip", "-4", "addr", "flush", "dev", self.interface)
        self._run(proc, "ip", "link", "set", self.interface, "up")

    def configure(self, proc: Any, message: Dhcp) -> None:
        """Address, default route and name servers of a lease, as the clients' scripts do."""
        mask = message.address(MASK)
        length = bin(mask).count("1") if mask is not None else 24
        self._run(proc, "ip", "addr", "add", f"{message.yiaddr}/{length}", "dev", self.interface)
        router = message.address(ROUTER)
        if router is not None:
            self._run(proc, "ip", "route", "del", "default")
            self._run(proc, "ip", "route", "add", "default", "via", str(router), "dev", self.interface)
        servers = message.options.get(DNS, b"")
        text = f"search {message.options[DOMAIN].decode(errors='replace')}\n" if DOMAIN in message.options else ""
        text += "".join(f"nameserver {IPv4(int.from_bytes(servers[at : at + 4], 'big'))}\n" for at in range(0, len(servers), 4))
        if text:
            proc.machine.files.write(proc, "/etc/resolv.conf", text.encode())

    def _run(self, proc: Any, *argv: str) -> None:
        proc.machine.spawn(proc, argv, fds={})

    # dialects ------------------------------------------------------------------------------------------------------------

    def said_discover(self, proc: Any) -> None:
        """It looks for servers."""

    def said_request(self, proc: Any, offer: Dhcp) -> None:
        """It takes an offer, or asks for longer."""

    def unanswered(self, proc: Any) -> bool:
        """Whether it does something else than asking again."""
        return False

    def leased(self, proc: Any, message: Dhcp, seconds: int) -> None:
        """The address is set up."""

    def refused(self, proc: Any) -> None:
        """The server took its offer back."""

    def failed(self, proc: Any, what: str) -> None:
        """Sending or hearing did not work."""
