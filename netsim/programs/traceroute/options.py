"""traceroute's options and the checks it makes on them."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import MS
from netsim.machine.process import Process
from netsim.machine.resolver import getaddrinfo
from netsim.programs.strtol import leading_float, leading_int
from netsim.programs.traceroute.clif import Opt, Problem, Reader
from netsim.programs.traceroute.usage import MODULE_OPTIONS, USAGE, VERSION

MOST_HOPS = 255
MOST_PROBES = 10
LONGEST = 65000
MODULES = ("default", "udp", "udplite", "icmp", "tcp", "tcpconn", "raw", "dccp")
DATA = 40
"""Bytes behind the IP header of a probe whose length was not asked for."""


class Over(Exception):
    """The tool ends here: `str()` goes to stderr."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@attrs.define(eq=False)
class Options:
    """What was asked for. Waits in seconds, as floating point numbers."""

    proc: Process
    module: str = "default"
    family: int = 0
    flags: set[str] = attrs.field(factory=set)
    first: int = 1
    hops: int = 30
    at_once: int = 16
    queries: int = 3
    port: int = 0
    tos: int = 0
    flow: int = 0
    wait: float = 5.0
    here: float = 3.0
    near: float = 10.0
    pause: float = 0.0
    device: str = ""
    source: IPv4 | IPv6 | None = None
    sport: int = 0
    mark: int = 0
    length: int = -1
    gates: list[str] = attrs.field(factory=list)
    module_words: list[str] = attrs.field(factory=list)
    host: str = ""
    target: IPv4 | IPv6 | None = None
    tcp_flags: int = 0
    tcp_options: set[str] = attrs.field(factory=set)
    mss: int = 0
    protocol: int = 253
    said: str = ""


def _unsigned(field: str) -> Any:
    return _Number(field)


@attrs.frozen
class _Number:
    """Takes a whole number into a field (`CLIF_set_uint`)."""

    field: str

    def __call__(self, options: Options, text: str) -> bool:
        found = leading_int(text)
        if found is None or found[1]:
            return False
        setattr(options, self.field, found[0] & 0xFFFFFFFF)
        return True


@attrs.frozen
class _Flag:
    """Notes that an option was given."""

    name: str

    def __call__(self, options: Options, text: str) -> bool:
        options.flags.add(self.name)
        return True


@attrs.frozen
class _Module:
    """Chooses a method."""

    name: str

    def __call__(self, options: Options, text: str) -> bool:
        options.module = self.name
        return True


@attrs.frozen
class _Family:
    """Chooses a protocol."""

    version: int

    def __call__(self, options: Options, text: str) -> bool:
        options.family = self.version
        return True


@attrs.frozen
class _Port:
    """Takes a port by number or by name (`set_port`)."""

    field: str

    def __call__(self, options: Options, text: str) -> bool:
        found = leading_int(text)
        if found is not None:
            setattr(options, self.field, found[0] & 0xFFFFFFFF)
            return True
        for line in options.proc.read_text("/etc/services").splitlines():
            words = line.split("#")[0].split()
            if len(words) > 1 and text in (words[0], *words[2:]):
                setattr(options, self.field, int(words[1].partition("/")[0]))
                return True
        return False


def _address(options: Options, text: str) -> IPv4 | IPv6 | None:
    """What a word means; of several addresses IPv4 first (`getaddr`)."""
    found = getaddrinfo(options.proc, text, options.family)
    if isinstance(found, str):
        options.said += f"{text}: {found}\n"
        return None
    return next((address for address in found if isinstance(address, IPv4)), found[0])


def _gate(options: Options, text: str) -> bool:
    options.gates.append(text)
    return True


def _device(options: Options, text: str) -> bool:
    options.device = text
    return True


def _source(options: Options, text: str) -> bool:
    options.source = _address(options, text)
    return options.source is not None


def _waits(options: Options, text: str) -> bool:
    """`MAX[,HERE[,NEAR]]` (`set_wait_specs`)."""
    options.here = options.near = 0.0
    for field in ("wait", "here", "near"):
        found = leading_float(text)
        if found is None:
            return False
        setattr(options, field, found[0])
        if not found[1]:
            return True
        text = found[1][1:]
    return False


def _pause(options: Options, text: str) -> bool:
    found = leading_float(text)
    if found is None or found[1]:
        return False
    options.pause = found[0]
    return True


def _module(options: Options, text: str) -> bool:
    options.module = text
    return True


def _module_option(options: Options, text: str) -> bool:
    if text == "help":
        raise Over(MODULE_OPTIONS.get(options.module) or f"No options for module `{options.module}'\n", 0)
    options.module_words.append(text)
    return True


def _raw(options: Options, text: str) -> bool:
    options.module = "raw"
    return _module_option(options, f"protocol={text}")


def _version(options: Options, text: str) -> bool:
    raise Over(VERSION, 0)


def _help(options: Options, text: str) -> bool:
    raise Over(USAGE, 0)


TABLE = (
    Opt("4", "", "", _Family(4)),
    Opt("6", "", "", _Family(6)),
    Opt("d", "debug", "", _Flag("d")),
    Opt("F", "dont-fragment", "", _Flag("F"), is_abbreviable=True),
    Opt("f", "first", "first_ttl", _unsigned("first")),
    Opt("g", "gateway", "gate", _gate, is_several=True),
    Opt("I", "icmp", "", _Module("icmp")),
    Opt("T", "tcp", "", _Module("tcp")),
    Opt("i", "interface", "device", _device),
    Opt("m", "max-hops", "max_ttl", _unsigned("hops")),
    Opt("N", "sim-queries", "squeries", _unsigned("at_once")),
    Opt("n", "", "", _Flag("n")),
    Opt("p", "port", "port", _Port("port")),
    Opt("t", "tos", "tos", _unsigned("tos")),
    Opt("l", "flowlabel", "flow_label", _unsigned("flow")),
    Opt("w", "wait", "MAX,HERE,NEAR", _waits),
    Opt("q", "queries", "nqueries", _unsigned("queries")),
    Opt("r", "", "", _Flag("r")),
    Opt("s", "source", "src_addr", _source),
    Opt("z", "sendwait", "sendwait", _pause),
    Opt("e", "extensions", "", _Flag("e"), is_abbreviable=True),
    Opt("A", "as-path-lookups", "", _Flag("A")),
    Opt("M", "module", "name", _module),
    Opt("O", "options", "OPTS", _module_option, is_several=True),
    Opt("", "sport", "num", _Port("sport")),
    Opt("", "fwmark", "num", _unsigned("mark")),
    Opt("U", "udp", "", _Module("udp")),
    Opt("", "UL", "", _Module("udplite"), is_one_dash=True),
    Opt("D", "dccp", "", _Module("dccp")),
    Opt("P", "protocol", "prot", _raw),
    Opt("", "mtu", "", _Flag("mtu")),
    Opt("", "back", "", _Flag("back")),
    Opt("V", "version", "", _version),
    Opt("", "help", "", _help),
)


def read(options: Options, words: tuple[str, ...]) -> None:
    """The whole command line into `options`; Over when the tool ends already."""
    if not words:
        raise Over(USAGE, 0)
    try:
        _read(options, words)
    except Problem as wrong:
        raise Over(f"{options.said}{wrong}\n", 2) from None


def _read(options: Options, words: tuple[str, ...]) -> None:
    arguments = Reader(TABLE, options).read(words)
    if not arguments:
        raise Problem('Specify "host" missing argument.')
    if len(arguments) > 2:
        place, word = arguments[2]
        raise Problem(f"Extra arg `{word}' (position 3, argc {place})")
    place, word = arguments[0]
    options.target = _address(options, word)
    if options.target is None:
        raise Problem(f'Cannot handle "host" cmdline arg `{word}\' on position 1 (argc {place})')
    options.host = word
    options.family = options.family or (4 if isinstance(options.target, IPv4) else 6)
    for place, word in arguments[1:]:
        found = leading_int(word)
        if found is None or found[1]:
            raise Problem(f'Cannot handle "packetlen" cmdline arg `{word}\' on position 2 (argc {place})')
        options.length = found[0]


def check(options: Options) -> None:
    """The limits of numbers, in the tool's order; Over with its words."""
    if options.module not in MODULES:
        raise Over(f"Unknown traceroute module {options.module}\n", 2)
    if not options.first or options.first > options.hops:
        raise Over("first hop out of range\n", 2)
    if options.hops > MOST_HOPS:
        raise Over(f"max hops cannot be more than {MOST_HOPS}\n", 2)
    if not options.queries or options.queries > MOST_PROBES:
        raise Over(f"no more than {MOST_PROBES} probes per hop\n", 2)
    if min(options.wait, options.here, options.near) < 0:
        raise Over(f"bad wait specifications `{options.wait:g},{options.here:g},{options.near:g}' used\n", 2)
    if options.length > LONGEST:
        raise Over(f"too big packetlen {options.length} specified\n", 2)
    if options.source is not None and isinstance(options.source, IPv6) != (options.family == 6):
        raise Over("IP version mismatch in addresses specified\n", 2)
    if options.pause < 0:
        raise Over(f"bad sendtime `{options.pause:g}' specified\n", 2)
    if options.pause >= 10:
        options.pause /= 1000
    if options.sport or options.module == "raw":
        options.at_once = 1
        options.here = options.near = 0.0
    if "mtu" in options.flags:
        options.flags.add("F")
        options.at_once = 1
        if options.length < 0:
            options.length = LONGEST


def nanoseconds(seconds: float) -> int:
    """A wait as the clock counts it; endless ones end some day."""
    return int(min(seconds, 1e9) * 1000) * MS if seconds >= 1 else int(seconds * 1e9)


@attrs.frozen
class _TcpFlag:
    bit: int

    def __call__(self, options: Options, text: str) -> bool:
        options.tcp_flags |= self.bit
        return True


@attrs.frozen
class _TcpOption:
    name: str

    def __call__(self, options: Options, text: str) -> bool:
        options.tcp_options.add(self.name)
        return True


def _exact_flags(options: Options, text: str) -> bool:
    found = leading_int(text)
    if found is None:
        return False
    options.tcp_flags = found[0] & 0xFF
    options.tcp_options.add("flags")
    return True


def _protocol(options: Options, text: str) -> bool:
    found = leading_int(text)
    if found is not None:
        options.protocol = found[0]
        return True
    for line in options.proc.read_text("/etc/protocols").splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1 and text in (words[0], *words[2:]):
            options.protocol = int(words[1])
            return True
    return False


_TCP_FLAGS = tuple(Opt("", name, "", _TcpFlag(1 << bit)) for bit, name in enumerate(("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")))
_TCP_OPTIONS = tuple(
    Opt("", name, "", _TcpOption(name), is_abbreviable=name in ("timestamps", "window_scaling"))
    for name in ("ecn", "sack", "timestamps", "window_scaling", "sysctl", "reuse", "info")
)
MODULE_TABLES: dict[str, tuple[Opt, ...]] = {
    "tcp": (*_TCP_FLAGS, *_TCP_OPTIONS, Opt("", "flags", "NUM", _exact_flags, is_abbreviable=True), Opt("", "mss", "NUM", _unsigned("mss"))),
    "raw": (Opt("", "protocol", "PROT", _protocol, is_abbreviable=True),),
    "icmp": (Opt("", "raw", "", _Flag("raw")), Opt("", "dgram", "", _Flag("dgram"))),
}


def read_module_options(options: Options) -> None:
    """What `-O` gave to the method; Over with the words of a wrong one."""
    table = MODULE_TABLES.get(options.module)
    if not options.module_words or table is None:
        return
    try:
        Reader(table, options, takes_keywords=True).read(options.module_words)
    except Problem as wrong:
        raise Over(f"{wrong}\n", 2) from None
    if {"raw", "dgram"} <= options.flags:
        place = max(options.module_words.index("raw"), options.module_words.index("dgram")) + 1
        raise Over(f"Keyword `{options.module_words[place - 1]}' (argc {place}): Only one of:\n    raw | dgram\nmay be specified.\n", 2)
