"""Two hosts on a cable, and a process on each whose sockets a test drives by hand."""

from __future__ import annotations

from typing import Any

from netsim import World
from netsim.addr import IPv4
from netsim.api import Host
from netsim.errors import EINPROGRESS, NetError
from netsim.machine.call import Program
from netsim.machine.process import Process

STREAM, DATAGRAM = 1, 2
LEFT, RIGHT = IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2")
SETUP = """ip link set lo up; ip netns add far; ip link add left type veth peer name right; ip link set right netns far
ip addr add 10.0.0.1/24 dev left; ip link set left up; ip -n far addr add 10.0.0.2/24 dev right; ip -n far link set right up; ip -n far link set lo up
"""


class Pair:
    """One machine with a namespace `far` at the other end of a cable."""

    def __init__(self) -> None:
        self.world = World(seed=1)
        self.host: Host = self.world.host("h")
        assert self.host.run_script(SETUP).status == 0
        self.world.run_for(3_000_000_000)
        machine = self.host.machine
        self.near = self._process()
        self.far = self._process()
        self.far.enter(machine.named_netns(machine.init, "/run/netns/far"))

    def _process(self) -> Process:
        machine = self.host.machine
        process = machine.new_process(machine.init, ("test",), {}, "/", {})
        process.program = Program()
        return process

    def socket(self, process: Process, kind: int) -> Any:
        """A kernel socket of a process."""
        return process.sock(process.socket(2, kind))

    def listener(self, port: int, backlog: int = 5) -> Any:
        """A listening socket at the far end."""
        sock = self.socket(self.far, STREAM)
        sock.set("reuseaddr", 1)
        sock.bind(IPv4(0), port)
        sock.listen(backlog)
        return sock

    def connect(self, port: int, address: IPv4 = RIGHT) -> Any:
        """A near socket whose connection to the far end has begun."""
        sock = self.socket(self.near, STREAM)
        start(sock, address, port)
        return sock

    def run(self, ns: int) -> None:
        """Let virtual time pass."""
        self.world.run_for(ns)


def start(sock: Any, address: IPv4, port: int) -> None:
    """Begin to connect."""
    try:
        sock.connect(address, port)
    except NetError as error:
        if error.errno != EINPROGRESS:
            raise
