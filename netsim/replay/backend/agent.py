"""Runs inside a private network and mount namespace (or inside User-Mode Linux): builds, reads back, listens and probes.

Started as `python agent.py REQUEST RESULT` with nothing but the standard library; both are JSON files.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

CLONE_NEWNET = 0x40000000
RB_POWER_OFF = 0x4321FEDC
BANNER = b"netsim"
TAKEN = "/run/netsim-taken"
"""Every datagram that a stand-in took, a line each."""
SO_BINDTODEVICE = 25
PATH = "/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
STEP_SECONDS = 60
WAITED = 0.1
STEADY = 1.2
"""Seconds after the last change by which carriers have been told (the kernel's link watch runs once a second)."""


def run(argv: list[str], stdin: str = "") -> dict[str, Any]:
    """One command; its output and status."""
    try:
        done = subprocess.run(argv, input=stdin.encode(), capture_output=True, timeout=STEP_SECONDS, check=False)
    except OSError as problem:
        return {"stdout": "", "stderr": f"{argv[0]}: {problem.strerror}\n", "status": 127}
    except subprocess.TimeoutExpired:
        return {"stdout": "", "stderr": f"{argv[0]}: no answer for {STEP_SECONDS} s\n", "status": 124}
    return {"stdout": done.stdout.decode(errors="replace"), "stderr": done.stderr.decode(errors="replace"), "status": done.returncode}


def build(steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Run every step; the first that fails ends it."""
    for number, step in enumerate(steps):
        for argv in step["commands"]:
            done = run(argv, step["stdin"])
            if done["status"]:
                return {"step": number, "text": step["text"], "stderr": done["stderr"] or done["stdout"], "status": done["status"]}
    return None


def read(reads: list[list[str]]) -> list[dict[str, Any]]:
    """Every listing; those of one namespace (`ip netns exec SITE ...`) in a process that has gone there, which is quicker."""
    found: list[dict[str, Any]] = []
    for site, part in groupby(reads, key=site_of):
        if site:
            pid, told = child(Reading(site, [argv[4:] for argv in part]))
            found += json.loads(told.read() or "[]")
            os.waitpid(pid, 0)
        else:
            found += [run(argv) for argv in part]
    return found


def site_of(argv: list[str]) -> str:
    """The namespace a command goes to, "" for none."""
    return argv[3] if argv[:3] == ["ip", "netns", "exec"] else ""


class Reading:
    """Commands in one namespace."""

    def __init__(self, site: str, commands: list[list[str]]) -> None:
        self.site, self.commands = site, commands

    def __call__(self, out: Any) -> None:
        """Run them, tell what they said."""
        enter(self.site)
        json.dump([run(argv) for argv in self.commands], out)


def settle(sites: list[str], patience: float) -> None:
    """Wait until addresses have been tried and ports forward, as long as that may take."""
    began = time.monotonic()
    time.sleep(STEADY)
    while time.monotonic() - began < patience:
        if not any(unsteady(site) for site in sites):
            return
        time.sleep(WAITED)


def unsteady(site: str) -> bool:
    """Whether something in a namespace is about to change."""
    text = run(["ip", "-n", site, "-d", "addr", "show"])["stdout"]
    return any(word in text for word in (" tentative", "state listening ", "state learning "))


def enter(site: str) -> None:
    """Go into a namespace for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(f"/run/netns/{site}", os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def child(work: Callable[[Any], None]) -> tuple[int, Any]:
    """A process of its own that does some work and tells through a pipe."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                work(out)
            status = 0
        except Exception as problem:
            sys.stderr.write(f"{type(problem).__name__}: {problem}\n")
        finally:
            os._exit(status)
    os.close(writing)
    return pid, os.fdopen(reading)


# listening ---------------------------------------------------------------------------------------------------------------


class Listening:
    """The stand-ins of one namespace, all in one process."""

    def __init__(self, site: str, wanted: list[dict[str, Any]]) -> None:
        self.site = site
        self.wanted = wanted
        self.problems: list[str] = []
        self.taken = -1

    def __call__(self, out: Any) -> None:
        """Open every socket, say so, and serve until killed."""
        enter(self.site)
        self.taken = os.open(TAKEN, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        streams: dict[int, tuple[socket.socket, dict[str, Any]]] = {}
        for known in self.wanted:
            try:
                sock = self.opened(known)
            except OSError as problem:
                self.problems.append(
                    f"{self.site}: cannot listen on {known['address'] or '*'}:{known['port']}/{known['protocol']}: {problem.strerror}"
                )
                continue
            streams[sock.fileno()] = (sock, known)
        out.write(json.dumps(self.problems) + "\n")
        out.flush()
        while True:
            for fd in select.select(list(streams), [], [])[0]:
                sock, known = streams[fd]
                with contextlib.suppress(OSError):
                    self.serve(sock, known)

    def opened(self, known: dict[str, Any]) -> socket.socket:
        """A socket as the one it stands for."""
        family = socket.AF_INET if known["family"] == 4 else socket.AF_INET6
        is_stream = known["protocol"] == "tcp"
        sock = socket.socket(family, socket.SOCK_STREAM if is_stream else socket.SOCK_DGRAM)
        if is_stream:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(known["family"] == 6))
        if known["device"]:
            sock.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, known["device"].encode() + b"\0")
        if not is_stream:  # so that it can answer from the address it was asked at
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.bind((known["address"] or ("0.0.0.0" if family == socket.AF_INET else "::"), known["port"]))
        if is_stream:
            sock.listen(4096)
        return sock

    def serve(self, sock: socket.socket, known: dict[str, Any]) -> None:
        """One client: a greeting, an echo, or a connection that goes on to where a relay leads."""
        if known["protocol"] == "udp":
            data, told, _, peer = sock.recvmsg(65535, 256)
            if known["to"]:
                self.relayed(known, data, sock, peer, told)
            else:
                os.write(self.taken, data + b"\n")
                answer(sock, data, peer, told)
            return
        client, _ = sock.accept()
        if known["to"]:
            self.relayed(known, b"", client, None, [])
        else:
            client.sendall(BANNER)
        client.close()

    def relayed(self, known: dict[str, Any], data: bytes, client: socket.socket, peer: Any, told: Any) -> None:
        """Ask inside in a process of its own, and pass the answer back."""
        if os.fork():
            return
        try:
            family = socket.AF_INET6 if ":" in known["to"] else socket.AF_INET
            inside = socket.socket(family, socket.SOCK_STREAM if peer is None else socket.SOCK_DGRAM)
            inside.settimeout(5)
            inside.connect((known["to"], known["to_port"]))
            if peer is None:
                client.sendall(inside.recv(64))
            else:
                inside.send(data)
                answer(client, inside.recv(65535), peer, told)
        except OSError:
            pass
        finally:
            os._exit(0)


IP_PKTINFO = 8
"""Python has no name for it."""


def answer(sock: socket.socket, data: bytes, peer: Any, told: Any) -> None:
    """Answer a datagram from the address it was for, as dockerd's gossip and name servers do (`IP_PKTINFO`), whatever the route back would choose."""
    notes = []
    for level, kind, value in told:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            notes = [(level, kind, value[:16] + (value[16:] if value[:2] == b"\xfe\x80" else bytes(4)))]
        elif (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO) and not notes and sock.family == socket.AF_INET:
            notes = [(level, kind, bytes(4) + value[4:])]
    sock.sendmsg([data], notes, 0, peer)


def listen(wanted: list[dict[str, Any]]) -> list[str]:
    """Start the stand-ins; what could not be had."""
    problems: list[str] = []
    for site in dict.fromkeys(known["site"] for known in wanted):
        _, told = child(Listening(site, [known for known in wanted if known["site"] == site]))
        problems += json.loads(told.readline() or '["a stand-in did not start"]')
    return problems


# probing -----------------------------------------------------------------------------------------------------------------


class Attempt:
    """One probe; `outcome` is answered, refused (with an errno) or silent."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.id = wanted["id"]
        self.protocol, self.address, self.port = wanted["protocol"], wanted["address"], wanted["port"]
        self.is_v6 = ":" in self.address
        self.ident = 1 + int(self.id) % 0xFFFF  # no other place's: a reply to it may pass here and be heard
        self.outcome, self.errno = "silent", 0
        self.sock: socket.socket | None = None

    def begin(self) -> None:
        """Send or connect."""
        family = socket.AF_INET6 if self.is_v6 else socket.AF_INET
        try:
            if self.protocol == "icmp":
                sock = self.sock = socket.socket(family, socket.SOCK_RAW, socket.getprotobyname("ipv6-icmp") if self.is_v6 else socket.IPPROTO_ICMP)
                sock.setblocking(False)
                sock.sendto(self.echo(), (self.address, 0))  # not connected: that would fix the source before rules are asked
            else:
                sock = self.sock = socket.socket(family, socket.SOCK_STREAM if self.protocol == "tcp" else socket.SOCK_DGRAM)
                sock.setblocking(False)
                sock.connect((self.address, self.port))
                if self.protocol == "udp":
                    sock.send(f"netsim probe {self.id}".encode())
        except BlockingIOError:
            pass
        except OSError as problem:
            self.refuse(problem)

    def echo(self) -> bytes:
        """An echo request as ping sends it."""
        body = bytes(range(56))
        head = struct.pack("!BBHHH", 128 if self.is_v6 else 8, 0, 0, self.ident, 1)
        if self.is_v6:
            return head + body
        return struct.pack("!BBHHH", 8, 0, checksum(head + body), self.ident, 1) + body

    def refuse(self, problem: OSError) -> None:
        """The kernel said no."""
        self.finish("refused", problem.errno or 0)

    def finish(self, outcome: str, number: int = 0) -> None:
        """It is over."""
        self.outcome, self.errno = outcome, number
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def hear(self) -> None:
        """Something came."""
        assert self.sock is not None
        try:
            data = self.sock.recv(65535)
        except BlockingIOError:
            return
        except OSError as problem:
            self.refuse(problem)
            return
        if self.protocol == "tcp":
            self.finish("answered" if data else "refused")
        elif self.protocol == "udp" or self.is_reply(data):
            self.finish("answered")

    def is_reply(self, data: bytes) -> bool:
        """Whether it answers this very request."""
        message = data if self.is_v6 else data[(data[0] & 15) * 4 :]
        kind, _, _, ident, _ = struct.unpack("!BBHHH", message[:8])
        return kind in (0, 129) and ident == self.ident


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Probing:
    """All the attempts from one namespace, at once."""

    def __init__(self, site: str, wanted: list[dict[str, Any]], patience: float) -> None:
        self.site, self.patience = site, patience
        self.attempts = [Attempt(each) for each in wanted]

    def __call__(self, out: Any) -> None:
        """Try, wait, tell."""
        enter(self.site)
        for attempt in self.attempts:
            attempt.begin()
        poll = select.poll()
        living = {}
        for attempt in self.attempts:
            if attempt.sock is not None:
                living[attempt.sock.fileno()] = attempt
                poll.register(attempt.sock.fileno(), select.POLLIN | select.POLLERR | select.POLLHUP)
        end = time.monotonic() + self.patience
        while living and (left := end - time.monotonic()) > 0:
            for fd, _ in poll.poll(left * 1000):
                attempt = living[fd]
                attempt.hear()
                if attempt.sock is None:
                    poll.unregister(fd)
                    del living[fd]
        out.write(json.dumps({attempt.id: [attempt.outcome, attempt.errno] for attempt in self.attempts}) + "\n")


def probe(wanted: list[dict[str, Any]], patience: float) -> dict[str, Any]:
    """Every attempt, a process for each namespace they start from; rounds follow one another."""
    found: dict[str, Any] = {}
    for turn in sorted({each["round"] for each in wanted}):
        due = [each for each in wanted if each["round"] == turn]
        running = [child(Probing(site, part, patience)) for site, part in by_site(due)]
        for pid, told in running:
            found.update(json.loads(told.read() or "{}"))
            os.waitpid(pid, 0)
    for number in taken():
        found[number] = ["answered", 0]
    return found


def taken() -> list[str]:
    """Attempts whose datagram arrived, whatever became of the answer."""
    try:
        with open(TAKEN, encoding="utf-8", errors="replace") as file:
            return [line.split()[-1] for line in file if line.startswith("netsim probe ")]
    except OSError:
        return []


def by_site(wanted: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The attempts by the namespace they start from."""
    parts: dict[str, list[dict[str, Any]]] = {}
    for each in wanted:
        parts.setdefault(each["site"], []).append(each)
    return list(parts.items())


# all of it ---------------------------------------------------------------------------------------------------------------


def mount_run() -> None:
    """A /run of our own: names of namespaces stay in here."""
    done = run(["mount", "-t", "tmpfs", "tmpfs", "/run"])
    if done["status"]:
        raise OSError(0, done["stderr"].strip())
    os.mkdir("/run/netns")


def work(request: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, as far as it goes."""
    began = time.monotonic()
    result: dict[str, Any] = {"kernel": os.uname().release, "failed": None, "reads": [], "problems": [], "probes": {}}
    if request["own_run"]:
        mount_run()
    result["failed"] = build(request["steps"])
    result["built"] = time.monotonic() - began
    if result["failed"] is None and request["reads"]:
        settle(request["sites"], request["patience"])
        result["settled"] = time.monotonic() - began
        result["reads"] = read(request["reads"])
        result["read"] = time.monotonic() - began
    if result["failed"] is None and request["listeners"]:
        result["problems"] = listen(request["listeners"])
    if result["failed"] is None and request["probes"]:
        result["probes"] = probe(request["probes"], request["probe_patience"])
    result["seconds"] = time.monotonic() - began
    return result


def watch(fd: int) -> None:
    """End with whoever holds the other end of a pipe: everything in this process namespace goes with it."""
    signal.signal(signal.SIGIO, _abandoned)
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([fd], [], [], 0)[0]:
        _abandoned(0, None)


def _abandoned(number: int, frame: Any) -> None:
    os._exit(130)


def main() -> None:
    """Read the request, write the result, and give the terminal to whoever shall have it."""
    if len(sys.argv) > 3:
        watch(int(sys.argv[3]))
    os.environ["PATH"] = PATH
    os.environ["LC_ALL"] = "C"
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    out = open(sys.argv[2], "w", encoding="utf-8")  # noqa: SIM115 - before /run is another
    try:
        result = work(request)
    except OSError as problem:
        result = {
            "kernel": os.uname().release,
            "failed": {"step": -1, "text": "", "stderr": f"{problem.strerror}\n", "status": 1},
            "reads": [],
            "probes": {},
        }
    json.dump(result, out)
    out.flush()
    if result["failed"] is None and request.get("then"):
        os.chdir("/")
        with open(request["output"], "wb") if "output" in request else contextlib.nullcontext() as told:
            result["then"] = subprocess.call(request["then"], stdout=told, stderr=told)
    out.seek(0)
    out.truncate()
    json.dump(result, out)
    out.close()
    if request.get("halts"):
        os.sync()
        ctypes.CDLL(None).reboot(RB_POWER_OFF)


if __name__ == "__main__":
    main()
