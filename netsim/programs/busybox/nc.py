"""nc of BusyBox: connect or listen, and move bytes either way (networking/nc.c); of telnet what is left without a terminal."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV6_ANY, IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import EINPROGRESS, NetError, strerror
from netsim.machine.call import Call, Invoked, Program, Result
from netsim.machine.fds import OpenFile
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import counting, die, ended, name_of, read_options, usage
from netsim.programs.net.resolver import AF_INET, AF_INET6, LOOKUP_TIMER, Lookup, getaddrinfo, service_port

GRAMMAR = Grammar("l", "piwfe", in_order=True)
STREAM, STDIN, STDOUT = 1, 0, 1
PATIENCE, TELNET_PORT = "patience", 23


def nc(call: Call) -> Any:
    """nc (BusyBox)."""
    return ended(_nc, call)


def telnet(call: Call) -> Any:
    """telnet (BusyBox)."""
    return ended(_telnet, call)


def _port(proc: Any, applet: str, word: str) -> int:
    port = service_port(proc, word, "tcp")
    if port is None or port > 65535:
        raise die(applet, f"bad port '{word}'")
    return port


def _nc(call: Call) -> Result | Program:
    applet = name_of(call)
    words, command = list(call.argv[1:]), tuple[str, ...]()
    if "-e" in words:
        at = words.index("-e")
        words, command = words[:at], tuple(words[at + 1 :])
        if not command:
            raise usage(applet, "option requires an argument -- 'e'")
    options = read_options(Invoked(call.proc, (call.argv[0], *words)), GRAMMAR, {"w": counting, "i": counting})
    if "f" in options:
        raise die(applet, "netsim: -f (a file instead of the network) is not modelled")
    if "i" in options:
        raise die(applet, "netsim: -i (pauses between lines) is not modelled")
    local = _port(call.proc, applet, options.get("p")) if "p" in options else 0
    listening = options.count("l")
    if not listening and not 1 <= len(options.words) <= 2:
        raise usage(applet)
    host = options.words[0] if options.words else ""
    port = _port(call.proc, applet, options.words[1]) if len(options.words) > 1 else 0
    return Netcat(applet, host, port, listening, local, options.get("w", 0), command)


def _telnet(call: Call) -> Result | Program:
    options = read_options(call, Grammar("a", "l", in_order=True))
    if not 1 <= len(options.words) <= 2:
        raise usage("telnet")
    port = _port(call.proc, "telnet", options.words[1]) if len(options.words) > 1 else TELNET_PORT
    return Netcat("telnet", options.words[0], port)


@attrs.define(eq=False)
class Netcat(Program):
    """One nc. `listening` counts -l: twice, and every connection gets a `command` of its own."""

    applet: str
    host: str
    port: int
    listening: int = 0
    local_port: int = 0
    patience: int = 0
    command: tuple[str, ...] = ()
    lookup: Lookup | None = None
    listener: int = -1
    fd: int = -1
    address: Any = None
    is_connected: int = 0
    has_input: int = 1
    alarm: int = 0
    child: int = 0
    """Process id of the command of -e."""
    kind: int = STREAM
    source: IPv4 | IPv6 | None = None
    """The address of its own end that was asked for."""

    def started(self, proc: Any) -> None:
        """Listen, or look the host up."""
        if self.patience:
            self.alarm = proc.timer(self.patience * SECOND, PATIENCE)
        if self.listening:
            self._listen(proc)
            return
        self.lookup = getaddrinfo(proc, self.host)
        self._looked_up(proc)

    def _die(self, proc: Any, text: str) -> None:
        proc.write(2, f"{self.applet}: {text}\n")
        proc.exit(1)

    def _listen(self, proc: Any) -> None:
        address = IPV6_ANY if self.source is None else self.source
        self.listener = proc.socket(AF_INET if isinstance(address, IPv4) else AF_INET6, self.kind)
        sock = proc.sock(self.listener)
        sock.set("reuseaddr", 1)
        try:
            sock.bind(address, self.local_port)
            if self.kind == STREAM:
                sock.listen(1)
        except NetError as error:
            self._die(proc, f"bind: {strerror(error.errno)}")

    def _looked_up(self, proc: Any) -> None:
        lookup = self.lookup
        if lookup is None or not lookup.done:
            return
        self.lookup = None
        self._found(proc, lookup)

    def _found(self, proc: Any, lookup: Lookup) -> None:
        """The host's address is known, or that it has none: connect."""
        if lookup.error:
            self._die(proc, f"bad address '{self.host}'")
            return
        self._connect(proc, lookup.found[0])

    def _connect(self, proc: Any, address: IPv4 | IPv6) -> None:
        self.address = address
        self.fd = proc.socket(AF_INET if isinstance(self.address, IPv4) else AF_INET6, self.kind)
        sock = proc.sock(self.fd)
        try:
            if self.local_port or self.source is not None:
                sock.set("reuseaddr", 1)
                sock.bind(type(self.address)(0) if self.source is None else self.source, self.local_port)
            sock.connect(self.address, self.port)
        except NetError as error:
            if error.errno != EINPROGRESS:
                self._refused(proc, error.errno)
            return
        self._connected(proc)

    def _refused(self, proc: Any, errno: int) -> None:
        self._die(proc, f"can't connect to remote host ({self.address}): {strerror(errno)}")

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if fd != self.fd or self.is_connected:
            return
        sock = proc.sock(fd)
        error, sock.so_error = sock.so_error, 0
        if error:
            self._refused(proc, error)
        else:
            self._connected(proc)

    def _connected(self, proc: Any) -> None:
        self.is_connected = 1
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        if self.command:
            child = _run(proc, self.fd, self.command)
            self.child = child.pid if child is not None else 0
            if child is None:
                self._die(proc, f"can't execute '{self.command[0]}': No such file or directory")
            return
        self._from_stdin(proc)
        if proc.status is None:
            self._from_net(proc)

    def _accept(self, proc: Any) -> None:
        while proc.status is None and (self.listening > 1 or not self.is_connected):
            child = proc.sock(self.listener).accept()
            if child is None:
                return
            self.fd = proc.accepted(child)
            if self.listening > 1 and self.command:
                _run(proc, self.fd, self.command)
                proc.close(self.fd)
            else:
                proc.close(self.listener)
                self.listener = -1
                self._connected(proc)
                return

    def readable(self, proc: Any, fd: int) -> None:
        """An answer of a name server, a connection, or bytes of either side."""
        if self.lookup is not None:
            self.lookup.readable(proc)
            self._looked_up(proc)
        elif fd == self.listener:
            self._accept(proc)
        elif self.is_connected and not self.command:
            if fd == STDIN:
                self._from_stdin(proc)
            elif fd == self.fd:
                self._from_net(proc)

    def _from_stdin(self, proc: Any) -> None:
        while self.has_input and proc.status is None:
            data = proc.read(STDIN) if STDIN in proc.fds else b""
            if data is None:
                return
            try:
                if data:
                    proc.sock(self.fd).send(data)
                    continue
                self.has_input = 0
                proc.sock(self.fd).shutdown()
            except NetError:
                self.has_input = 0

    def _from_net(self, proc: Any) -> None:
        while proc.status is None:
            try:
                data = proc.sock(self.fd).recv()
            except NetError as error:
                self._die(proc, f"read error: {strerror(error.errno)}")
                return
            if data is None:
                return
            if not data:
                if self.applet == "telnet":
                    proc.write(2, "Connection closed by foreign host\n")
                    proc.exit(1)
                else:
                    proc.exit(0)
                return
            if STDOUT in proc.fds:
                proc.write(STDOUT, data)

    def timer(self, proc: Any, token: Any) -> None:
        """A name server was silent, or -w is over."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._looked_up(proc)
        elif token == PATIENCE:
            self._die(proc, "timed out")

    def child_ended(self, proc: Any, pid: int, status: int) -> None:
        """The command of -e has ended; another child is one of the shell that became this program."""
        if self.listening < 2 and pid == self.child:
            proc.exit(status)


def _run(proc: Any, fd: int, command: tuple[str, ...]) -> Any:
    """Run a command with the connection as its input and output; None when there is none such."""
    if proc.machine.command(proc, command[0]) is None:
        return None
    opened: OpenFile = proc.fds[fd]
    fds = {0: opened.dup(), 1: opened.dup()} | ({2: proc.fds[2].dup()} if 2 in proc.fds else {})
    child = proc.machine.new_process(proc, command, proc.env, proc.cwd, fds)
    child.take_over(0, opened)
    child.fds[1] = opened
    proc.machine.execute(child, command)
    return child
