"""radvd as it runs: advertisements from time to time and to those who ask; a last one that takes everything back (`radvd(8)`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.addr import IPV6_ALL_NODES, IPv6, mask6
from netsim.clock import MS, SECOND
from netsim.errors import NetError
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.ipv6.saddr import linklocal_of
from netsim.machine.call import Call, Program, Result
from netsim.packet import NdLinkAddr, NdMtu, NdOption, NdPrefix, RouterAdvert, RouterSolicit
from netsim.packet.icmp6 import NdOther
from netsim.programs.radvd.config import Interface, SyntaxProblem, read
from netsim.programs.radvd.words import read_words

AF_INET6, SOCK_RAW, ICMPV6, SIGTERM, SIGINT = 10, 3, 58, 15, 2
ROUTE_INFORMATION, RECURSIVE_DNS, SOURCE_ADDRESS = 24, 25, 1
INITIAL_ADVERTS, INITIAL_INTERVAL = 3, 16 * SECOND
MOST_DELAY = 500 * MS
BETWEEN = 3 * SECOND
AGAIN = 500 * MS
"""How soon to look again at a device that is not ready; the real one is told by the kernel."""
PRF_SHIFT = 3
HOP_LIMIT = 255


def radvd(call: Call) -> Result | Program:
    """The radvd command: reads its file and goes to the background, or stays with -n."""
    said = read_words(call.argv[1:])
    if isinstance(said, Result):
        return said
    if call.proc.machine.files.stat(call.proc, said.config) is None:
        return Result("", "", 1)  # the reason goes to the log
    if said.log_words:
        call.netns.kernel.unmodelled.append(f"radvd {' '.join(said.log_words)}")
    try:
        interfaces = read(call.proc.read_text(said.config))
    except SyntaxProblem as problem:
        told = f"{said.config}:{problem.line} error: syntax error\n"
        return Result("", told + (_log(call, "exiting, failed to read config file") if said.tests else ""), 1)
    if said.tests:
        return Result("", _log(call, f"config file, {said.config}, syntax ok"), 0)
    daemon = Radvd(tuple(interfaces), said.pidfile)
    if said.stays:
        return daemon
    child = call.proc.machine.spawn(None, call.argv, None, "/", {}, daemon, netns=call.netns)
    call.proc.machine.files.write(call.proc, said.pidfile, f"{child.pid}\n".encode())
    return Result()


def _log(call: Call, text: str) -> str:
    moment = datetime.fromtimestamp(call.proc.wall_clock() // SECOND, UTC)
    return f"[{moment:%b %d %H:%M:%S}] radvd ({call.proc.pid}): {text}\n"


@attrs.define(eq=False)
class Talk:
    """One interface spoken on: its socket, how many advertisements were sent, when the last one went to all (ns)."""

    settings: Interface
    fd: int = -1
    sent: int = 0
    last: int = -(1 << 62)
    timer: int | None = None


@attrs.define(eq=False)
class Radvd(Program):
    """The daemon."""

    interfaces: tuple[Interface, ...]
    pidfile: str
    talks: list[Talk] = attrs.field(factory=list)

    def started(self, proc: Any) -> None:
        """Speak on every interface that is ready; look again later at the others."""
        self.talks = [Talk(settings) for settings in self.interfaces if settings.advertises]
        for number in range(len(self.talks)):
            self.timer(proc, number)

    def timer(self, proc: Any, token: Any) -> None:
        """Time for the next advertisement nobody asked for."""
        talk: Talk = self.talks[token]
        talk.timer = None
        dev = _ready(proc, talk.settings.name)
        if dev is None:
            talk.timer = proc.timer(AGAIN, token)
            return
        if talk.fd < 0:
            self._open(proc, talk, dev)
        if not talk.settings.unicast_only:
            self._advertise(proc, talk, dev)
        talk.timer = proc.timer(self._pause(proc, talk), token)

    def _open(self, proc: Any, talk: Talk, dev: NetDevice) -> None:
        talk.fd = proc.socket(AF_INET6, SOCK_RAW, ICMPV6)
        sock = proc.sock(talk.fd)
        sock.bound_dev = dev.ifindex
        sock.ttl = sock.multicast_ttl = HOP_LIMIT
        sock.multicast_loop = 0

    def _pause(self, proc: Any, talk: Talk) -> int:
        """How long until the next one: by chance between the two intervals, at first not long."""
        low, high = int(talk.settings.shortest_interval * SECOND), int(talk.settings.longest * SECOND)
        pause = low + int(proc.machine.kernel.rng.randrange(max(1, high - low)))
        return min(pause, INITIAL_INTERVAL) if talk.sent <= INITIAL_ADVERTS else pause

    def readable(self, proc: Any, fd: int) -> None:
        """Hosts that ask are answered after a moment, all at once."""
        number = next((place for place, talk in enumerate(self.talks) if talk.fd == fd), None)
        sock = proc.sock(fd)
        asked = False
        while (received := sock.recvfrom()) is not None:
            asked |= isinstance(received.data, RouterSolicit) and received.ttl == HOP_LIMIT
        if number is None or not asked:
            return
        talk = self.talks[number]
        delay = int(proc.machine.kernel.rng.randrange(MOST_DELAY)) + max(0, talk.last + BETWEEN - proc.now())
        if talk.timer is not None:
            proc.cancel_timer(talk.timer)
        talk.timer = proc.timer(delay, number)

    def _advertise(self, proc: Any, talk: Talk, dev: NetDevice, lifetime: int | None = None) -> None:
        sock = proc.sock(talk.fd)
        source = linklocal_of(dev)
        try:
            sock.laddr = source
            sock.sendto(advertisement(talk.settings, dev, lifetime), IPV6_ALL_NODES)
        except NetError:
            return
        talk.sent += 1
        talk.last = proc.now()

    def signal(self, proc: Any, signum: int) -> None:
        """Take everything back and end."""
        if signum in (SIGTERM, SIGINT):
            for talk in self.talks:
                dev = _ready(proc, talk.settings.name)
                if talk.fd >= 0 and dev is not None:
                    self._advertise(proc, talk, dev, 0)
            if proc.machine.files.stat(proc, self.pidfile) is not None:
                proc.machine.files.unlink(proc, self.pidfile)
            proc.exit(0)
            return
        proc.die(signum)


def _ready(proc: Any, name: str) -> NetDevice | None:
    """The device when it is up and has a link-local address to speak from."""
    dev: NetDevice | None = proc.netns.device(name)
    return dev if dev is not None and dev.flags & IFF_UP and linklocal_of(dev) is not None else None


def advertisement(settings: Interface, dev: NetDevice, lifetime: int | None = None) -> RouterAdvert:
    """What an interface's settings say; with a lifetime of 0 the router and its routes are taken back."""
    flags = settings.managed * 0x80 | settings.other * 0x40 | settings.preference << PRF_SHIFT
    routers = settings.router_lifetime if lifetime is None else lifetime
    options: list[NdOption] = []
    for prefix in settings.prefixes:
        marks = prefix.on_link * 0x80 | prefix.autonomous * 0x40 | prefix.router_address * 0x20
        address = IPv6(prefix.prefix if prefix.router_address else prefix.prefix & mask6(prefix.length))
        options.append(NdPrefix(prefix.length, marks, prefix.valid, prefix.preferred, address))
    for route in settings.routes:
        lasts = int(3 * settings.longest) if route.lifetime is None else route.lifetime
        lasts = lasts if lifetime is None else lifetime
        data = bytes((route.length, route.preference << PRF_SHIFT)) + lasts.to_bytes(4, "big") + IPv6(route.prefix & mask6(route.length)).packed
        options.append(NdOther(ROUTE_INFORMATION, data))
    for resolver in settings.resolvers:
        lasts = int(2 * settings.longest) if resolver.lifetime is None else resolver.lifetime
        lasts = lasts if lifetime is None else lifetime
        options.append(NdOther(RECURSIVE_DNS, bytes(2) + lasts.to_bytes(4, "big") + b"".join(server.packed for server in resolver.servers)))
    if settings.mtu:
        options.append(NdMtu(settings.mtu))
    if settings.source_option:
        options.append(NdLinkAddr(SOURCE_ADDRESS, dev.address))
    return RouterAdvert(settings.hop_limit, flags, routers, settings.reachable, settings.retrans, tuple(options))
