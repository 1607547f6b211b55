"""Comments in a script that say which machine a line is typed on, and what is plugged into what: `# netsim: ...` at the start of a line.

    # netsim: host h1 [kernel=6.1] [engine=27]   what follows is typed on h1
    # netsim: lan office h1 h2 [OPTIONS]         a switch with a new card of each
    # netsim: cable h1 h2 [OPTIONS]              a cable between a new card of each
    # netsim: overlay NAME h1 h2 [subnet=10.0.1.0/24] [vni=4096]
    # netsim: uplink [h1] [names=shop.example:198.51.100.7,...] [OPTIONS]   a way out to a simulated internet
    # netsim: unplug LAN HOST, # netsim: plug LAN HOST

with OPTIONS `name=eth0` (or `name=eth0,eth1`), `delay=10ms`, `loss=1%`, `rate=10mbit`, `mtu=9000`. To bash they are comments: a script for one
machine stays a script.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from netsim.api import Host, World
from netsim.commands.tc.units import get_number, get_percent, get_rate, get_time, share
from netsim.docker.errors import Refusal
from netsim.docker.profile import RELEASES
from netsim.errors import NetError, strerror
from netsim.kernel.profile import PROFILES

MARK = re.compile(r"#\s*netsim:\s*(.*?)\s*")
HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


Said = Mapping[str, Mapping[str, str]]
NOTHING: Said = {}


class DirectiveProblem(Exception):
    """A directive that cannot be understood or carried out; the text says which line and why."""


@attrs.frozen
class Part:
    """A piece of a script: either commands for a host (None: the first), or words of a directive; `line` is where it begins."""

    line: int
    host: str | None = None
    text: str = ""
    directive: tuple[str, ...] = ()


def sections(text: str) -> Iterator[Part]:
    """The parts of a script, in order; empty ones are left out. DirectiveProblem."""
    host, kept, begin = None, [], 1
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        found = MARK.fullmatch(line.rstrip("\n"))
        if found is None:
            kept.append(line)
            continue
        if any(not each.isspace() for each in kept):
            yield Part(begin, host, "\n" * (begin - 1) + "".join(kept))
        kept, begin = [], number + 1
        words = tuple(found[1].split())
        if words[:1] == ("host",):
            host = _host_name(number, words)
        elif host is not None and words[:1] == ("uplink",) and all("=" in word for word in words[1:]):
            words = ("uplink", host, *words[1:])  # of the machine whose turn it is
        yield Part(number, directive=(str(number), *words))
    if any(not each.isspace() for each in kept):
        yield Part(begin, host, "\n" * (begin - 1) + "".join(kept))


def _host_name(number: int, words: tuple[str, ...]) -> str:
    if len(words) < 2 or not HOST_NAME.fullmatch(words[1]):
        raise DirectiveProblem(f"line {number}: netsim: host: a name is expected")
    return words[1]


def machines(parts: Iterable[Part]) -> dict[str, dict[str, str]]:
    """What a script says of its machines, wherever it says so: name -> kernel= and engine=."""
    said: dict[str, dict[str, str]] = {}
    for part in parts:
        if part.directive[1:2] == ("host",):
            plain, options = _options(list(part.directive[2:]), None)
            said.setdefault("".join(plain), {}).update(options)
    return said


def carry_out(world: World, directive: tuple[str, ...], said: Said = NOTHING) -> None:
    """Do what a directive says; `said` is what the script says of its machines anywhere. DirectiveProblem."""
    number, *words = directive
    verb = words[0] if words else ""
    action = ACTIONS.get(verb)
    if action is None:
        raise DirectiveProblem(f"line {number}: netsim: {verb or 'nothing'}: not a directive; one of {', '.join(ACTIONS)}")
    try:
        action(world, words[1:], said)
    except NetError as error:
        raise DirectiveProblem(f"line {number}: netsim: {verb}: {error.extack or strerror(error.errno)}") from None
    except ValueError as error:
        raise DirectiveProblem(f"line {number}: netsim: {verb}: {error}") from None


def _host(world: World, words: list[str], said: Said) -> None:
    plain, options = _options(words, ("kernel", "engine"))
    if len(plain) != 1:
        raise ValueError("one name is expected")
    kernel, engine = options.get("kernel", ""), options.get("engine", "")
    if kernel and kernel not in PROFILES:
        raise ValueError(f"kernel {kernel} is not known; one of {', '.join(PROFILES)}")
    if engine and engine not in RELEASES:
        raise ValueError(f"engine {engine} is not known; one of {', '.join(RELEASES)}")
    host = _machine(world, plain[0], said)
    if (kernel and host.machine.kernel.profile is not PROFILES[kernel]) or engine not in ("", host.machine.docker_release):
        raise ValueError(f"{host.name} is there already, as another one")


def _machine(world: World, name: str, said: Said) -> Host:
    """A machine as the script says it is, though it may say so only later."""
    options = said.get(name, {})
    kernel, engine = options.get("kernel", ""), options.get("engine", "")
    return world.host(name, kernel if kernel in PROFILES else "6.18", engine=engine if engine in RELEASES else "")


def _options(words: list[str], known: tuple[str, ...] | None) -> tuple[list[str], dict[str, str]]:
    """Plain words, and KEY=VALUE ones; ValueError for a key nobody knows."""
    plain = [word for word in words if "=" not in word]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    for key in options:
        if known is not None and key not in known:
            raise ValueError(f"{key}= is not known; one of {', '.join(known)}")
    return plain, options


def _microseconds(text: str) -> int | None:
    time = get_time(text)
    return None if time is None else time * 1000


def _share(text: str) -> float | None:
    chance = get_percent(text)
    return None if chance is None else share(chance)


def _bits(text: str) -> int | None:
    rate = get_rate(text)
    return None if rate is None else rate * 8


def _mtu(text: str) -> int | None:
    return get_number(text, 68, 65535)


READ: dict[str, Callable[[str], Any]] = {"delay": _microseconds, "loss": _share, "rate": _bits, "mtu": _mtu}
LINE_OPTIONS = ("name", *READ)


def _quality(options: dict[str, str]) -> dict[str, Any]:
    """`delay=`, `loss=`, `rate=`, `mtu=` in tc's units; ValueError."""
    quality = {}
    for key, text in options.items():
        if key in READ:
            value = READ[key](text)
            if value is None:
                raise ValueError(f"{key}={text} makes no sense")
            quality[key] = value
    return quality


def _named(world: World, names: list[str], said: Said) -> list[Host]:
    for name in names:
        if not HOST_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a machine")
    return [_machine(world, name, said) for name in names]


def _card_names(options: dict[str, str], count: int) -> list[str]:
    names = options["name"].split(",") if "name" in options else [""]
    if len(names) not in (1, count):
        raise ValueError(f"name= wants one name or {count}")
    return names * count if len(names) == 1 else names


def _lan(world: World, words: list[str], said: Said) -> None:
    plain, options = _options(words, LINE_OPTIONS)
    if len(plain) < 2:
        raise ValueError("a name and machines are expected")
    hosts = _named(world, plain[1:], said)
    world.lan(plain[0], *hosts, names=_card_names(options, len(hosts)), **_quality(options))


def _cable(world: World, words: list[str], said: Said) -> None:
    plain, options = _options(words, LINE_OPTIONS)
    if len(plain) != 2:
        raise ValueError("two machines are expected")
    first, second = _named(world, plain, said)
    world.cable(first, second, names=_card_names(options, 2), **_quality(options))


def _overlay(world: World, words: list[str], said: Said) -> None:
    plain, options = _options(words, ("subnet", "vni"))
    if len(plain) < 2:
        raise ValueError("a name and machines are expected")
    vni = get_number(options.get("vni", "0"), 0, (1 << 24) - 1)
    if vni is None:
        raise ValueError(f"vni={options['vni']} makes no sense")
    try:
        world.overlay(plain[0], *_named(world, plain[1:], said), subnet=options.get("subnet", "10.0.1.0/24"), vni=vni)
    except Refusal as problem:
        raise ValueError(problem.text) from None


def _uplink(world: World, words: list[str], said: Said) -> None:
    from netsim.uplink import read_names, uplink

    plain, options = _options(words, (*LINE_OPTIONS, "names"))
    if len(plain) > 1:
        raise ValueError("one machine is expected")
    (host,) = _named(world, plain or [next(iter(world.hosts), "host")], said)
    uplink(world, host, name=_card_names(options, 1)[0], names=read_names(options.get("names", "")), **_quality(options))


def _switch_line(world: World, words: list[str], verb: str) -> None:
    if len(words) != 2:
        raise ValueError("a LAN and a machine are expected")
    lan = world.lans.get(words[0])
    if lan is None or words[1] not in lan.cables:
        raise ValueError(f"{words[1]} has no cable to a LAN {words[0]}")
    getattr(lan, verb)(words[1])


def _unplug(world: World, words: list[str], said: Said) -> None:
    _switch_line(world, words, "unplug")


def _plug(world: World, words: list[str], said: Said) -> None:
    _switch_line(world, words, "plug")


ACTIONS: dict[str, Callable[[World, list[str], Said], None]] = {
    "host": _host,
    "lan": _lan,
    "cable": _cable,
    "overlay": _overlay,
    "uplink": _uplink,
    "unplug": _unplug,
    "plug": _plug,
}
