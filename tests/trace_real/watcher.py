"""Runs inside a private network of the real kernel: loads rules, sends one packet, tells which rules it met. One JSON line in, one out."""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import time

from tests.netfilter_real.referee import enter
from tests.real.inside import serve
from tests.trace_real.nftrace import Tracing


class Watcher:
    """Hosts with listeners, and ears on the router."""

    def __init__(self, wires: list[str], router: str, listeners: list[tuple[str, int]], program: str, six: int) -> None:
        for line in wires:
            subprocess.run(["bash", "-c", line], check=True, capture_output=True)
        self.program, self.six, self.router = program, six, router
        self.family = socket.AF_INET6 if six else socket.AF_INET
        self.wanted = [(place, port, kind) for place, port in listeners for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        self.kept: list[socket.socket] = []
        enter(router)
        self.tracing = Tracing(self.family)

    def listener(self, place: str, port: int, kind: int) -> socket.socket:
        """A server that takes what comes."""
        enter(place)
        sock = socket.socket(self.family, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("::" if self.six else "0.0.0.0", port))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
        return sock

    def load(self, told: dict) -> dict:
        """New rules, nothing tracked, servers that know nobody."""
        for sock in self.kept:
            sock.close()
        self.kept = [self.listener(*each) for each in self.wanted]
        enter(self.router)
        done = subprocess.run([f"{self.program}-restore", "/dev/stdin"], input=told["rules"], text=True, capture_output=True, check=False)
        subprocess.run(["conntrack", "-F"], check=False, capture_output=True)
        return {"status": done.returncode, "stderr": done.stderr}

    def probe(self, told: dict) -> dict:
        """Send one packet from a place, and tell the rules that it and what followed met."""
        self.tracing.packets()
        enter(told["place"])
        sock = None
        with contextlib.suppress(OSError):
            sock = self.sent(**told["packet"])
        time.sleep(told["pause"])
        packets = self.tracing.packets()
        if sock is not None:
            sock.close()
        enter(self.router)
        words = self.words()
        return {"met": [[[table, chain, words.get((table, chain, handle), "")] for table, chain, handle in packet] for packet in packets]}

    def words(self) -> dict[tuple[str, str, int], str]:
        """Each rule as it is saved, by table, chain and handle."""
        saved = subprocess.run([f"{self.program}-save"], capture_output=True, text=True, check=True).stdout
        lines: dict[tuple[str, str], list[str]] = {}
        table = ""
        for line in saved.splitlines():
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith("-A "):
                lines.setdefault((table, line.split()[1]), []).append(line.strip())
        found = {}
        for place, handles in self.tracing.handles().items():
            for handle, words in zip(handles, lines[place], strict=True):
                found[*place, handle] = words
        return found

    def sent(self, protocol: str, address: str, port: int, ident: int, data: str) -> socket.socket:
        """A packet as an explanation sends it."""
        if protocol == "icmp":
            sock = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if self.six else socket.IPPROTO_ICMP)
            sock.sendto(echo(ident, bytes.fromhex(data), self.six), (address, 0))
            return sock
        sock = socket.socket(self.family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect((address, port))
        if protocol == "udp":
            sock.send(bytes.fromhex(data))
        return sock


def echo(ident: int, data: bytes, six: int) -> bytes:
    """An echo request; the kernel fills in the checksum of ICMPv6."""
    if six:
        return struct.pack("!BBHHH", 128, 0, 0, ident, 1) + data
    message = struct.pack("!BBHHH", 8, 0, 0, ident, 1) + data
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total >> 16) + (total & 0xFFFF)
    return struct.pack("!BBHHH", 8, 0, ~(total + (total >> 16)) & 0xFFFF, ident, 1) + data


if __name__ == "__main__":
    serve(Watcher)
