"""nc of BusyBox where it is built to be like netcat 1.10, as in Alpine (networking/nc_bloaty.c): -v tells of connections, -z only makes one, -u."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, NetError, strerror
from netsim.machine.call import Call, Invoked, Program, Result
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Die, counting, die, ended, name_of, read_options, usage
from netsim.programs.busybox.nc import PATIENCE, STDIN, STDOUT, STREAM, Netcat
from netsim.programs.net.resolver import AF_INET6, Lookup, getnameinfo, numeric, service_port

GRAMMAR = Grammar("lknuvzb", "pswio", in_order=True)
DATAGRAM, IDLE, TRIES = 2, "idle", 2
MUSL = {ETIMEDOUT: "Operation timed out", EHOSTUNREACH: "Host is unreachable"}
"""What Alpine's C library calls them; elsewhere it is `strerror`."""
USAGE = """Usage: nc [OPTIONS] HOST PORT  - connect
nc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen

	-e PROG	Run PROG after connect (must be last)
	-l	Listen mode, for inbound connects
	-lk	With -e, provides persistent server
	-p PORT	Local port
	-s ADDR	Local address
	-w SEC	Timeout for connects and final net reads
	-i SEC	Delay interval for lines sent
	-n	Don't do DNS resolution
	-u	UDP mode
	-b	Allow broadcasts
	-v	Verbose
	-o FILE	Hex dump traffic
	-z	Zero-I/O mode (scanning)
"""


def nc(call: Call) -> Any:
    """nc (BusyBox, NC_110_COMPAT)."""
    return ended(_nc, call)


def _misused(applet: str, said: str = "") -> Die:
    return Die(Result("", said + usage(applet).result.stderr.partition("\n")[0] + "\n\n" + USAGE, 1))


def _split(words: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """What comes before -e, which may end other letters, and the command after it."""
    for place, word in enumerate(words):
        if word == "-e" or (word[:1] == "-" and word[-1:] == "e" and set(word[1:-1]) <= set("nuvlkz")):
            return [*words[:place], *([word[:-1]] if len(word) > 2 else [])], tuple(words[place + 1 :])
    return words, ()


def _nc(call: Call) -> Result | Program:
    applet = name_of(call)
    words, command = _split(list(call.argv[1:]))
    try:
        options = read_options(Invoked(call.proc, (call.argv[0], *words)), GRAMMAR, {"w": counting, "i": counting})
    except Die as problem:
        said = problem.result.stderr.partition("\n")[0]
        raise _misused(applet, said + "\n" if said.startswith(applet + ":") else "") from None
    for letter, what in (("i", "pauses between lines"), ("o", "a dump of the traffic")):
        if letter in options:
            raise die(applet, f"netsim: -{letter} ({what}) is not modelled")
    is_udp, listening = "u" in options, 2 if "k" in options else options.count("l")
    if len(options.words) > 2 or not (listening or options.words):
        raise _misused(applet)
    if is_udp and "z" in options:
        raise die(applet, "netsim: -u with -z (looking for open UDP ports) is not modelled")
    ports = []
    for word in (options.get("p"), options.words[1] if len(options.words) > 1 else None):
        port = 0 if word is None else service_port(call.proc, word, "udp" if is_udp else "tcp")
        if port is None or port > 65535:
            raise die(applet, f"bad port '{word}'")
        ports.append(port)
    source = numeric(options.get("s", "")) if "s" in options else None
    if "s" in options and source is None:
        raise die(applet, f"bad address '{options.get('s')}'")
    if is_udp and listening and not ports[0]:
        raise die(applet, "UDP listen needs nonzero -p port")
    host = options.words[0] if options.words and not listening else ""
    return Netcat110(
        applet, host, ports[1], listening, ports[0], options.get("w", 0), command,
        kind=DATAGRAM if is_udp else STREAM, source=source, verbose=options.count("v"), only_connects=int("z" in options),
        is_numeric=int("n" in options),
    )  # fmt: skip


@attrs.define(eq=False)
class Netcat110(Netcat):
    """One of these. `verbose` counts -v: once, and what succeeds is told; twice, and refusals and what was moved are, too."""

    verbose: int = 0
    only_connects: int = 0
    is_numeric: int = 0
    has_net: int = 1
    sent: int = 0
    received: int = 0
    tries: int = TRIES
    idle: int = 0

    def _end(self, proc: Any, status: int) -> None:
        if self.verbose > 1:
            proc.write(2, f"sent {self.sent}, rcvd {self.received}\n")
        proc.exit(status)

    def _listen(self, proc: Any) -> None:
        super()._listen(proc)
        if self.verbose and proc.status is None:
            proc.write(2, f"listening on {_name(*proc.sock(self.listener).getsockname())} ...\n")

    def _found(self, proc: Any, lookup: Lookup) -> None:
        if self.listening:
            self._introduce(proc, lookup)
        else:
            super()._found(proc, lookup)

    def _refused(self, proc: Any, errno: int) -> None:
        if self.verbose > 1 or (self.verbose and errno != ECONNREFUSED):
            proc.write(2, f"{self.applet}: {self.host} ({_name(self.address, self.port)}): {MUSL.get(errno) or strerror(errno)}\n")
        self._end(proc, 1)

    def _connected(self, proc: Any) -> None:
        self.is_connected = 1
        if self.verbose and self.listening:
            peer = proc.sock(self.fd).getpeername()[0]
            if self.is_numeric:
                self._introduce(proc, None)
                return
            self.lookup = getnameinfo(proc, peer)
            self._looked_up(proc)
            return
        if self.verbose:
            proc.write(2, f"{self.host} ({_name(self.address, self.port)}) open\n")
        if self.only_connects and not self.listening:
            self._end(proc, 0)
            return
        self._move(proc)

    def _introduce(self, proc: Any, named: Any) -> None:
        """Say who connected, by name where the address has one."""
        sock = proc.sock(self.fd)
        (address, port), local = sock.getpeername(), sock.getsockname()
        is_mapped = sock.family == AF_INET6
        peer = _name(address, port, is_mapped=is_mapped)
        who = f"{named.found[0]}:{port}" if named is not None and named.found and not named.error else peer
        proc.write(2, f"connect to {_name(local[0], local[1], is_mapped=is_mapped)} from {who} ({peer})\n")
        self._move(proc)

    def _move(self, proc: Any) -> None:
        super()._connected(proc)
        self._await_silence(proc)

    def _accept(self, proc: Any) -> None:
        if self.kind == STREAM:
            super()._accept(proc)
            return
        sock = proc.sock(self.listener)
        if sock.queue:
            first = sock.queue[0]
            sock.connect(first.src, first.sport)
            self.fd, self.listener = self.listener, -1
            self._connected(proc)

    def _await_silence(self, proc: Any) -> None:
        """-w holds for what is read, too: twice that long without a word, and it ends."""
        if self.idle:
            proc.cancel_timer(self.idle)
            self.idle = 0
        if self.patience and proc.status is None and not self.command:
            self.idle = proc.timer(self.patience * SECOND, IDLE)

    def _from_stdin(self, proc: Any) -> None:
        while self.has_input and proc.status is None:
            data = proc.read(STDIN) if STDIN in proc.fds else b""
            if data is None:
                return
            try:
                if data:
                    proc.sock(self.fd).send(data)
                    self.sent += len(data)
                    continue
                self.has_input = 0
                proc.sock(self.fd).shutdown()
            except NetError:
                self.has_input = 0
        self._check(proc)

    def _from_net(self, proc: Any) -> None:
        while self.has_net and proc.status is None:
            try:
                data = proc.sock(self.fd).recv()
            except NetError as error:
                if self.verbose > 1:
                    proc.write(2, f"{self.applet}: net read: {strerror(error.errno)}\n")
                data = b""
            if data is None:
                return
            self._await_silence(proc)
            if not data:
                self.has_net = 0
            elif STDOUT in proc.fds:
                self.received += len(data)
                proc.write(STDOUT, data)
        self._check(proc)

    def _check(self, proc: Any) -> None:
        if proc.status is None and not self.has_net and not self.has_input:
            self._end(proc, 0)

    def timer(self, proc: Any, token: Any) -> None:
        """No connection within -w, or nothing heard for so long; else as the other one."""
        if token == PATIENCE:
            if self.listening or self.address is None:
                self._die(proc, "timeout")
            else:
                self._refused(proc, ETIMEDOUT)
        elif token == IDLE:
            self.idle, self.tries = 0, self.tries - 1
            if self.tries:
                self._await_silence(proc)
            else:
                self._end(proc, 0)
        else:
            super().timer(proc, token)


def _name(address: IPv4 | IPv6, port: int, *, is_mapped: bool = False) -> str:
    if isinstance(address, IPv4):
        return f"[::ffff:{address}]:{port}" if is_mapped else f"{address}:{port}"
    return f"[{address}]:{port}"
