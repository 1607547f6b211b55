"""Runs inside a private network of the real kernel: loads rules, sends frames, tells what came where. One JSON line in, one out."""

from __future__ import annotations

import ctypes
import errno
import socket
import subprocess
import time

from tests.real.inside import serve

ETH_P_IPV6 = 0x86DD
PACKET_OUTGOING = 4
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(name: str) -> None:
    """Take this thread into a named namespace."""
    with open(f"/run/netns/{name}") as file:
        if LIBC.setns(file.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")


class Referee:
    """The sockets at both hosts and on the router."""

    def __init__(self, wires: list[str], router: str, places: list[str], udp_ports: list[int], tcp_port: int, ethertype: int) -> None:
        for line in wires:
            subprocess.run(["bash", "-c", line], check=True, capture_output=True)
        self.places = {}
        for place in places:
            enter(place)
            self.places[place] = sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ethertype))
            sock.bind(("eth0", ethertype))
        enter(router)
        self.udp_ports, self.tcp_port = udp_ports, tcp_port
        self.udp: dict[int, socket.socket] = {}
        self.tcp: list[socket.socket] = []
        is_six = ethertype == ETH_P_IPV6
        self.family, self.any = (socket.AF_INET6, "::") if is_six else (socket.AF_INET, "0.0.0.0")
        self.icmp = socket.socket(self.family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMPV6 if is_six else socket.IPPROTO_ICMP)
        self.icmp.setsockopt(*((socket.IPPROTO_ICMPV6, 1, b"\xff" * 32) if is_six else (255, 1, b"\xff" * 4)))  # ICMP_FILTER: hears nothing
        self.pause = 0.0

    def load(self, told: dict) -> dict:
        """New rules, nothing tracked, sockets of the router anew."""
        for sock in [*self.udp.values(), *self.tcp]:
            sock.close()
        done = subprocess.run([*told["restore"], "/dev/stdin"], input=told["rules"], text=True, capture_output=True, check=False)
        subprocess.run(["conntrack", "-F"], check=False, capture_output=True)
        self.udp = {port: socket.socket(self.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for port in self.udp_ports}
        for port, sock in self.udp.items():
            sock.bind((self.any, port))
        listener = socket.socket(self.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.any, self.tcp_port))
        listener.listen(64)
        self.tcp = [listener]
        self.pause = told["pause"]
        self.heard({})
        return {"status": done.returncode, "stderr": done.stderr}

    def frame(self, told: dict) -> dict:
        """A frame leaves a host."""
        self.places[told["place"]].send(bytes.fromhex(told["hex"]))
        return self.heard(told)

    def timed(self, told: dict) -> dict:
        """How long each of many frames takes from one host to the other."""
        sock, frame = self.places[told["place"]], bytes.fromhex(told["hex"])
        start = time.perf_counter()
        for _ in range(told["count"]):
            sock.send(frame)
        took = time.perf_counter() - start
        self.heard({})
        return {"seconds": took / told["count"]}

    def router(self, told: dict) -> dict:
        """The router itself sends: from the second UDP port, or an echo request."""
        failed = ""
        try:
            if told["kind"] == "udp":
                self.udp[told["sport"]].sendto(bytes.fromhex(told["hex"]), (told["dst"], told["port"]))
            elif told["kind"] == "icmp":
                self.icmp.sendto(bytes.fromhex(told["hex"]), (told["dst"], 0))
            else:
                sock = socket.socket(self.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
                self.tcp.append(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                sock.bind((self.any, told["sport"]))
                sock.connect((told["dst"], told["port"]))
        except OSError as error:
            failed = errno.errorcode[error.errno or 0]
        return {**self.heard(told), "errno": "" if failed == "EINPROGRESS" else failed}

    def heard(self, told: dict) -> dict:
        """What has come to the hosts and to the router's UDP sockets since."""
        if self.pause:
            time.sleep(self.pause)
        frames, read = [], []
        for place, sock in self.places.items():
            while True:
                try:
                    data, where = sock.recvfrom(4096)
                except BlockingIOError:
                    break
                if where[2] != PACKET_OUTGOING:
                    frames.append((place, data[14:].hex()))
        for port, sock in self.udp.items():
            while True:
                try:
                    data, source = sock.recvfrom(4096)
                except BlockingIOError:
                    break
                except OSError as error:
                    read.append((port, errno.errorcode[error.errno or 0], "", 0))
                    continue
                read.append((port, data.hex(), source[0], source[1]))
        return {"frames": frames, "read": read}

    def saved(self, told: dict) -> dict:
        """The rules with their counters."""
        return {"text": subprocess.run(told["save"], capture_output=True, text=True, check=False).stdout}


if __name__ == "__main__":
    serve(Referee)
