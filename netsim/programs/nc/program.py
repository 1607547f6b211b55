"""nc as it runs: finds addresses, connects or listens, relays (`main`, `remote_connect`, `local_listen`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.clock import SECOND, US
from netsim.errors import ECONNREFUSED, EINPROGRESS, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.resolver import zone_of
from netsim.programs.nc.options import Options, Refused, number, read
from netsim.programs.nc.relay import IDLE, QUIT, STDIN, Relay
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, getnameinfo, service_name, service_port

STREAM, DATAGRAM = 1, 2
CONNECT, PROBE, INTERVAL = "connect", "probe", "interval"
PROBES = 4
PROBE_PAUSE = 200 * US
"""Between the four test datagrams of -u -v; on a real host the error of a near one is back before the next write."""


def nc(call: Call) -> Result | Program:
    """nc [options] [host] port... : connect, listen, scan."""
    options = read(call)
    if isinstance(options, Result):
        return options
    try:
        ports = [port for word in options.ports for port in _ports(call.proc, options, word)]
    except Refused as problem:
        return Result("", str(problem), 1)
    if options.has("r"):
        call.machine.kernel.rng.shuffle(ports)
    return Netcat(options, ports)


def _ports(proc: Any, options: Options, word: str) -> list[int]:
    """A port, a name of one, or a range (`build_ports`)."""
    low, dash, high = word.partition("-")
    if dash and low and not options.has("l"):
        first, last = number(low, "port number", 1, 65535), number(high, "port number", 1, 65535)
        return list(range(min(first, last), max(first, last) + 1))
    if not options.has("n") and not word.lstrip("-").isdigit():
        port = service_port(proc, word, options.protocol)
        if port is not None:
            return [port]
    return [number(word, "port number", 1, 65535)]


@attrs.define(eq=False)
class Netcat(Program):
    """One nc. `status` is what it will end with; the look-up under way is of the host (`place` says of which)."""

    options: Options
    ports: list[int]
    status: int = 1
    lookup: Lookup | None = None
    place: str = ""
    addresses: list[IPv4 | IPv6] = attrs.field(factory=list)
    turn: int = 0
    port_at: int = 0
    fd: int = -1
    listener: int = -1
    alarm: int = 0
    probes: int = 0
    said: str = ""
    relay: Relay | None = None

    # beginnings --------------------------------------------------------------------------------------------------------

    def started(self, proc: Any) -> None:
        """Look the host up first."""
        host = self.options.host
        if not host:
            self.addresses = [IPV6_ANY if self.options.family == 10 else IPV4_ANY]
            self._listen(proc)
            return
        self.place = "host"
        if self.options.has("n") and not _is_numeric(host):
            self._die(proc, self._unknown("Name or service not known"))
            return
        self._look(proc, getaddrinfo(proc, host, self.options.family))

    def _unknown(self, why: str) -> str:
        return f'nc: getaddrinfo for host "{self.options.host}" port {self.ports[0]}: {why}\n'

    def _look(self, proc: Any, lookup: Lookup) -> None:
        self.lookup = lookup
        if lookup.done:
            self._looked_up(proc)

    def _looked_up(self, proc: Any) -> None:
        lookup, self.lookup = self.lookup, None
        assert lookup is not None
        if self.place == "host":
            if lookup.error:
                self._die(proc, self._unknown(lookup.error))
                return
            self.addresses = lookup.found
            if self.options.has("l"):
                self._listen(proc)
            else:
                self._next_address(proc)
            return
        if lookup.error and lookup.error != "Name or service not known":
            proc.write(2, f"nc: getnameinfo: {lookup.error}\n")
        else:
            proc.write(2, self.said.replace("\0", str(lookup.found[0]) if lookup.found else str(self.addresses[-1])))
        self._introduced(proc)

    def _die(self, proc: Any, text: str) -> None:
        proc.write(2, text)
        proc.exit(1)

    # connecting --------------------------------------------------------------------------------------------------------

    def _next_port(self, proc: Any) -> None:
        self.port_at += 1
        self.turn = 0
        if self.port_at >= len(self.ports):
            proc.exit(self.status)
        elif self.options.interval:
            proc.timer(self.options.interval * SECOND, INTERVAL)
        else:
            self._next_address(proc)

    def _next_address(self, proc: Any) -> None:
        """Try the addresses in turn (`remote_connect`)."""
        while self.turn < len(self.addresses):
            try:
                self._open(proc, self.addresses[self.turn])
            except NetError as error:
                if error.errno == EINPROGRESS:
                    if self.options.wait >= 0:
                        self.alarm = proc.timer(self.options.wait * SECOND, CONNECT)
                    return
                self._failed(proc, f"failed: {strerror(error.errno)}")
                continue
            except Refused as problem:
                self._die(proc, str(problem))
                return
            self._connected(proc)
            return
        self._next_port(proc)

    def _open(self, proc: Any, address: IPv4 | IPv6) -> None:
        options = self.options
        family = 2 if isinstance(address, IPv4) else 10
        self.fd = proc.socket(family, DATAGRAM if options.has("u") else STREAM)
        sock = proc.sock(self.fd)
        self._set(sock)
        if options.source or options.local_port:
            sock.set("reuseaddr", 1)
            self._bind(proc, sock, family)
        if isinstance(address, IPv6) and (address.is_linklocal or address.is_linklocal_multicast):
            sock.bound_dev = zone_of(proc, self.options.host)
        sock.connect(address, self.ports[self.port_at])

    def _bind(self, proc: Any, sock: Any, family: int) -> None:
        local: Any = IPV4_ANY if family == 2 else IPV6_ANY
        if self.options.source:
            lookup = getaddrinfo(proc, self.options.source, family)
            if not lookup.done or lookup.error:
                raise Refused(f"nc: getaddrinfo: {lookup.error or 'Name or service not known'}\n")
            local = lookup.found[0]
        port = service_port(proc, self.options.local_port, self.options.protocol) if self.options.local_port else 0
        if port is None or not 0 <= port <= 65535:
            raise Refused("nc: getaddrinfo: Servname not supported for ai_socktype\n")
        try:
            sock.bind(local, port)
        except NetError as error:
            raise Refused(f"nc: bind failed: {strerror(error.errno)}\n") from None

    def _set(self, sock: Any) -> None:
        options = self.options
        if options.has("b"):
            sock.set("broadcast", 1)
        if options.tos >= 0:
            sock.set("tos", options.tos)
        if options.ttl >= 0:
            sock.set("ttl", options.ttl)

    def _peer(self) -> str:
        address, host = str(self.addresses[self.turn]), self.options.host
        return host if host.partition("%")[0] == address else f"{host} ({address})"

    def _failed(self, proc: Any, why: str) -> None:
        if self.options.has("v") and self.fd >= 0:  # a family without sockets is passed over
            proc.write(2, f"nc: connect to {self._peer()} port {self.ports[self.port_at]} ({self.options.protocol}) {why}\n")
        self._drop(proc)
        self.turn += 1

    def _drop(self, proc: Any) -> None:
        if self.fd >= 0:
            proc.close(self.fd)
        self.fd = -1

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if fd != self.fd or self.relay is not None or self.options.has("l") or self.options.has("u"):
            return
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        sock = proc.sock(fd)
        if sock.so_error:
            error, sock.so_error = sock.so_error, 0
            self._failed(proc, f"failed: {strerror(error)}")
            self._next_address(proc)
        else:
            self._connected(proc)

    def _connected(self, proc: Any) -> None:
        self.status = 0
        if self.options.has("u") and self.options.has("v"):
            self.probes = 0
            self._probe(proc)
        else:
            self._announce(proc)

    def _probe(self, proc: Any) -> None:
        """Four datagrams show whether an error comes back (`udptest`): of those behind the first only a refusal ends it."""
        try:
            proc.sock(self.fd).send(b"X")
        except NetError as error:
            if not self.probes or error.errno == ECONNREFUSED:
                self.status = 1
                self._drop(proc)
                self._next_port(proc)
                return
        self.probes += 1
        if self.probes < PROBES:
            proc.timer(PROBE_PAUSE, PROBE)
        else:
            self._announce(proc)

    def _announce(self, proc: Any) -> None:
        if self.options.has("v"):
            port, protocol = self.ports[self.port_at], self.options.protocol
            name = None if self.options.has("n") else service_name(proc, port, protocol)
            proc.write(2, f"Connection to {self._peer()} {port} port [{protocol}/{name or '*'}] succeeded!\n")
        if self.options.has("z"):
            self._drop(proc)
            self._next_port(proc)
        else:
            self._serve(proc)

    # listening ---------------------------------------------------------------------------------------------------------

    def _listen(self, proc: Any) -> None:
        """Bind and wait (`local_listen`)."""
        address, options = self.addresses[0], self.options
        fd = proc.socket(2 if isinstance(address, IPv4) else 10, DATAGRAM if options.has("u") else STREAM)
        sock = proc.sock(fd)
        sock.set("reuseaddr", 1)
        sock.set("reuseport", 1)
        self._set(sock)
        try:
            sock.bind(address, self.ports[0])
            if not options.has("u"):
                sock.listen(1)
        except NetError as error:
            self._die(proc, f"nc: {strerror(error.errno)}\n")
            return
        self.listener = fd
        self.place = "listening"
        self._introduce(proc, "Bound" if options.has("u") else "Listening", sock.getsockname())

    def _introduce(self, proc: Any, what: str, name: tuple[IPv4 | IPv6, int]) -> None:
        """Say who it is about, by name unless -n (`report_sock`)."""
        if not self.options.has("v"):
            self._introduced(proc)
            return
        self.addresses = [self.addresses[0], name[0]]
        self.said = f"{what} on \0 {name[1]}\n"
        if self.options.has("n"):
            proc.write(2, f"{what} on {name[0]} {name[1]}\n")
            self._introduced(proc)
        else:
            self._look(proc, getnameinfo(proc, name[0]))

    def _introduced(self, proc: Any) -> None:
        if self.place == "peer":
            self._serve(proc)
        elif self.options.has("u") and self.options.has("k"):
            self.fd = self.listener
            self._serve(proc)
        else:
            self._accept(proc)

    def _accept(self, proc: Any) -> None:
        """Take the next connection; for UDP the first sender is the peer."""
        if self.relay is not None or self.listener < 0 or self.lookup is not None:
            return
        sock = proc.sock(self.listener)
        if self.options.has("u"):
            if not sock.queue:
                return
            first = sock.queue[0]
            sock.connect(first.src, first.sport)
            self.fd = self.listener
        else:
            child = sock.accept()
            if child is None:
                return
            self.fd = proc.accepted(child)
        self.place = "peer"
        self.status = 0
        self._introduce(proc, "Connection received", proc.sock(self.fd).getpeername())

    # relaying ----------------------------------------------------------------------------------------------------------

    def _serve(self, proc: Any) -> None:
        self.relay = Relay(self.options, self.fd, self.options.has("l"))
        self.relay.begin(proc)
        self._after(proc)

    def _after(self, proc: Any) -> None:
        relay = self.relay
        if proc.status is not None or relay is None or not relay.done:
            return
        self.relay = None
        if self.fd != self.listener:
            proc.close(self.fd)
        self.fd = -1
        if self.options.has("l"):
            if self.options.has("k") and not self.options.has("u"):
                self.place = "listening"
                self._accept(proc)
            else:
                proc.exit(0)
        else:
            self._next_port(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Something came: an answer of a name server, a connection, data, an error."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            if self.lookup.done:
                self._looked_up(proc)
        elif self.relay is not None:
            if fd == STDIN:
                self.relay.from_stdin(proc)
            elif fd == self.fd:
                self.relay.from_net(proc)
            self._after(proc)
        elif fd == self.listener:
            self._accept(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A wait is over."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            if self.lookup.done:
                self._looked_up(proc)
        elif token == CONNECT:
            self.alarm = 0
            self._failed(proc, f"timed out: {strerror(EINPROGRESS)}")
            self._next_address(proc)
        elif token == PROBE:
            self._probe(proc)
        elif token == INTERVAL:
            self._next_address(proc)
        elif token == QUIT:
            proc.exit(0)
        elif token == IDLE and self.relay is not None:
            self.relay.idle = 0
            self.relay.end(proc)
            self._after(proc)


def _is_numeric(word: str) -> bool:
    from netsim.programs.net.resolver import numeric

    return numeric(word) is not None
