"""From words to what is asked of the kernel (`parse_options`, `process_options`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ipvsadm.grammar import ALLOWED, COMMANDS, IS_CALLED, OF_SCHEDULER, OPTION_NAMES, SCHEDULER_FLAGS, UNMODELLED
from netsim.commands.ipvsadm.popt import Given, Words
from netsim.commands.ipvsadm.problem import FAILED, TRY_HELP, Problem
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.ipvs.ctl import DestinationWish, ServiceName
from netsim.kernel.tables.ipvs import DROUTE, MASQ, SVC_ONEPACKET, SVC_PERSISTENT, TUNNEL
from netsim.machine.process import Process
from netsim.machine.resolver import getaddrinfo
from netsim.machine.services import services_file
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

MOST = 0xFFFFFFFF
LONGEST_TIMEOUT = 31 * 86400
DEFAULT_TIMEOUT = 360
METHODS = {"m": MASQ, "i": TUNNEL, "g": DROUTE}
PROTOCOLS = {"t": IPPROTO_TCP, "u": IPPROTO_UDP}


@attrs.define
class Request:
    """One command with what was given to it."""

    command: str
    argument: str | None = None
    options: set[str] = attrs.field(factory=set)
    service: ServiceName | None = None
    family: int = PF_INET
    scheduler: str = "wlc"
    flags: int = 0
    flag_words: str = ""
    timeout: int = 0
    netmask: int = 0
    real: tuple[int, int, int] | None = None
    method: int = DROUTE
    weight: int = 1
    upper: int = 0
    lower: int = 0
    timeouts: tuple[int, int, int] = (0, 0, 0)

    def destination(self) -> DestinationWish:
        """The server it speaks of; its port is the service's where packets are not rewritten."""
        assert self.service is not None and self.real is not None
        family, address, port = self.real
        if not port or (self.method != MASQ and self.command != "delete-server"):
            port = self.service.port
        return DestinationWish(family, address, port, self.weight, self.method, self.upper, self.lower)


def parse(proc: Process, words: Sequence[str]) -> Request:
    """The request a command line makes; raises Problem."""
    reader = Words(list(words))
    try:
        first = reader.next()
    except Problem:
        raise Problem(TRY_HELP, FAILED) from None
    if first is None or first.name not in (*COMMANDS, "h", "v"):
        raise Problem(TRY_HELP, FAILED)
    if first.name in ("h", "v"):
        return Request(first.name)
    request = Request(COMMANDS[first.name], first.argument)
    while (given := reader.next()) is not None:
        _take(proc, request, given)
    if request.command == "set":
        request.timeouts = _timeouts(reader)
    if reader.rest:
        raise Problem(f"unexpected argument {reader.rest[0]}")
    _check(request)
    return request


def _take(proc: Process, request: Request, given: Given) -> None:
    name, word = given.name, given.argument or ""
    if name == "6":
        if request.service is None or not request.service.fwmark:
            raise Problem("-6 used before -f\n")
        request.service = attrs.evolve(request.service, family=PF_INET6)
        request.family = PF_INET6
        return
    if name in COMMANDS or name in ("h", "v"):
        raise Problem(f"invalid option `{given.spelling}'")
    if name == "sort":
        return
    if name in UNMODELLED:
        raise Problem(f'netsim: "ipvsadm {given.spelling}" is not modelled', 1)
    called = IS_CALLED.get(name, name)
    if called in request.options:
        raise Problem(f"multiple '{called}' options specified")
    request.options.add(called)
    if name in ("t", "u"):
        family, address, port = _end(proc, word, PROTOCOLS[name], "illegal virtual server address[:port] specified")
        request.service, request.family = ServiceName(family, PROTOCOLS[name], address, port), family
    elif name == "f":
        mark = _number(word, 1, MOST)
        if mark is None:
            raise Problem(f"invalid fwmark value `{word}' specified")
        request.service = ServiceName(PF_INET, fwmark=mark)
    elif name in METHODS:
        request.method = METHODS[name]
    elif name in _VALUES:
        _VALUES[name](proc, request, given)


def _scheduler(proc: Process, request: Request, given: Given) -> None:
    request.scheduler = (given.argument or "")[:15]


def _flag_words(proc: Process, request: Request, given: Given) -> None:
    request.flag_words = given.argument or ""


def _persistent(proc: Process, request: Request, given: Given) -> None:
    request.timeout = DEFAULT_TIMEOUT
    if given.argument is not None:
        seconds = _number(given.argument, 1, LONGEST_TIMEOUT)
        if seconds is None:
            raise Problem(f"invalid timeout value `{given.argument}' specified")
        request.timeout = seconds


def _netmask(proc: Process, request: Request, given: Given) -> None:
    word = given.argument or ""
    number: int | None
    if request.family == PF_INET6:
        number = _number(word, 1, 128)
    else:
        found = getaddrinfo(proc, word, 4) if re.fullmatch(r"[0-9.xXa-fA-F]+", word) else ""
        number = int(found[0]) if isinstance(found, list) else None
    if number is None:
        raise Problem("illegal virtual server persistent mask specified")
    request.netmask = number


def _real(proc: Process, request: Request, given: Given) -> None:
    protocol = request.service.protocol if request.service is not None else 0
    request.real = _end(proc, given.argument or "", protocol, "illegal real server address[:port] specified")


def _bound(proc: Process, request: Request, given: Given) -> None:
    field, called = {"w": ("weight", "weight"), "x": ("upper", "u_threshold"), "y": ("lower", "l_threshold")}[given.name]
    number = _number(given.argument or "", 0, 0x7FFFFFFF)
    if number is None:
        raise Problem(f"illegal {called} specified")
    setattr(request, field, number)


_VALUES = {
    "s": _scheduler, "b": _flag_words, "p": _persistent, "M": _netmask, "r": _real, "w": _bound, "x": _bound, "y": _bound,
}  # fmt: skip


def _number(word: str, least: int, most: int) -> int | None:
    """A decimal number within bounds, or None (`string_to_number`)."""
    if not re.fullmatch(r"[ \t]*[+-]?[0-9]+", word):
        return None
    value = int(word)
    return value if least <= value <= most else None


def _end(proc: Process, word: str, protocol: int, complaint: str) -> tuple[int, int, int]:
    """Family, address and port of `host[:port]` or `[host6]:port` (`parse_service`)."""
    host, port = word, "0"
    bracketed = re.fullmatch(r"\[(.*)\]:(.*)", word)
    if bracketed:
        host, port = bracketed[1], bracketed[2]
    elif word.startswith("["):
        raise Problem(complaint)
    elif word.count(":") == 1:
        host, _, port = word.partition(":")
    found = getaddrinfo(proc, host, 6 if word.count(":") > 1 else 4)
    number = port_number(port, protocol)
    if not isinstance(found, list) or number is None:
        raise Problem(complaint)
    address = found[0]
    return (PF_INET if isinstance(address, IPv4) else PF_INET6), int(address), number


def port_number(word: str, protocol: int) -> int | None:
    """A port by number or name."""
    number = _number(word, 0, 65535)
    if number is not None:
        return number
    kind = "udp" if protocol == IPPROTO_UDP else "tcp"
    for line in services_file().splitlines():
        name, where = line.split()
        if name == word and where.endswith(f"/{kind}"):
            return int(where.partition("/")[0])
    return None


def _timeouts(reader: Words) -> tuple[int, int, int]:
    words, reader.rest = reader.rest[:3], reader.rest[3:]
    if len(words) < 3:
        raise Problem("--set option requires 3 timeout values")
    numbers = []
    for word in words:
        number = _number(word, 0, LONGEST_TIMEOUT)
        if number is None:
            raise Problem(f"invalid timeout value `{word}' specified")
        numbers.append(number)
    return numbers[0], numbers[1], numbers[2]


def _check(request: Request) -> None:
    """What is missing, forbidden or contradicts itself (`generic_opt_check`)."""
    allowed, only = ALLOWED[request.command], ""
    for option in OPTION_NAMES:
        rule = allowed.get(option, "x")
        if option not in request.options:
            if rule == "+":
                raise Problem(f"You need to supply the '{option}' option for the '{request.command}' command")
        elif rule == "x":
            raise Problem(f"Illegal '{option}' option with the '{request.command}' command")
        elif rule == "1":
            if only:
                raise Problem(f"The option '{option}' conflicts with the '{only}' option in the '{request.command}' command")
            only = option
    if request.command in ("add-service", "edit-service"):
        _check_service(request)
    if request.command in ("add-server", "edit-server"):
        service, real = request.service, request.real
        assert service is not None and real is not None
        if request.method != TUNNEL and real[0] != service.family:
            raise Problem("Different address family is allowed only for tunneling servers")
    if request.command == "list" and "connection" in request.options and request.options & {"stats", "rate", "thresholds", "exact"}:
        raise Problem("options conflicts in the list command")


def _check_service(request: Request) -> None:
    service = request.service
    assert service is not None
    if "persistent" in request.options:
        request.flags |= SVC_PERSISTENT
    if not service.fwmark and not service.port and not request.flags & SVC_PERSISTENT:
        raise Problem("Zero port specified for non-persistent service")
    if "ops" in request.options:
        if service.protocol != IPPROTO_UDP and not service.fwmark:
            raise Problem("One-Packet Scheduling is only for UDP virtual services")
        request.flags |= SVC_ONEPACKET
    if not request.netmask:
        request.netmask = MOST if service.family == PF_INET else 128
    for word in filter(None, request.flag_words.split(",")):
        request.flags |= _flag(word, request.scheduler)


def _flag(word: str, scheduler: str) -> int:
    for known, flags in OF_SCHEDULER.items():
        if word in flags:
            if scheduler[:2] != known:
                raise Problem(f"incompatible scheduler flag `{word}'")
            return flags[word]
    if word not in SCHEDULER_FLAGS:
        raise Problem(f"invalid scheduler flag `{word}'")
    return SCHEDULER_FLAGS[word]


def as_address(family: int, address: int) -> IPv4 | IPv6:
    """An address as a value of its family."""
    return IPv4(address) if family == PF_INET else IPv6(address)
