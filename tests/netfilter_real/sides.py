"""The two that are compared: netsim, and the kernel of this machine through `referee.py`."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs

from netsim import Host, World
from netsim.addr import MAC, IPv4
from netsim.clock import MS
from netsim.errors import EINPROGRESS, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.packet_socket import PacketSocket
from netsim.kernel.inet.tcp import TcpSocket
from netsim.kernel.inet.udp import UdpSocket
from netsim.kernel.ipv4.raw import RawSocket
from netsim.packet.decode import decode_ip
from netsim.packet.encode import encode
from netsim.packet.icmp import IcmpEcho
from tests.netfilter_real.wires import GATEWAYS, PLACES, ROUTER, TCP_PORT, UDP_PORTS, WIRES

ETH_P_IP = 0x0800
OUTGOING = 4
FRESH = "mount -t tmpfs t /run; mount -t sysfs s /sys; cd /; exec {} {}"


@attrs.frozen
class Heard:
    """What followed one event: frames by host, what the router's own sockets read, and how its own call failed."""

    frames: list[tuple[str, bytes]]
    read: list[tuple[Any, ...]]
    errno: str = ""


class Real:
    """The kernel of this machine: a private network for each build of iptables, for as long as this lives."""

    def __init__(self) -> None:
        self.referees = {build: Referee() for build in ("nft", "legacy")}

    def load(self, build: str, rules: str, pause: float = 0.0) -> str:
        """Put rules in force and forget all connections; what the tool said if it failed."""
        self.referee = self.referees[build]
        return self.referee.load(build, rules, pause)

    def send(self, place: str, packet: bytes) -> Heard:
        """A host sends."""
        return self.referee.send(place, packet)

    def router(self, kind: str, target: str, sport: int, port: int, data: bytes) -> Heard:
        """The router itself sends."""
        return self.referee.router(kind, target, sport, port, data)

    def saved(self, build: str) -> str:
        """All rules with their counters."""
        return self.referee.saved(build)

    def timed(self, place: str, packet: bytes, count: int) -> float:
        """Seconds for each of so many packets that a host sends."""
        return self.referee.timed(place, packet, count)

    def close(self) -> None:
        """End the processes and with them the networks."""
        for referee in self.referees.values():
            referee.close()


class Referee:
    """One private network, driven through the pipes of a process in it."""

    def __init__(self) -> None:
        script = FRESH.format(sys.executable, Path(__file__).with_name("referee.py"))
        self.process = subprocess.Popen(["unshare", "-n", "-m", "bash", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ask({"wires": WIRES, "router": ROUTER, "places": list(PLACES), "udp_ports": list(UDP_PORTS), "tcp_port": TCP_PORT})

    def _ask(self, told: dict[str, Any]) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the referee has ended")
        return json.loads(answer)

    def load(self, build: str, rules: str, pause: float = 0.0) -> str:
        """Put rules in force and forget all connections; what the tool said if it failed."""
        answer = self._ask({"do": "load", "restore": f"iptables-{build}-restore", "rules": rules, "pause": pause})
        return str(answer["stderr"]) if answer["status"] else ""

    def send(self, place: str, packet: bytes) -> Heard:
        """A host sends."""
        return self._heard(self._ask({"do": "frame", "place": place, "hex": _frame(place, packet).hex()}))

    def timed(self, place: str, packet: bytes, count: int) -> float:
        """Seconds for each of so many packets that a host sends."""
        return float(self._ask({"do": "timed", "place": place, "hex": _frame(place, packet).hex(), "count": count})["seconds"])

    def router(self, kind: str, target: str, sport: int, port: int, data: bytes) -> Heard:
        """The router itself sends."""
        if kind == "icmp":
            data = encode(IcmpEcho(8, 0, sport, port, data))
        return self._heard(self._ask({"do": "router", "kind": kind, "dst": target, "sport": sport, "port": port, "hex": data.hex()}))

    def saved(self, build: str) -> str:
        """All rules with their counters."""
        return str(self._ask({"do": "saved", "save": f"iptables-{build}-save"})["text"])

    def _heard(self, told: dict[str, Any]) -> Heard:
        frames = [(place, bytes.fromhex(data)) for place, data in told["frames"]]
        return Heard(frames, [tuple(one) for one in told["read"]], told.get("errno", ""))

    def close(self) -> None:
        """End the process and with it the network."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def _frame(place: str, packet: bytes) -> bytes:
    return MAC.parse(GATEWAYS[place]).to_bytes(6, "big") + bytes.fromhex("0200000000ff") + ETH_P_IP.to_bytes(2, "big") + packet


class Ours:
    """netsim: a fork of one prepared world for every set of rules."""

    def __init__(self) -> None:
        self.base = World(seed=1)
        host = self.base.host("vm")
        for line in WIRES:
            done = host.run(line)
            assert done.status == 0, (line, done)
        self.base.run_for(3000 * MS)
        self.worlds = {"nft": self.base, "legacy": self.base.fork()}
        tables = ("raw", "mangle", "nat", "filter")
        for table in tables:
            self.worlds["legacy"].hosts["vm"].run(f"ip netns exec {ROUTER} iptables-legacy -t {table} -L")

    def load(self, build: str, rules: str, pause: float = 0.0) -> str:
        """Put rules in force in a fresh fork."""
        self.world = self.worlds[build].fork()
        self.pause = int(pause * 1000) * MS or MS // 2
        self.host: Host = self.world.hosts["vm"]
        self.machine = self.host.machine
        names = {name: self.host.netns(name).netns for name in (ROUTER, *PLACES)}
        self.taps = {place: self._tap(names[place]) for place in PLACES}
        self.net: Netns = names[ROUTER]
        self.machine.files.write(self.machine.init, "/rules", rules.encode())
        done = self.host.run(f"iptables-{build}-restore /rules", netns=self.net)
        self.udp = {port: UdpSocket(self.net, 2, 2, 17) for port in UDP_PORTS}
        for port, sock in self.udp.items():
            sock.bind(IPv4(0), port)
        listener = TcpSocket(self.net, 2, 1, 6)
        listener.bind(IPv4(0), TCP_PORT)
        listener.listen(64)
        self.world.run_for(MS)
        return done.stderr if done.status else ""

    def _tap(self, netns: Netns) -> PacketSocket:
        sock = PacketSocket(netns, 3, ETH_P_IP)
        dev = netns.device("eth0")
        assert dev is not None
        sock.bind(dev.ifindex)
        return sock

    def send(self, place: str, packet: bytes) -> Heard:
        """A host sends."""
        self.taps[place].send(MAC.parse(GATEWAYS[place]), ETH_P_IP, decode_ip(packet), MAC.parse("02:00:00:00:00:ff"))
        return self._heard()

    def router(self, kind: str, target: str, sport: int, port: int, data: bytes) -> Heard:
        """The router itself sends."""
        failed = 0
        try:
            if kind == "udp":
                self.udp[sport].sendto(data, IPv4.parse(target), port)
            elif kind == "icmp":
                sock = RawSocket(self.net, 2, 3, 1)
                sock.sendto(IcmpEcho(8, 0, sport, port, data), IPv4.parse(target))
                sock.close()
            else:
                stream = TcpSocket(self.net, 2, 1, 6, reuseaddr=1)
                stream.bind(IPv4(0), sport)
                stream.connect(IPv4.parse(target), port)
        except NetError as error:
            failed = error.errno if error.errno != EINPROGRESS else 0
        return attrs.evolve(self._heard(), errno=errno.errorcode[failed] if failed else "")

    def saved(self, build: str) -> str:
        """All rules with their counters."""
        return self.host.run(f"iptables-{build}-save -c", netns=self.net).stdout

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
