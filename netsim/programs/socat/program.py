"""socat as it runs: opens its two addresses one after the other, then moves bytes both ways (socat.c, xio-ip*.c, xio-listen.c)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import EINPROGRESS, ETIMEDOUT, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.fds import Null, make_pipe
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, service_port
from netsim.programs.socat.address import (
    CREATES,
    FD,
    KNOWN,
    LISTENS,
    OPENS,
    PIPE,
    RECV,
    RECVFROM,
    RUNS,
    SENDTO,
    STREAM,
    TCP,
    Address,
)
from netsim.programs.socat.channel import Channel
from netsim.programs.socat.options import VERSION, Options, read

CONNECT, CLOSING, INACTIVE, RETRY = "connect", "closing", "inactive", "retry"
RESERVED = (3, 4)
"""Descriptors socat keeps for itself, so that its first socket is 5."""


class Problem(Exception):
    """socat gives up: what stands after the ` E `."""


def socat(call: Call) -> Result | Program:
    """socat [options] ADDRESS ADDRESS."""
    options = read(call)
    if isinstance(options, Result):
        return options
    if isinstance(options, str):
        return Result("", log_line(call.proc, "E", options), 1)
    for address in options.addresses:
        for name in address.options:
            if name in KNOWN:
                call.machine.kernel.unmodelled.append(f"socat {address.keyword},{name}: not modelled")
    for fd in RESERVED:
        call.proc.fds.setdefault(fd, Null())
    return Socat(options)


def log_line(proc: Any, level: str, text: str) -> str:
    """A line as socat logs it, in UTC."""
    moment = datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC)
    return f"{moment:%Y/%m/%d %H:%M:%S} socat[{proc.pid}] {level} {text}\n"


def shown(address: IPv4 | IPv6, port: int) -> str:
    """An address as socat's messages show it."""
    if isinstance(address, IPv4):
        return f"AF=2 {address}:{port}"
    groups = ":".join(f"{int(address):032x}"[at : at + 4] for at in range(0, 32, 4))
    return f"AF=10 [{groups}]:{port}"


@attrs.define(eq=False)
class Socat(Program):
    """One socat: `channels` grows to two, then bytes flow. `names` is what a program it starts finds in its environment."""

    options: Options
    channels: list[Channel] = attrs.field(factory=list)
    fd: int = -1
    target: Any = None
    port: int = 0
    lookup: Lookup | None = None
    alarm: int = 0
    wait: int = 0
    tries: int = 0
    names: dict[str, str] = attrs.field(factory=dict)
    is_transferring: bool = False
    moved: bool = False

    # opening -----------------------------------------------------------------------------------------------------------

    def started(self, proc: Any) -> None:
        """Open the addresses in order."""
        self._go_on(proc)

    def _address(self) -> Address:
        return self.options.addresses[len(self.channels)]

    def _go_on(self, proc: Any) -> None:
        try:
            while len(self.channels) < 2:
                channel = self._open(proc, self._address())
                if channel is None:
                    return
                self._opened(channel)
        except Problem as problem:
            self._give_up(proc, str(problem))
            return
        self._transfer(proc)

    def _opened(self, channel: Channel) -> None:
        address = self._address()
        channel.crnl = address.has("crnl")
        channel.keeps_open |= address.has("shut-none")
        self.channels.append(channel)
        self.fd, self.target = -1, None

    def _give_up(self, proc: Any, text: str) -> None:
        proc.write(2, log_line(proc, "E", text))
        if self.options.verbosity > 1:
            proc.write(2, log_line(proc, "N", "exit(1)"))
        proc.exit(1)

    def _open(self, proc: Any, address: Address) -> Channel | None:
        """A channel, or None while something is awaited."""
        kind = address.form.kind
        if kind == STREAM:
            way = address.form.protocol
            return Channel(0 if way in ("io", "in") else -1, {"io": 1, "out": 1, "err": 2}.get(way, -1), keeps_open=True)
        if kind == FD:
            return Channel(int(address.parameters[0]), int(address.parameters[0]), keeps_open=True)
        if kind == RUNS:
            return self._run(proc, address)
        if kind == PIPE:
            reader, writer = make_pipe()
            return Channel(proc.install(reader), proc.install(writer))
        if kind in (OPENS, CREATES):
            return self._open_file(proc, address)
        if kind in (LISTENS, RECVFROM, RECV):
            return self._bind(proc, address)
        return self._connect(proc, address)

    def _open_file(self, proc: Any, address: Address) -> Channel:
        path = address.parameters[0]
        is_first, way = not self.channels, self.options.direction
        reads = way != ("U" if is_first else "u")
        writes = way != ("u" if is_first else "U")
        creates = address.form.kind == CREATES or address.has("create") or (address.form.protocol == "gopen" and writes)
        exists = proc.machine.files.stat(proc, path) is not None
        flags = (0 if not writes else 2 if reads else 1) | (0o100 if creates else 0) | (0o1000 if address.has("trunc") else 0)
        if address.form.kind == CREATES:
            flags = 0o1101
        try:
            if not exists and not creates:
                proc.open(path, "r")
            appends = address.has("append") or (address.form.protocol == "gopen" and exists)  # what is there stays
            mode = "a" if appends else "w" if creates and (not exists or address.has("trunc") or address.form.kind == CREATES) else "r+"
            fd = proc.open(path, "r" if not writes else mode)
        except NetError as error:
            raise Problem(f'open("{path}", 0{flags:o}, 0666): {strerror(error.errno)}') from None
        return Channel(fd if reads else -1, fd if writes else -1, keeps_open=True)

    def _run(self, proc: Any, address: Address) -> Channel:
        """Start a program with pipes at its standard streams."""
        line = address.parameters[0]
        argv = ("sh", "-c", line) if address.form.protocol == "system" else tuple(line.split())
        env = {**proc.env, **self.names, "SOCAT_PID": str(proc.pid), "SOCAT_PPID": str(proc.pid), "SOCAT_VERSION": VERSION}
        from_child, child_out = make_pipe()
        child_in, to_child = make_pipe()
        if not argv or proc.machine.command(proc, argv[0]) is None:
            name = argv[0] if argv else ""
            raise Problem(f'execvp("{name}", "{name}"): {strerror(2)}')
        fds = {0: child_in, 1: child_out, 2: child_out.dup() if address.has("stderr") else proc.fds[2].dup() if 2 in proc.fds else Null()}
        child = proc.machine.spawn(proc, argv, env, proc.cwd, fds)
        return Channel(proc.install(from_child), proc.install(to_child), child=child.pid)

    # sockets -----------------------------------------------------------------------------------------------------------

    def _family(self, address: Address) -> int:
        return address.form.family or (10 if address.has("ipv6-v6only") else self.options.family)

    def _socket(self, proc: Any, address: Address, family: int) -> Any:
        kind, number = (1, 6) if address.form.protocol == TCP else (2, 17)
        try:
            self.fd = proc.socket(family, kind)
        except NetError as error:
            raise Problem(f"socket({family}, {kind}, {number}): {strerror(error.errno)}") from None
        sock = proc.sock(self.fd)
        for option, name in (
            ("reuseaddr", "reuseaddr"),
            ("reuseport", "reuseport"),
            ("broadcast", "broadcast"),
            ("nodelay", "nodelay"),
            ("keepalive", "keepalive"),
            ("ipv6-v6only", "v6only"),
            ("transparent", "transparent"),
            ("freebind", "freebind"),
        ):
            if address.has(option):
                sock.set(name, 1)
        for option in ("ttl", "tos"):
            if option in address.options:
                sock.set(option, address.number(option, 0))
        device = address.options.get("so-bindtodevice")
        if device:
            try:
                sock.bind_to_device(device)
            except NetError as error:
                raise Problem(f'setsockopt({self.fd}, 1, 25, "{device}", {len(device)}): {strerror(error.errno)}') from None
        return sock

    def _port(self, proc: Any, address: Address, word: str) -> int:
        port = service_port(proc, word, address.form.protocol)
        if port is None or port > 65535:
            host = address.parameters[0]
            raise Problem(f'getaddrinfo"{host}", "{word}", {{1,0,1,0}}, {{}}): Servname not supported for ai_socktype')
        return port

    def _local(self, proc: Any, address: Address, family: int) -> tuple[Any, int]:
        host, _, port = (
            address.options.get("bind", "").rpartition(":") if ":" in address.options.get("bind", "") else (address.options.get("bind", ""), "", "")
        )
        port = port or address.options.get("sourceport", "")
        local: Any = IPV4_ANY if family == 2 else IPV6_ANY
        if host:
            lookup = getaddrinfo(proc, host.strip("[]"), family)
            if not lookup.done or lookup.error:
                raise Problem(f'getaddrinfo("{host}", "NULL", {{1,{family},1,6}}, {{}}): {lookup.error or "Temporary failure in name resolution"}')
            local = lookup.found[0]
        return local, self._port(proc, address, port) if port else 0

    def _take_name(self, sock: Any, local: Any, port: int) -> None:
        try:
            sock.bind(local, port)
        except NetError as error:
            size = 16 if isinstance(local, IPv4) else 28
            raise Problem(f"bind({self.fd}, {{{shown(local, port)}}}, {size}): {strerror(error.errno)}") from None

    def _bind(self, proc: Any, address: Address) -> Channel | None:
        """Listen or wait for datagrams."""
        if self.fd < 0:
            family = self._family(address) or 2
            sock = self._socket(proc, address, family)
            local, _ = self._local(proc, address, family)
            self._take_name(sock, local, self._port(proc, address, address.parameters[0]))
            if address.form.protocol == TCP:
                sock.listen(address.number("backlog", 5))
        if address.form.kind == RECV:
            return Channel(self.fd, -1, is_socket=True, hears_all=True)
        return self._accept(proc, address)

    def _accept(self, proc: Any, address: Address) -> Channel | None:
        sock = proc.sock(self.fd)
        while True:
            channel = self._next_peer(proc, address, sock)
            if channel is None or not address.has("fork"):
                return channel
            self._hand_on(proc, channel)

    def _next_peer(self, proc: Any, address: Address, sock: Any) -> Channel | None:
        if address.form.protocol == TCP:
            child = sock.accept()
            if child is None:
                return None
            if address.has("fork"):
                fd = proc.accepted(child)
            else:
                fd = proc.accepted(child)
                proc.close(self.fd)
            self._name_ends(child.getpeername(), child.getsockname())
            return Channel(fd, fd, is_socket=True)
        received = sock.recvfrom()
        if received is None:
            return None
        local = received.packet.dst
        self._name_ends((received.src, received.sport), (local, sock.lport))
        if address.form.kind == RECVFROM:
            return Channel(self.fd, self.fd, is_socket=True, peer=(received.src, received.sport), first=received.data, is_one_shot=True)
        return self._connected_datagram(proc, address, received, local)

    def _connected_datagram(self, proc: Any, address: Address, received: Any, local: Any) -> Channel:
        """UDP-LISTEN: the socket belongs to its first peer from now on; with fork, a new one listens on."""
        sock = proc.sock(self.fd)
        if address.has("fork"):
            sock.set("reuseaddr", 1)
            fd = proc.socket(sock.family, 2)
            own = proc.sock(fd)
            own.set("reuseaddr", 1)
            own.bind(local, sock.lport)
            own.connect(received.src, received.sport)
        else:
            fd = self.fd
            sock.connect(received.src, received.sport)
        return Channel(fd, fd, is_socket=True, first=received.data)

    def _name_ends(self, peer: tuple[Any, int], local: tuple[Any, int]) -> None:
        self.names = {
            "SOCAT_PEERADDR": _bracketed(peer[0]), "SOCAT_PEERPORT": str(peer[1]),
            "SOCAT_SOCKADDR": _bracketed(local[0]), "SOCAT_SOCKPORT": str(local[1]),
        }  # fmt: skip

    def _hand_on(self, proc: Any, channel: Channel) -> None:
        """A child process serves this peer, the parent listens on (`fork`)."""
        machine = proc.machine
        fds = {fd: opened.dup() for fd, opened in proc.fds.items() if fd < 5}
        child = machine.new_process(proc, proc.argv, proc.env, proc.cwd, fds)
        served = proc.fds[channel.reads]
        fd = channel.reads
        if fd == self.fd:
            child.fds[fd] = served.dup()
        else:
            del proc.fds[fd]
            number = fd if self._address().form.protocol == TCP else self.fd
            channel.reads = channel.writes = child.take_over(number, served)
        program = Socat(self.options, [channel], names={**self.names})
        machine.settle(child, program)

    def _connect(self, proc: Any, address: Address) -> Channel | None:
        """Connect, or fix where datagrams go."""
        if self.target is None:
            if not self._find(proc, address):
                return None
            family = 2 if isinstance(self.target, IPv4) else 10
            sock = self._socket(proc, address, family)
            local, port = self._local(proc, address, family)
            if "bind" in address.options or port:
                self._take_name(sock, local, port)
            if address.form.kind == SENDTO:
                return Channel(self.fd, self.fd, is_socket=True, peer=(self.target, self.port), hears_all="DATAGRAM" in address.keyword)
            return self._begin(proc, address, sock)
        return None

    def _begin(self, proc: Any, address: Address, sock: Any) -> Channel | None:
        try:
            sock.connect(self.target, self.port)
        except NetError as error:
            if error.errno == EINPROGRESS:
                limit = address.options.get("connect-timeout")
                if limit:
                    self.alarm = proc.timer(int(float(limit) * SECOND), CONNECT)
                return None
            self._refused(proc, error.errno)
            return None
        return Channel(self.fd, self.fd, is_socket=True)

    def _find(self, proc: Any, address: Address) -> bool:
        """The address of the host; False while a name server is asked."""
        host = address.parameters[0].strip("[]")
        self.port = self._port(proc, address, address.parameters[1])
        lookup = self.lookup or getaddrinfo(proc, host, self._family(address))
        if not lookup.done:
            self.lookup = lookup
            return False
        self.lookup = None
        if lookup.error:
            kind, number = (1, 6) if address.form.protocol == TCP else (2, 17)
            raise Problem(f'getaddrinfo("{host}", "NULL", {{1,{self._family(address)},{kind},{number}}}, {{}}): {lookup.error}')
        wanted = self._family(address)
        self.target = next((found for found in lookup.found if wanted or isinstance(found, IPv4)), lookup.found[0])
        return True

    def _refused(self, proc: Any, error: int, what: str = "") -> None:
        address = self._address()
        size = 16 if isinstance(self.target, IPv4) else 28
        text = f"{what or f'connect({self.fd}, {shown(self.target, self.port)}, {size})'}: {strerror(error)}"
        if address.has("forever") or self.tries < address.number("retry", 0):
            self.tries += 1
            proc.close(self.fd)
            self.fd, self.target = -1, None
            proc.timer(int(float(address.options.get("interval", "1")) * SECOND), RETRY)
            return
        raise Problem(text)

    def writable(self, proc: Any, fd: int) -> None:
        """The connection is made or refused."""
        if self.is_transferring or fd != self.fd:
            return
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        sock = proc.sock(fd)
        if sock.so_error:
            error, sock.so_error = sock.so_error, 0
            try:
                self._refused(proc, error)
            except Problem as problem:
                self._give_up(proc, str(problem))
            return
        self._opened(Channel(fd, fd, is_socket=True))
        self._go_on(proc)

    # moving bytes ------------------------------------------------------------------------------------------------------

    def _transfer(self, proc: Any) -> None:
        self.is_transferring = True
        if self.options.direction:
            silent = self.channels[1 if self.options.direction == "u" else 0]
            silent.at_end = True
        self._pump(proc)

    def _pump(self, proc: Any) -> None:
        """Move what can be moved, one way and the other."""
        one, two = self.channels
        moved = False
        try:
            moved |= self._move(proc, one, two)
            if proc.status is None:
                moved |= self._move(proc, two, one)
        except Problem as problem:
            self._give_up(proc, str(problem))
            return
        if proc.status is not None:
            return
        if one.at_end and two.at_end:
            proc.exit(0)
            return
        self._set_alarm(proc, one.at_end or two.at_end, moved)

    def _set_alarm(self, proc: Any, closing: object, moved: object) -> None:
        if closing and not self.options.direction:
            if moved or not self.wait:
                self._restart(proc, self.options.linger, CLOSING)
        elif self.options.inactivity and (moved or not self.wait):
            self._restart(proc, self.options.inactivity, INACTIVE)

    def _restart(self, proc: Any, delay: int, token: str) -> None:
        if self.wait:
            proc.cancel_timer(self.wait)
        self.wait = proc.timer(delay, token)

    def _move(self, proc: Any, source: Channel, sink: Channel) -> bool:
        moved = False
        while not source.at_end:
            try:
                data = source.read(proc)
            except NetError as error:
                raise Problem(f"read({source.reads}, 0x55d0c0de0000, 8192): {strerror(error.errno)}") from None
            if data is None:
                break
            moved = True
            if not data:
                source.at_end = True
                sink.shut(proc)
                break
            try:
                sink.write(proc, data)
            except NetError as error:
                raise Problem(f"write({sink.writes}, 0x55d0c0de0000, {len(data)}): {strerror(error.errno)}") from None
            if proc.status is not None:
                break
        return moved

    def readable(self, proc: Any, fd: int) -> None:
        """Something came."""
        if self.is_transferring:
            self._pump(proc)
        elif self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            if self.lookup.done:
                self._go_on(proc)
        elif fd == self.fd and self._address().form.kind in (LISTENS, RECVFROM):
            self._go_on(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A wait is over."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            if self.lookup.done:
                self._go_on(proc)
        elif token == CONNECT:
            self.alarm = 0
            try:
                self._refused(proc, ETIMEDOUT, f"connecting to {shown(self.target, self.port)}")
            except Problem as problem:
                self._give_up(proc, str(problem))
        elif token == RETRY:
            self._go_on(proc)
        elif token in (CLOSING, INACTIVE):
            proc.exit(0)

    def child_ended(self, proc: Any, pid: int, status: int) -> None:
        """A program it started is done: its pipe tells the rest."""

    def signal(self, proc: Any, signum: int) -> None:
        """SIGINT and SIGTERM end it with 128 + the signal, as socat's handler does."""
        proc.exit(128 + signum)


def _bracketed(address: Any) -> str:
    if isinstance(address, IPv4):
        return str(address)
    return "[" + ":".join(f"{int(address):032x}"[at : at + 4] for at in range(0, 32, 4)) + "]"
