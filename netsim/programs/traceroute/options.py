"""traceroute's command line (traceroute 2.1.2, whose own parser neither clusters letters nor shortens long names)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.machine.call import Result

VERSION = "Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n"
DEFAULT_HOPS, MAX_HOPS, DEFAULT_QUERIES, MAX_QUERIES = 30, 255, 3, 10
MAX_PACKET = 65000


@attrs.define(eq=False)
class Options:
    """What was asked for; times in ns, `port` None when not given."""

    target: str = ""
    packet_length: int | None = None
    family: int = 0
    method: str = "default"
    first_hop: int = 1
    max_hops: int = DEFAULT_HOPS
    queries: int = DEFAULT_QUERIES
    parallel: int = 16
    port: int | None = None
    source_port: int | None = None
    source: str = ""
    device: str = ""
    tos: int | None = None
    flow: int = 0
    mark: int | None = None
    wait: int = 5 * SECOND
    here: float = 3.0
    near: float = 10.0
    send_wait: int = 0
    flags: set[str] = attrs.field(factory=set)


class UsageError(Exception):
    """What traceroute prints on stderr before it ends with status 2."""


@attrs.frozen
class Spelling:
    """One option as typed: the name it means, and what its argument is called in messages ("" for none)."""

    means: str
    argument: str = ""


SPELLINGS = {
    "-4": Spelling("4"),
    "-6": Spelling("6"),
    "-d": Spelling("debug"),
    "--debug": Spelling("debug"),
    "-F": Spelling("dont-fragment"),
    "--dont-fragment": Spelling("dont-fragment"),
    "-f": Spelling("first", "first_ttl"),
    "--first": Spelling("first", "first_ttl"),
    "-g": Spelling("gateway", "gate,..."),
    "--gateway": Spelling("gateway", "gate,..."),
    "-I": Spelling("icmp"),
    "--icmp": Spelling("icmp"),
    "-T": Spelling("tcp"),
    "--tcp": Spelling("tcp"),
    "-i": Spelling("device", "device"),
    "--interface": Spelling("device", "device"),
    "-m": Spelling("max-hops", "max_ttl"),
    "--max-hops": Spelling("max-hops", "max_ttl"),
    "-N": Spelling("sim-queries", "squeries"),
    "--sim-queries": Spelling("sim-queries", "squeries"),
    "-n": Spelling("numeric"),
    "-p": Spelling("port", "port"),
    "--port": Spelling("port", "port"),
    "-t": Spelling("tos", "tos"),
    "--tos": Spelling("tos", "tos"),
    "-l": Spelling("flowlabel", "flow_label"),
    "--flowlabel": Spelling("flowlabel", "flow_label"),
    "-w": Spelling("wait", "MAX,HERE,NEAR"),
    "--wait": Spelling("wait", "MAX,HERE,NEAR"),
    "-q": Spelling("queries", "nqueries"),
    "--queries": Spelling("queries", "nqueries"),
    "-r": Spelling("dont-route"),
    "-s": Spelling("source", "src_addr"),
    "--source": Spelling("source", "src_addr"),
    "-z": Spelling("sendwait", "sendwait"),
    "--sendwait": Spelling("sendwait", "sendwait"),
    "-e": Spelling("extensions"),
    "--extensions": Spelling("extensions"),
    "-A": Spelling("as-path"),
    "--as-path-lookups": Spelling("as-path"),
    "-M": Spelling("module", "name"),
    "--module": Spelling("module", "name"),
    "-O": Spelling("options", "OPTS,..."),
    "--options": Spelling("options", "OPTS,..."),
    "--sport": Spelling("sport", "num"),
    "--fwmark": Spelling("fwmark", "num"),
    "-U": Spelling("udp"),
    "--udp": Spelling("udp"),
    "-UL": Spelling("udplite"),
    "-D": Spelling("dccp"),
    "--dccp": Spelling("dccp"),
    "-P": Spelling("protocol", "prot"),
    "--protocol": Spelling("protocol", "prot"),
    "--mtu": Spelling("mtu"),
    "--back": Spelling("back"),
    "-V": Spelling("version"),
    "--version": Spelling("version"),
    "--help": Spelling("help"),
}
METHODS = ("default", "icmp", "tcp", "udp")
REFUSED = {
    "gateway": "loose source routing",
    "as-path": "AS path look-ups",
    "udplite": "UDP-Lite",
    "dccp": "DCCP",
    "options": "module options (-O)",
    "protocol": "raw probes of another protocol (-P)",
}


def options_of(words: Sequence[str]) -> Options | Result:
    """The options, or what traceroute prints instead."""
    if not words:
        return Result("", usage(), 0)
    options = Options()
    places: list[tuple[str, int]] = []
    number = 0
    try:
        while number < len(words):
            word = words[number]
            number += 1
            if not word.startswith("-") or word == "-":
                places.append((word, number))
                continue
            typed, equals, value = word.partition("=") if word.startswith("--") else _split_short(word)
            spelling = SPELLINGS.get(typed)
            if spelling is None or (equals and not spelling.argument):
                raise UsageError(f"Bad option `{word if spelling is None else typed}' (argc {number})")
            at = number
            if spelling.argument and not equals:
                if number >= len(words):
                    raise UsageError(f"Option `{typed}' (argc {number}) requires an argument: `{typed} {spelling.argument}'")
                value = words[number]
                number += 1
                at = number
            stop = _take(options, spelling.means, value, typed, at)
            if stop is not None:
                return stop
        _arguments(options, places, len(words))
        _check(options)
    except UsageError as wrong:
        return Result("", f"{wrong}\n", 2)
    return options


def usage() -> str:
    """The help text."""
    return files("netsim.programs.traceroute").joinpath("usage.txt").read_text()


def _split_short(word: str) -> tuple[str, str, str]:
    """`-m5` is `-m 5`; letters do not cluster."""
    if word in SPELLINGS or len(word) == 2:
        return word, "", ""
    spelling = SPELLINGS.get(word[:2])
    if spelling is not None and spelling.argument:
        return word[:2], "=", word[2:]
    cluster = [SPELLINGS.get(f"-{letter}") for letter in word[1:]]
    wanting = next((letter for letter, known in zip(word[1:], cluster, strict=True) if known is not None and known.argument), None)
    if None not in cluster and wanting is not None:
        return f"-{wanting}", "", ""
    return word, "", ""


def _whole(value: str, typed: str, at: int) -> int:
    try:
        return int(value, 0)
    except ValueError:
        raise UsageError(f"Cannot handle `{typed}' option with arg `{value}' (argc {at})") from None


def _take(options: Options, means: str, value: str, typed: str, at: int) -> Result | None:
    if means == "help":
        return Result("", usage(), 0)
    if means == "version":
        return Result(VERSION)
    if means in REFUSED:
        return Result("", f"traceroute: {REFUSED[means]} is not modelled\n", 2)
    if means in ("icmp", "tcp", "udp"):
        options.method = means
    elif means in ("4", "6"):
        options.family = int(means)
    elif means in _NUMBERS:
        setattr(options, _NUMBERS[means], _whole(value, typed, at))
    elif means in _TAKERS:
        _TAKERS[means](options, value, typed, at)
    else:
        options.flags.add(means)
    return None


def _wait(options: Options, value: str, typed: str, at: int) -> None:
    parts = value.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise UsageError(f"Cannot handle `{typed}' option with arg `{value}' (argc {at})") from None
    numbers += [0.0] * (3 - len(numbers))
    if len(parts) > 3 or any(number < 0 for number in numbers):
        shown = ",".join(f"{number:g}" for number in numbers)
        raise UsageError(f"bad wait specifications `{shown}' used")
    options.wait = int(numbers[0] * SECOND)
    options.here, options.near = numbers[1], numbers[2]


def _send_wait(options: Options, value: str, typed: str, at: int) -> None:
    try:
        number = float(value)
    except ValueError:
        raise UsageError(f"Cannot handle `{typed}' option with arg `{value}' (argc {at})") from None
    options.send_wait = int(number * (MS if number >= 10 else SECOND))


def _module(options: Options, value: str, typed: str, at: int) -> None:
    if value not in METHODS:
        raise UsageError(f"Unknown traceroute module {value}")
    options.method = value


def _text(field: str) -> Callable[[Options, str, str, int], None]:
    def take(options: Options, value: str, typed: str, at: int) -> None:
        setattr(options, field, value)

    return take


_NUMBERS = {
    "first": "first_hop",
    "max-hops": "max_hops",
    "sim-queries": "parallel",
    "port": "port",
    "tos": "tos",
    "flowlabel": "flow",
    "queries": "queries",
    "sport": "source_port",
    "fwmark": "mark",
}
_TAKERS: dict[str, Any] = {"wait": _wait, "sendwait": _send_wait, "module": _module, "device": _text("device"), "source": _text("source")}


def _arguments(options: Options, places: list[tuple[str, int]], count: int) -> None:
    if not places:
        raise UsageError('Specify "host" missing argument.')
    options.target = places[0][0]
    options.flags.add(f"host argc {places[0][1]}")
    if len(places) > 1:
        word, at = places[1]
        if not re.fullmatch(r"[+-]?(0[xX][0-9a-fA-F]+|\d+)", word):
            raise UsageError(f'Cannot handle "packetlen" cmdline arg `{word}\' on position 2 (argc {at})')
        options.packet_length = int(word, 0)
    if len(places) > 2:
        raise UsageError(f"Extra arg `{places[2][0]}' (position 3, argc {places[2][1]})")


def _check(options: Options) -> None:
    if not 1 <= options.first_hop <= options.max_hops:
        raise UsageError("first hop out of range")
    if options.max_hops > MAX_HOPS:
        raise UsageError(f"max hops cannot be more than {MAX_HOPS}")
    if not 1 <= options.queries <= MAX_QUERIES:
        raise UsageError(f"no more than {MAX_QUERIES} probes per hop")
    if options.packet_length is not None and options.packet_length > MAX_PACKET:
        raise UsageError(f"too big packetlen {options.packet_length} specified")
    if "mtu" in options.flags or options.source_port is not None:
        options.parallel = 1
    if options.send_wait:
        options.parallel = 1
    options.parallel = max(1, options.parallel)
