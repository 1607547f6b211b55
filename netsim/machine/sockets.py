"""Sockets as descriptors of processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.errors import EAFNOSUPPORT, EPROTONOSUPPORT, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.packet_socket import PacketSocket
from netsim.kernel.inet.sock import PMTUDISC_DONT, InetSocket
from netsim.kernel.inet.tcp import TcpSocket
from netsim.kernel.inet.udp import UdpSocket
from netsim.kernel.ipv4.raw import RawSocket
from netsim.kernel.ipv6.raw import Raw6Socket
from netsim.machine.fds import OpenFile, Pipe

if TYPE_CHECKING:
    from netsim.machine.process import Process

AF_INET, AF_INET6, AF_PACKET = 2, 10, 17
SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 1, 2, 3


@attrs.define(eq=False)
class SocketFile(OpenFile):
    """A socket in a descriptor table; the kernel wakes the process through it."""

    sock: Any = None
    process: Process | None = None
    fd: int = -1

    def write(self, data: bytes) -> None:
        """Send on a connected socket."""
        self.sock.send(data)

    def read_available(self) -> bytes | None:
        """What has come in on a stream or connected datagram socket."""
        data: bytes | None = self.sock.recv()
        return data

    def closed(self) -> None:
        """Close the kernel's socket; nobody is woken any more, and nothing but it holds on to the process."""
        self.sock.close()
        if self.sock.waker is self:
            self.sock.waker = None
        self.process = None

    def described(self) -> str:
        """`socket:[INODE]`."""
        return f"socket:[{self.sock.inode}]"

    def wake(self) -> None:
        """Something can be read, accepted, or went wrong."""
        if self.process is not None:
            self.process.wake_readable(self.fd)

    def wake_writable(self) -> None:
        """A connect was decided, or the buffer has room."""
        if self.process is not None:
            self.process.wake_writable(self.fd)


@attrs.define(eq=False)
class SharedSocket(SocketFile):
    """A socket that commands inherit from the shell that opened it: whoever has it open hears of what comes."""

    pipe: Pipe = attrs.field(factory=Pipe)
    """Who waits for it; nothing goes through it."""

    def wake(self) -> None:
        """Something can be read, or went wrong."""
        self.pipe.wake()

    def wake_writable(self) -> None:
        """Nobody waits for that."""


def make_socket(netns: Netns, family: int, kind: int, protocol: int) -> Any:
    """A kernel socket; EAFNOSUPPORT, EPROTONOSUPPORT."""
    if family == AF_PACKET:
        return PacketSocket(netns, kind, protocol)
    if family not in (AF_INET, AF_INET6):
        raise NetError(EAFNOSUPPORT)
    sock = _inet_socket(netns, family, kind, protocol)
    if int(netns.inet.sysctl.get("ip_no_pmtu_disc", 0)):
        sock.pmtudisc = PMTUDISC_DONT
    return sock


def _inet_socket(netns: Netns, family: int, kind: int, protocol: int) -> InetSocket:
    if kind == SOCK_RAW:
        return (RawSocket if family == AF_INET else Raw6Socket)(netns, family, kind, protocol)
    if kind == SOCK_DGRAM:
        return UdpSocket(netns, family, kind, protocol or 17)
    if kind == SOCK_STREAM:
        return TcpSocket(netns, family, kind, protocol or 6)
    raise NetError(EPROTONOSUPPORT)
