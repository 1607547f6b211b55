"""`-j DNAT`, `-j SNAT`, `-j MASQUERADE`, `-j REDIRECT` and `-j NETMAP`."""

from __future__ import annotations

from functools import lru_cache

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import PORTS, host_mask, mask_suffix, number
from netsim.kernel.netfilter.nat.ranges import MAP_IPS, PERSISTENT, PROTO_OFFSET, PROTO_RANDOM, PROTO_RANDOM_FULLY, PROTO_SPECIFIED, NatRange
from netsim.kernel.netfilter.targets.nat import DnatTarget, MasqueradeTarget, NetmapTarget, RedirectTarget, SnatTarget

FLAGS = (("random", PROTO_RANDOM), ("random-fully", PROTO_RANDOM_FULLY), ("persistent", PERSISTENT))
WITH_PORTS = frozenset({1, 6, 17, 33, 58, 132})
"""Echoes have identifiers in their place."""
NAT = frozenset({"nat"})


def _flags(found: dict[str, Given]) -> int:
    flags = 0
    for name, bit in FLAGS:
        if name in found:
            flags |= bit
    return flags


def _flag_words(flags: int, dashes: str) -> str:
    return "".join(f" {dashes}{name}" for name, bit in FLAGS if flags & bit)


# ports -----------------------------------------------------------------------------------------------------------------


def _check_protocol(option: Given) -> None:
    """Ports want a protocol that has some, said before them; whether it is inverted is not asked (`NAT_parse`)."""
    if option.protocol not in WITH_PORTS:
        raise Problem("Need TCP, UDP, SCTP or DCCP with port specification")


def _port(word: str) -> int:
    value = int(word) if word.isdecimal() and word[0] != "0" else number(word)
    if value is None:
        value = PORTS.get(word, -1)
    if not 0 <= value <= 65535:
        raise Problem(f"Port `{word}' not valid")
    return value


def _ports(word: str, *, based: str = "") -> tuple[int, int, int]:
    """Lowest and highest port and, after a slash where `based` allows it, the base of a shifted range."""
    if word.isdecimal():
        plain = _port(word)
        return plain, plain, -1
    if ":" in word:
        raise Problem("Invalid port:port syntax - use dash")
    if number(word) is None and word in PORTS:
        return PORTS[word], PORTS[word], -1
    low, dash, high = word.partition("-")
    if number(low) is None:
        raise Problem(f"Port `{word}' not valid")
    first = _port(low)
    if not dash:
        return first, first, -1
    high, slash, base = high.partition("/")
    last = _port(high)
    if last < first:
        raise Problem(f"Port range `{high}' funky")
    if not slash:
        return first, last, -1
    return first, last, _port(base) if based == "kept" else 0


def _port_words(choice: NatRange) -> str:
    text = str(choice.min_port) if choice.min_port == choice.max_port else f"{choice.min_port}-{choice.max_port}"
    return f"{text}/{choice.base_port}" if choice.flags & PROTO_OFFSET else text


# SNAT and DNAT ---------------------------------------------------------------------------------------------------------


def _split(word: str, family: int) -> tuple[str, str | None]:
    """Addresses and ports: `A[-B][:P]`, or for IPv6 `A[-B]` and `[A[-B]]:P`."""
    if family == 2:
        addresses, colon, ports = word.partition(":")
        return addresses, ports if colon else None
    if not word.startswith("["):
        addresses, colon, ports = word.partition(":")  # one colon is a port's, more are an address's
        return (addresses, ports) if colon and ":" not in ports else (word, None)
    addresses, closed, rest = word[1:].partition("]")
    if not closed:
        raise Problem("Invalid address format")
    return addresses, rest[1:] if rest.startswith(":") else None


@lru_cache(maxsize=256)
def _address(word: str, family: int) -> int:
    try:
        return int(IPv4.parse(word) if family == 2 else IPv6.parse(word))
    except ValueError:
        raise Problem(f'Bad IP address "{word}"') from None


def _range(option: Given, flags: int, context: Context, based: str) -> NatRange:
    addresses, ports = _split(option.value, context.family)
    low = high = first = last = base = 0
    if ports is not None:
        _check_protocol(option)
        first, last, base = _ports(ports, based=based)
        flags |= PROTO_SPECIFIED | (PROTO_OFFSET if base >= 0 else 0)
    if addresses or ports is None:
        start, dash, end = addresses.partition("-")
        low = high = _address(start, context.family)
        if dash:
            high = _address(end, context.family)
        flags |= MAP_IPS
    return NatRange(flags, low, high, first, last, max(base, 0))


def _dnat(given: list[Given], context: Context) -> DnatTarget:
    found = once(given, "DNAT")
    if "to-destination" not in found:
        raise Problem('DNAT: option "--to-destination" must be specified\n')
    return DnatTarget(_range(found["to-destination"], _flags(found) if len(found) > 1 else 0, context, "kept"))


def _snat(given: list[Given], context: Context) -> SnatTarget:
    found = once(given, "SNAT")
    if "to-source" not in found:
        raise Problem('SNAT: option "--to-source" must be specified\n')
    return SnatTarget(_range(found["to-source"], _flags(found) if len(found) > 1 else 0, context, "zeroed"))


def _text(address: int, choice: NatRange) -> str:
    return str(IPv6(address) if _is_long(choice) else IPv4(address))


def _is_long(choice: NatRange) -> bool:
    return max(choice.min_addr, choice.max_addr) > 0xFFFFFFFF


def _range_words(choice: NatRange) -> str:
    text = ""
    if choice.flags & MAP_IPS:
        text = _text(choice.min_addr, choice)
        if choice.max_addr != choice.min_addr:
            text += f"-{_text(choice.max_addr, choice)}"
        if _is_long(choice) and choice.flags & PROTO_SPECIFIED:
            text = f"[{text}]"
    return text + (f":{_port_words(choice)}" if choice.flags & PROTO_SPECIFIED else "")


def _dnat_save(target: DnatTarget) -> str:
    return f" --to-destination {_range_words(target.choice)}{_flag_words(target.choice.flags, '--')}"


def _snat_save(target: SnatTarget) -> str:
    return f" --to-source {_range_words(target.choice)}{_flag_words(target.choice.flags, '--')}"


def _nat_listing(target: DnatTarget | SnatTarget, numeric: bool, /) -> str:
    return f" to:{_range_words(target.choice)}{_flag_words(target.choice.flags, '')}"


# MASQUERADE and REDIRECT -----------------------------------------------------------------------------------------------


def _own_ports(found: dict[str, Given]) -> NatRange:
    flags, first, last = _flags(found), 0, 0
    if "to-ports" in found:
        _check_protocol(found["to-ports"])
        first, last, _ = _ports(found["to-ports"].value)
        flags |= PROTO_SPECIFIED
    return NatRange(flags, 0, 0, first, last)


def _masquerade(given: list[Given], context: Context) -> MasqueradeTarget:
    return MasqueradeTarget(_own_ports(once(given, "MASQUERADE")))


def _redirect(given: list[Given], context: Context) -> RedirectTarget:
    return RedirectTarget(_own_ports(once(given, "REDIRECT")))


def _own_save(target: MasqueradeTarget | RedirectTarget) -> str:
    choice = target.choice
    ports = f" --to-ports {_port_words(choice)}" if choice.flags & PROTO_SPECIFIED else ""
    return ports + _flag_words(choice.flags, "--")


def _own_listing(choice: NatRange, word: str) -> str:
    ports = f" {word} ports{':' if word == 'masq' else ''} {_port_words(choice)}" if choice.flags & PROTO_SPECIFIED else ""
    return ports + _flag_words(choice.flags, "")


def _masquerade_listing(target: MasqueradeTarget, numeric: bool, /) -> str:
    return _own_listing(target.choice, "masq")


def _redirect_listing(target: RedirectTarget, numeric: bool, /) -> str:
    return _own_listing(target.choice, "redir")


# NETMAP ----------------------------------------------------------------------------------------------------------------


def _netmap(given: list[Given], context: Context) -> NetmapTarget:
    option = once(given, "NETMAP").get("to")
    if option is None:
        raise Problem('NETMAP: option "--to" must be specified\n')
    text, slash, suffix = option.value.partition("/")
    try:
        address = _address(text, context.family)
    except Problem:
        raise Problem("getaddrinfo: Temporary failure in name resolution\n") from None
    mask = host_mask(suffix if slash else "", context.family)
    return NetmapTarget(address & mask, mask)


def _netmap_words(target: NetmapTarget) -> str:
    family = 10 if target.mask > 0xFFFFFFFF else 2
    return str(IPv6(target.network) if family == 10 else IPv4(target.network)) + mask_suffix(target.mask, family)


def _netmap_save(target: NetmapTarget) -> str:
    return f" --to {_netmap_words(target)}"


def _netmap_listing(target: NetmapTarget, numeric: bool, /) -> str:
    return f" to:{_netmap_words(target)}"


def _options(to: str, flags: tuple[str, ...]) -> dict[str, tuple[str, bool]]:
    return {to: (to, True), **{name: (name, False) for name in flags}}


DNAT = Extension("DNAT", _options("to-destination", ("random", "persistent")), _dnat, _dnat_save, _nat_listing, DnatTarget, tables=NAT)
SNAT = Extension("SNAT", _options("to-source", ("random", "random-fully", "persistent")), _snat, _snat_save, _nat_listing, SnatTarget, tables=NAT)
MASQUERADE = Extension(
    "MASQUERADE", _options("to-ports", ("random", "random-fully")), _masquerade, _own_save, _masquerade_listing, MasqueradeTarget, tables=NAT
)
REDIRECT = Extension("REDIRECT", _options("to-ports", ("random",)), _redirect, _own_save, _redirect_listing, RedirectTarget, tables=NAT)
NETMAP = Extension("NETMAP", _options("to", ()), _netmap, _netmap_save, _netmap_listing, NetmapTarget, tables=NAT)
