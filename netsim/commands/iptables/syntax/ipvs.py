"""`-m ipvs`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import PORTS, address_text, addresses, mask_suffix, number, protocol_number
from netsim.kernel.netfilter.matches.ipvs import Asked, IpvsMatch
from netsim.kernel.tables.conntrack import ORIGINAL, REPLY
from netsim.kernel.tables.ipvs import DROUTE, MASQ, TUNNEL

METHODS = {"GATE": DROUTE, "IPIP": TUNNEL, "MASQ": MASQ}
DIRECTIONS = {"ORIGINAL": ORIGINAL, "REPLY": REPLY}


def _bad(option: Given) -> Problem:
    return Problem(f'ipvs: Bad value for "--{option.name}" option: "{option.value}"')


def _port(option: Given) -> int:
    value = number(option.value)
    if value is None:
        value = PORTS.get(option.value)
    if value is None or value > 65535:
        raise Problem(f'Port "{option.value}" does not resolve to anything.\n')
    return value


def _method(option: Given) -> int:
    if option.value.upper() not in METHODS:
        raise _bad(option)
    return METHODS[option.value.upper()]


def _protocol(option: Given) -> int:
    return protocol_number(option.value)


def _yes(option: Given) -> int:
    return 1


_READ = {"ipvs": _yes, "vproto": _protocol, "vport": _port, "vmethod": _method, "vportctl": _port}


def build(given: list[Given], context: Context) -> IpvsMatch:
    """The match from its options."""
    found = once(given, "ipvs")
    if not found:
        raise Problem("IPVS: At least one option is required")
    asked = {name: Asked(_READ[name](option), option.inverted) for name, option in found.items() if name in _READ}
    mask = 0
    if "vaddr" in found:
        try:
            [(address, mask)] = addresses(found["vaddr"].value, context.family, context.hosts)
        except (Problem, ValueError):
            raise Problem("getaddrinfo: Name or service not known\n") from None
        asked["vaddr"] = Asked(address, found["vaddr"].inverted)
    direction = found.get("vdir")
    if direction is not None and direction.value.upper() not in DIRECTIONS:
        raise _bad(direction)
    wanted = DIRECTIONS[direction.value.upper()] if direction is not None else None
    if len(found) > 1:
        asked.pop("ipvs", None)  # the others imply it
    return IpvsMatch(**asked, vdir=wanted, vmask=mask)


def _address(match: IpvsMatch) -> str:
    assert match.vaddr is not None
    family = 2 if match.vmask <= 0xFFFFFFFF else 10
    suffix = mask_suffix(match.vmask, family)
    return address_text(match.vaddr.value, family) + ("" if suffix in ("/32", "/128") else suffix)


def _name(names: dict[str, int], value: int) -> str:
    return next(name for name, known in names.items() if known == value)


def _words(match: IpvsMatch, prefix: str) -> str:
    text = f"{bang(match.ipvs.is_inverted)} {prefix}ipvs" if match.ipvs is not None else ""
    parts = (
        ("vproto", match.vproto, str(match.vproto.value) if match.vproto else ""),
        ("vaddr", match.vaddr, _address(match) if match.vaddr else ""),
        ("vport", match.vport, str(match.vport.value) if match.vport else ""),
        ("vdir", Asked(match.vdir) if match.vdir is not None else None, _name(DIRECTIONS, match.vdir) if match.vdir is not None else ""),
        ("vmethod", match.vmethod, _name(METHODS, match.vmethod.value) if match.vmethod else ""),
        ("vportctl", match.vportctl, str(match.vportctl.value) if match.vportctl else ""),
    )
    return text + "".join(f"{bang(asked.is_inverted)} {prefix}{name} {words}" for name, asked, words in parts if asked is not None)


def save(match: IpvsMatch) -> str:
    """Words for -S."""
    return _words(match, "--")


def listing(match: IpvsMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return _words(match, "")


_TAKES = {"ipvs": False, "vproto": True, "vaddr": True, "vport": True, "vdir": True, "vmethod": True, "vportctl": True}
IPVS = Extension("ipvs", {name: (name, takes) for name, takes in _TAKES.items()}, build, save, listing, IpvsMatch, frozenset(_TAKES) - {"vdir"})
