"""telnet (GNU inetutils 2.4) as scripts use it: a connection to a port, lines either way, no terminal."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.programs.busybox.nc import Netcat
from netsim.programs.net.resolver import AF_INET, AF_INET6, LOOKUP_TIMER, Lookup, getaddrinfo, service_port

GRAMMAR = Grammar(
    "468acdEFfKLrx", "beklnSXnt",
    long={"ipv4": ("4", ""), "ipv6": ("6", ""), "help": ("help", ""), "version": ("version", ""), "user": ("l", "="), "no-login": ("K", ""), "login": ("a", "")},
)  # fmt: skip
PORT, START, STDIN, STDOUT = 23, 1_000_000, 0, 1
LOOK = "look"
IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
CLOSED = "Connection closed by foreign host.\n"


def telnet(call: Call) -> Result | Program:
    """telnet [-4|-6] [HOST [PORT]]"""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"telnet: {problem}\nTry `telnet --help' or `telnet --usage' for more information.\n", 64)
    names = {option.name for option in options}
    if "version" in names:
        return Result("telnet (GNU inetutils) 2.4\n")
    if "help" in names:
        return Result("Usage: telnet [OPTION...] [HOST [PORT]]\nLogin to remote system HOST (optionally, on service port PORT)\n")
    for option in options:
        if option.name not in ("4", "6", "E", "K", "a", "l", "x"):
            call.netns.kernel.unmodelled.append(f"telnet -{option.name}")
    if len(words) > 2:
        return Result("", "telnet: too many arguments\n", 1)
    if not words:
        call.netns.kernel.unmodelled.append("telnet without a host: its commands")
        return Result("telnet> ")
    family = AF_INET if "4" in names else AF_INET6 if "6" in names else 0
    return Telnet("telnet", words[0], 0, service=words[1] if len(words) > 1 else str(PORT), family=family)


@attrs.define(eq=False)
class Telnet(Netcat):
    """One telnet. Addresses are tried one after the other; what is typed goes out with CR LF, options of the other side are declined."""

    service: str = ""
    family: int = 0
    waiting: list[Any] = attrs.field(factory=list)
    """Addresses that were not tried yet."""
    held: bytes = b""
    """A command of the protocol that has come in part."""

    def started(self, proc: Any) -> None:
        """Look the host up."""
        port = service_port(proc, self.service, "tcp")
        if port is None or port > 65535:
            self._lookup_failed(proc, "Servname not supported for ai_socktype")
            return
        self.port = port
        self.lookup = getaddrinfo(proc, self.host, self.family)
        self._looked_up(proc)

    def _lookup_failed(self, proc: Any, why: str) -> None:
        proc.write(STDOUT, f"Server lookup failure:  {self.host}:{self.service}, {why}\n")
        proc.exit(1)

    def _found(self, proc: Any, lookup: Lookup) -> None:
        if lookup.error:
            self._lookup_failed(proc, lookup.error)
            return
        self.waiting = list(dict.fromkeys(lookup.found))
        self._try(proc)

    def _try(self, proc: Any) -> None:
        """The next address."""
        address = self.waiting.pop(0)
        proc.write(STDOUT, f"Trying {address}...\n")
        self._connect(proc, address)

    def _refused(self, proc: Any, errno: int) -> None:
        if self.waiting:
            proc.close(self.fd)
            self._try(proc)
            return
        proc.write(2, f"telnet: Unable to connect to remote host: {strerror(errno)}\n")
        proc.exit(1)

    def _connected(self, proc: Any) -> None:
        self.is_connected = 1
        proc.write(STDOUT, f"Connected to {self.host}.\nEscape character is '^]'.\n")
        if self.port == PORT:
            proc.machine.kernel.unmodelled.append("telnet: options that it offers to port 23 by itself")
        proc.timer(START, LOOK)

    def timer(self, proc: Any, token: Any) -> None:
        """The first look at both sides, or a name server that was silent."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._looked_up(proc)
        elif token == LOOK:
            self._from_net(proc)
            if proc.status is None:
                self._from_stdin(proc)

    def _from_stdin(self, proc: Any) -> None:
        """Lines go out; at the end of the input the connection is given up."""
        while proc.status is None:
            data = proc.read(STDIN) if STDIN in proc.fds else b""
            if data is None:
                return
            if not data:
                self._from_net(proc)
                self._over(proc)
                return
            try:
                proc.sock(self.fd).send(data.replace(b"\xff", b"\xff\xff").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            except NetError:
                self._over(proc)

    def _over(self, proc: Any) -> None:
        if proc.status is None:
            proc.write(2, CLOSED)
            proc.exit(0)

    def _from_net(self, proc: Any) -> None:
        while proc.status is None:
            try:
                data = proc.sock(self.fd).recv()
            except NetError:
                self._over(proc)
                return
            if data is None:
                return
            if not data:
                self._over(proc)
                return
            text, declined = self._plain(data)
            if declined:
                proc.sock(self.fd).send(declined)
            if text:
                proc.write(STDOUT, text)

    def _plain(self, data: bytes) -> tuple[bytes, bytes]:
        """What is text, and the answers to commands in between (RFC 854): everything asked for is declined."""
        data, self.held, out, answer, at = self.held + data, b"", b"", b"", 0
        while at < len(data):
            if data[at] != IAC:
                out += data[at : at + 1]
                at += 1
                continue
            need = 2 if at + 1 < len(data) and data[at + 1] not in (DO, DONT, WILL, WONT, SB) else 3
            if at + need > len(data):
                self.held = data[at:]
                break
            kind = data[at + 1]
            if kind == IAC:
                out += b"\xff"
            elif kind == SB:
                end = data.find(bytes((IAC, SE)), at)
                if end < 0:
                    self.held = data[at:]
                    break
                need = end + 2 - at
            elif kind in (DO, WILL):
                answer += bytes((IAC, WONT if kind == DO else DONT, data[at + 2]))
            at += need
        return out, answer
