"""ping: from the command line to a running program, with the checks it makes before the first probe (`ping4_run`)."""

from __future__ import annotations

from functools import lru_cache

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import EACCES, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.hostnames import in_hosts, inet_aton, inet_pton6, name_in_hosts
from netsim.machine.process import Process
from netsim.machine.user import user_of
from netsim.programs.net.resolver import AF_INET6, AI_CANONNAME, Lookup, getaddrinfo, getnameinfo
from netsim.programs.net.resolving import Resolving
from netsim.programs.ping.command6 import Refused, Setup6
from netsim.programs.ping.family import Family, Family4, Family6
from netsim.programs.ping.options import Options, options_of
from netsim.programs.ping.pacing import Pacing
from netsim.programs.ping.program import Ping
from netsim.programs.ping.text import USAGE

AF_INET, SOCK_DGRAM, SOCK_RAW, ICMP = 2, 2, 3, 1
RECORD_ROUTE = bytes([1, 7, 39, 4]) + bytes(36)
DISCOVER = {"do": 2, "want": 1, "dont": 0}
MOST_DATA = 65535 - 8 - 20


def ping(call: Call) -> Result | Program:
    """The ping command (man ping(8))."""
    return _ping(call, 0)


def ping4(call: Call) -> Result | Program:
    """ping4: ping -4."""
    return _ping(call, 4)


def ping6(call: Call) -> Result | Program:
    """ping6: ping -6."""
    return _ping(call, 6)


_OPENED = {
    family: f"ping: sock4.fd: {four}, sock6.fd: {six}, hints.ai_family: {name}\n\n"
    for family, four, six, name in (
        (0, "3 (socktype: SOCK_RAW)", "4 (socktype: SOCK_RAW)", "AF_UNSPEC"),
        (4, "3 (socktype: SOCK_RAW)", "-1 (socktype: 0)", "AF_INET"),
        (6, "-1 (socktype: 0)", "3 (socktype: SOCK_RAW)", "AF_INET6"),
    )
}
"""What -v tells of the sockets that were opened for each -4 and -6."""


def _ping(call: Call, family: int) -> Result | Program:
    program = call.argv[0].rpartition("/")[2]
    options = _asked(program, tuple(call.argv[1:]))
    if isinstance(options, Result):
        return options
    if options.timestamp:
        return Result("", 'netsim: "ping" option "-T" is not modelled\n', 2)
    if family and not options.family:
        options = attrs.evolve(options, family=family)
    word = options.targets[-1]
    if "v" in options.flags:
        options = attrs.evolve(options, warnings=options.warnings + _signed(_OPENED[options.family], program))
    found = _resolve(call, word, options.family)
    if isinstance(found, str):
        return _fail(options, f"{word}: {found}")
    if isinstance(found, Lookup):
        return Resolving(call, options, found, _looked_up)
    return _found(call, options, *found)


@lru_cache(maxsize=512)
def _asked(program: str, words: tuple[str, ...]) -> Options | Result:
    """The options of a command of that name, or what it prints instead."""
    options = options_of(words)
    if isinstance(options, Result):
        return attrs.evolve(options, stderr=_signed(options.stderr, program))
    return attrs.evolve(options, program=program, warnings=_signed(options.warnings, program))


def _looked_up(call: Call, options: Options, lookup: Lookup) -> Result | Program:
    """The name servers told the address, or nothing; the name in reply lines is the one they know it by."""
    if lookup.error:
        return _fail(options, f"{options.targets[-1]}: {lookup.error}")
    options = attrs.evolve(options, address=lookup.found[0])
    if "n" in options.flags:
        return _found(call, options, options.address, numeric=False)
    return Resolving(call, options, getnameinfo(call.proc, options.address), _named)


def _named(call: Call, options: Options, lookup: Lookup) -> Result | Program:
    options = attrs.evolve(options, name=str(options.address) if lookup.error else str(lookup.found[0]))
    return _found(call, options, options.address, numeric=False)


def _signed(text: str, program: str) -> str:
    """Complaints begin with the name that was typed."""
    return (
        text
        if program == "ping"
        else "".join(line.replace("ping: ", f"{program}: ", 1) if line.startswith("ping: ") else line for line in text.splitlines(keepends=True))
    )


def _found(call: Call, options: Options, address: IPv4 | IPv6, numeric: bool) -> Result | Program:  # noqa: FBT001
    word = options.targets[-1]
    if "v" in options.flags:
        call.proc.write(1, f"ai->ai_family: {'AF_INET' if isinstance(address, IPv4) else 'AF_INET6'}, ai->ai_canonname: '{word}'\n")
    if len(options.targets) > 1:
        if isinstance(address, IPv6):
            return Result("", options.warnings + USAGE, 2)
        return _fail(options, "record route: Operation not permitted")
    if isinstance(address, IPv4):
        return _ping4(call, options, word, address, numeric)
    return _ping6(call, options, word, address, int(numeric))


def _fail(options: Options, message: str, status: int = 2) -> Result:
    return Result("", f"{options.warnings}{options.program}: {message}\n", status)


def _resolve(call: Call, word: str, family: int) -> tuple[IPv4 | IPv6, bool] | Lookup | str:
    """The address a word means and whether it was numeric, the look-up that will tell, or what getaddrinfo says."""
    four, six = inet_aton(word), inet_pton6(word.partition("%")[0]) if ":" in word else None
    if four is not None:
        return (four, True) if family != 6 else "Address family for hostname not supported"
    if six is not None:
        return (six, True) if family != 4 else "Address family for hostname not supported"
    if not word or ":" in word:
        return "Name or service not known"
    wanted = {4: (IPv4,), 6: (IPv6,)}.get(family, (IPv4, IPv6))
    named = [address for address in in_hosts(call.proc.read_text("/etc/hosts"), word) if isinstance(address, wanted)]
    named.sort(key=_four_first)
    if named:
        return named[0], False
    return getaddrinfo(call.proc, word, {4: AF_INET, 6: AF_INET6}.get(family, 0), AI_CANONNAME)


def _four_first(address: IPv4 | IPv6) -> int:
    return 0 if isinstance(address, IPv4) else 1


def _unit(digits: str) -> bytes:
    """The bytes of -p: pairs of digits, a last lone one as it is, sixteen at most (`fill`)."""
    return bytes(int(digits[place : place + 2], 16) for place in range(0, len(digits), 2))[:16]


_COUNTING = bytes(range(256))


def _pattern(options: Options) -> bytes:
    """The bytes a probe carries: a time stamp's room, then the pattern or counting bytes."""
    size = options.size
    unit = _unit(options.pattern) if options.pattern else _COUNTING
    return (unit * (size // len(unit) + 1))[:size]


def _denied(proc: Process, error: NetError) -> Result:
    """Neither a datagram socket for echoes nor a raw one could be had (`create_socket`)."""
    hint = "ping: => missing cap_net_raw+p capability or setuid?\n" if user_of(proc).uid else ""
    return Result("", f"ping: socktype: SOCK_RAW\nping: socket: {strerror(error.errno)}\n{hint}", 2)


def _ping4(call: Call, options: Options, word: str, target: IPv4, numeric: bool) -> Result | Program:  # noqa: FBT001
    proc = call.proc
    try:
        fd = proc.ping_socket(AF_INET)
    except NetError as error:
        return _denied(proc, error)
    sock = proc.sock(fd)
    source: IPv4 | None = inet_aton(options.interface) if options.interface else None
    device = options.interface if options.interface and source is None else ""
    warnings = options.warnings
    if target == 0:
        target = IPv4(0x7F000001)
    probe_fd = proc.socket(AF_INET, SOCK_DGRAM)
    probe = proc.sock(probe_fd)
    try:
        if device:
            probe.bind_to_device(device)
            sock.bind_to_device(device)
    except NetError as error:
        return _fail(options, f"SO_BINDTODEVICE {device}: {strerror(error.errno)}")
    chosen = source
    if source is None:
        probe.tos = options.tos
        probe.mark = options.mark or 0
        try:
            probe.connect(target, 1025)
        except NetError as error:
            if error.errno != EACCES:
                return _fail(options, f"connect: {strerror(error.errno)}")
            if "b" not in options.flags:
                return _fail(options, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
            warnings += "WARNING: pinging broadcast address\n"
            probe.broadcast = sock.broadcast = 1
            try:
                probe.connect(target, 1025)
            except NetError as second:
                return _fail(options, f"connect: {strerror(second.errno)}")
        chosen = probe.getsockname()[0]
        if device and not any(ifa.local == chosen for ifa in _addresses(call, device)):  # type: ignore[attr-defined]
            warnings += f"{options.program}: Warning: source address might be selected on device other than: {device}\n"
    proc.close(probe_fd)
    if "b" in options.flags:
        sock.broadcast = 1
    try:
        if source is not None:
            sock.bind(source)
    except NetError as error:
        return _fail(options, f"bind: {strerror(error.errno)}")
    if "B" in options.flags and chosen is not None:
        sock.bind(chosen)
    if options.ttl == 0:
        return _fail(options, "cannot set unicast time-to-live: Invalid argument")
    _set_options(sock, options)
    sock.recverr = 1
    if "R" in options.flags:
        sock.ip_options = RECORD_ROUTE
    header_extra = len(sock.ip_options)
    names = {}
    if not numeric and "n" not in options.flags:
        names[str(target)] = options.name or name_in_hosts(proc.read_text("/etc/hosts"), target) or word
    whence = f"from {chosen} {device}: " if options.interface or "B" in options.flags else ""
    pattern = f"PATTERN: 0x{_unit(options.pattern).hex()}\n" if options.pattern is not None else ""
    header = f"{pattern}PING {word} ({target}) {whence}{options.size}({options.size + 28 + header_extra}) bytes of data.\n"
    if "r" in options.flags:
        sock.dontroute = 1
    if "C" in options.flags:
        try:
            sock.connect(target)
        except NetError as error:
            return Result(header, f"{warnings}{options.program}: connect failed: {strerror(error.errno)}\n", 2)
    ident = options.ident if options.ident is not None else proc.pid & 0xFFFF
    family: Family = Family4(word, target, ident, _pattern(options), names)
    return _start(call, options, family, header, warnings, fd)


def _set_options(sock: object, options: Options) -> None:
    sock.tos = options.tos  # type: ignore[attr-defined]
    sock.mark = options.mark or 0  # type: ignore[attr-defined]
    if options.ttl is not None:
        sock.ttl = sock.multicast_ttl = options.ttl  # type: ignore[attr-defined]
    if options.discover:
        sock.pmtudisc = DISCOVER[options.discover]  # type: ignore[attr-defined]


def _addresses(call: Call, device: str) -> list[object]:
    dev = call.netns.device(device)
    return list(dev.inet.addresses) if dev is not None and dev.inet is not None else []


def _ping6(call: Call, options: Options, word: str, target: IPv6, numeric: int) -> Result | Program:
    setup = Setup6(call, options, word, target, numeric)
    try:
        setup.prepare()
    except Refused as refused:
        return _fail(options, refused.message)
    ident = options.ident if options.ident is not None else call.proc.pid & 0xFFFF
    family = Family6(word, setup.destination, ident, _pattern(options), setup.names)
    return _start(call, options, family, setup.header(), setup.warnings, setup.fd)


def _start(call: Call, options: Options, family: Family, header: str, warnings: str, fd: int) -> Ping:
    if warnings:
        call.proc.write(2, warnings)
    program = Ping(options, family, header, Pacing(options.interval, options.preload))
    program.fd = fd
    return program
