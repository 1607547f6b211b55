"""The two that are compared: netsim, and the kernel of this machine through `referee.py`."""

from __future__ import annotations

import errno
import struct
from typing import Any

import attrs

from netsim import Host, World
from netsim.addr import MAC, IPv4, IPv6
from netsim.clock import MS
from netsim.errors import EINPROGRESS, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.packet_socket import PacketSocket
from netsim.kernel.inet.tcp import TcpSocket
from netsim.kernel.inet.udp import UdpSocket
from netsim.kernel.ipv4.raw import RawSocket
from netsim.kernel.ipv6.raw import Raw6Socket
from netsim.packet import Icmp6Echo, IcmpEcho
from netsim.packet.decode import decode_ip, decode_ip6
from netsim.packet.encode import encode
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6
from tests.netfilter_real.scenes import Scene
from tests.netfilter_real.wires import PLACES, ROUTER, TCP_PORT, UDP_PORTS
from tests.real.inside import Inside

OUTGOING = 4


@attrs.frozen
class Heard:
    """What followed one event: frames by host, what the router's own sockets read, and how its own call failed."""

    frames: list[tuple[str, bytes]]
    read: list[tuple[Any, ...]]
    errno: str = ""


class Real:
    """The kernel of this machine: a private network for the scene, driven through the pipes of a process in it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.inside = Inside("tests.netfilter_real.referee", {
            "wires": scene.wires, "router": ROUTER, "places": list(PLACES), "udp_ports": list(UDP_PORTS), "tcp_port": TCP_PORT, "ethertype": scene.ethertype,
        })  # fmt: skip

    def load(self, rules: str, pause: float = 0.0) -> str:
        """Put rules in force and forget all connections; what the tool said if it failed."""
        answer = self.inside.ask({"do": "load", "restore": self.scene.restore.split(), "rules": rules, "pause": pause})
        return str(answer["stderr"]) if answer["status"] else ""

    def send(self, place: str, packet: bytes) -> Heard:
        """A host sends."""
        return self._heard(self.inside.ask({"do": "frame", "place": place, "hex": self._frame(place, packet).hex()}))

    def timed(self, place: str, packet: bytes, count: int) -> float:
        """Seconds for each of so many packets that a host sends."""
        return float(self.inside.ask({"do": "timed", "place": place, "hex": self._frame(place, packet).hex(), "count": count})["seconds"])

    def _frame(self, place: str, packet: bytes) -> bytes:
        target, source = (MAC.parse(mac).to_bytes(6, "big") for mac in self.scene.macs(place, packet))
        return target + source + self.scene.ethertype.to_bytes(2, "big") + packet

    def router(self, kind: str, target: str, sport: int, port: int, data: bytes) -> Heard:
        """The router itself sends."""
        if kind == "icmp":
            data = (
                encode(IcmpEcho(8, 0, sport, port, data))
                if self.scene.ethertype == ETH_P_IP
                else struct.pack("!BBHHH", 128, 0, 0, sport, port) + data
            )
        return self._heard(self.inside.ask({"do": "router", "kind": kind, "dst": target, "sport": sport, "port": port, "hex": data.hex()}))

    def saved(self) -> str:
        """All rules with their counters."""
        return str(self.inside.ask({"do": "saved", "save": self.scene.save.split()})["text"])

    def _heard(self, told: dict[str, Any]) -> Heard:
        frames = [(place, bytes.fromhex(data)) for place, data in told["frames"]]
        return Heard(frames, [tuple(one) for one in told["read"]], told.get("errno", ""))

    def close(self) -> None:
        """End the process and with it the network."""
        self.inside.close()


class Ours:
    """netsim: a fork of one prepared world for every set of rules."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.base = World(seed=1)
        host = self.base.host("vm")
        for line in scene.wires:
            done = host.run(line)
            assert done.status == 0, (line, done)
        self.base.run_for(3000 * MS)
        if "legacy" in scene.restore:
            tool = scene.restore.removesuffix("-restore")
            for table in ("raw", "mangle", "nat", "filter"):
                host.run(f"ip netns exec {ROUTER} {tool} -t {table} -L")
        self.is_six = scene.ethertype == ETH_P_IPV6
        self.family = 10 if self.is_six else 2

    def address(self, text: str) -> Any:
        """An address of the scene's family."""
        return IPv6.parse(text) if self.is_six else IPv4.parse(text)

    def load(self, rules: str, pause: float = 0.0) -> str:
        """Put rules in force in a fresh fork."""
        self.world = self.base.fork()
        self.pause = int(pause * 1000) * MS or MS // 2
        self.host: Host = self.world.hosts["vm"]
        self.machine = self.host.machine
        names = {name: self.host.netns(name).netns for name in (ROUTER, *PLACES)}
        self.taps = {place: self._tap(names[place]) for place in PLACES}
        self.net: Netns = names[ROUTER]
        self.machine.files.write(self.machine.init, "/rules", rules.encode())
        done = self.host.run(f"{self.scene.restore} /rules", netns=self.net)
        self.udp = {port: UdpSocket(self.net, self.family, 2, 17) for port in UDP_PORTS}
        for port, sock in self.udp.items():
            sock.bind(self.address("::" if self.is_six else "0.0.0.0"), port)
        listener = self._stream()
        listener.bind(self.address("::" if self.is_six else "0.0.0.0"), TCP_PORT)
        listener.listen(64)
        self.world.run_for(MS)
        return done.stderr if done.status else ""

    def _stream(self) -> TcpSocket:
        return TcpSocket(self.net, self.family, 1, 6, reuseaddr=1)

    def _tap(self, netns: Netns) -> PacketSocket:
        sock = PacketSocket(netns, 3, self.scene.ethertype)
        dev = netns.device("eth0")
        assert dev is not None
        sock.bind(dev.ifindex)
        return sock

    def send(self, place: str, packet: bytes) -> Heard:
        """A host sends."""
        target, source = (MAC.parse(mac) for mac in self.scene.macs(place, packet))
        self.taps[place].send(target, self.scene.ethertype, (decode_ip6 if self.is_six else decode_ip)(packet), source)
        return self._heard()

    def router(self, kind: str, target: str, sport: int, port: int, data: bytes) -> Heard:
        """The router itself sends."""
        failed = 0
        try:
            if kind == "udp":
                self.udp[sport].sendto(data, self.address(target), port)
            elif kind == "icmp":
                self._ping(self.address(target), sport, port, data)
            else:
                stream = self._stream()
                stream.bind(self.address("::" if self.is_six else "0.0.0.0"), sport)
                stream.connect(self.address(target), port)
        except NetError as error:
            failed = error.errno if error.errno != EINPROGRESS else 0
        return attrs.evolve(self._heard(), errno=errno.errorcode[failed] if failed else "")

    def _ping(self, target: Any, ident: int, seq: int, data: bytes) -> None:
        sock: Any = Raw6Socket(self.net, 10, 3, 58) if self.is_six else RawSocket(self.net, 2, 3, 1)
        try:
            sock.sendto(Icmp6Echo(128, 0, ident, seq, data) if self.is_six else IcmpEcho(8, 0, ident, seq, data), target)
        finally:
            sock.close()

    def saved(self) -> str:
        """All rules with their counters."""
        return self.host.run(self.scene.save, netns=self.net).stdout

    def _heard(self) -> Heard:
        self.world.run_for(self.pause)
        frames, read = [], []
        for place, tap in self.taps.items():
            while (seen := tap.recv()) is not None:
                if seen.pkt_type != OUTGOING:
                    frames.append((place, encode(seen.packet)))
        for port, sock in self.udp.items():
            while True:
                try:
                    got = sock.recvfrom()
                except NetError as error:
                    read.append((port, errno.errorcode[error.errno], "", 0))
                    continue
                if got is None:
                    break
                read.append((port, got.data.hex(), str(got.src), got.sport))
        return Heard(frames, read)

    def close(self) -> None:
        """Nothing to end."""
