"""`-m socket` and `-j TPROXY`."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extension import Context, Extension, Given, Place, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import mark, port
from netsim.kernel.netfilter.matches.socket import SocketMatch
from netsim.kernel.netfilter.targets.tproxy import TproxyTarget
from netsim.kernel.tables.xtables import RuleSpec
from netsim.machine.hostnames import inet_aton, inet_pton6
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

QUESTIONS = ("transparent", "nowildcard", "restore-skmark")


def _socket(given: list[Given], context: Context) -> SocketMatch:
    found = once(given, "socket")
    return SocketMatch(*(name in found for name in QUESTIONS))


def _socket_save(match: SocketMatch) -> str:
    answers = (match.transparent, match.counts_wildcard, match.restores_mark)
    return "".join(f" --{name}" for name, asked in zip(QUESTIONS, answers, strict=True) if asked)


def _socket_listing(match: SocketMatch, numeric: bool, /) -> str:
    return f" socket{_socket_save(match)}"


SOCKET = Extension("socket", {name: (name, False) for name in QUESTIONS}, _socket, _socket_save, _socket_listing, SocketMatch)


def _tproxy(given: list[Given], context: Context) -> TproxyTarget:
    found = once(given, "TPROXY")
    if "on-port" not in found:
        raise Problem('TPROXY: option "--on-port" must be specified\n')
    word = found["on-port"].value
    number = int(word) & 0xFFFF if word.isdigit() else port(word)
    address = 0
    if "on-ip" in found:
        parsed = inet_aton(found["on-ip"].value) if context.family == 2 else inet_pton6(found["on-ip"].value)
        if parsed is None:
            raise Problem("getaddrinfo: Temporary failure in name resolution\n")
        address = int(parsed)
    value, mask = mark(found["tproxy-mark"].value, "tproxy-mark") if "tproxy-mark" in found else (0, 0)
    return TproxyTarget(number, address, value, mask)


def _is_loadable(target: TproxyTarget, spec: RuleSpec, place: Place) -> bool:
    """Only streams and datagrams have sockets (`tproxy_tg4_check`)."""
    return spec.protocol in (IPPROTO_TCP, IPPROTO_UDP) and not spec.protocol_inverted


def _place(target: TproxyTarget) -> str:
    return str(IPv6(target.address)) if target.address > 0xFFFFFFFF else str(IPv4(target.address))


def _tproxy_save(target: TproxyTarget) -> str:
    return f" --on-port {target.port} --on-ip {_place(target)} --tproxy-mark {target.value:#x}/{target.mask:#x}"


def _tproxy_listing(target: TproxyTarget, numeric: bool, /) -> str:
    return f" TPROXY redirect {_place(target)}:{target.port} mark {target.value:#x}/{target.mask:#x}"


TPROXY = Extension(
    "TPROXY", {name: (name, True) for name in ("on-port", "on-ip", "tproxy-mark")}, _tproxy, _tproxy_save, _tproxy_listing, TproxyTarget,
    tables=frozenset({"mangle"}), valid=_is_loadable,
)  # fmt: skip
