"""`-j TEE`."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extension import Context, Extension, Given, Place, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.targets.tee import TeeTarget
from netsim.kernel.tables.xtables import RuleSpec
from netsim.machine.hostnames import inet_aton, inet_pton6

LONGEST_DEVICE = 15


def build(given: list[Given], context: Context) -> TeeTarget:
    """The target from its options."""
    found = once(given, "TEE")
    if "gateway" not in found:
        raise Problem('TEE: option "--gateway" must be specified\n')
    word = found["gateway"].value
    read, other = (inet_aton, inet_pton6) if context.family == 2 else (inet_pton6, inet_aton)
    gateway = read(word)
    if gateway is None:
        why = "Temporary failure in name resolution" if other(word) is None else "Address family for hostname not supported"
        raise Problem(f"getaddrinfo: {why}\n")
    oif = found["oif"].value if "oif" in found else ""
    if len(oif) > LONGEST_DEVICE:
        raise Problem('TEE: Argument passed to "--oif" is too long\n')
    return TeeTarget(int(gateway), oif)


def _is_loadable(target: TeeTarget, spec: RuleSpec, place: Place) -> bool:
    """A copy for nobody is none (`tee_tg_check`)."""
    return bool(target.gateway)


def _gateway(target: TeeTarget) -> str:
    return str(IPv6(target.gateway)) if target.gateway > 0xFFFFFFFF else str(IPv4(target.gateway))


def _save(target: TeeTarget) -> str:
    return f" --gateway {_gateway(target)}" + (f" --oif {target.oif}" if target.oif else "")


def _listing(target: TeeTarget, numeric: bool, /) -> str:
    return f" TEE gw:{_gateway(target)}" + (f" oif={target.oif}" if target.oif else "")


TEE = Extension("TEE", {"gateway": ("gateway", True), "oif": ("oif", True)}, build, _save, _listing, TeeTarget, valid=_is_loadable)
