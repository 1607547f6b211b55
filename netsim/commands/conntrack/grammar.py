"""The words conntrack knows: commands, options, and which go together, as tables."""

from __future__ import annotations

import attrs


@attrs.frozen
class Option:
    """One option: the name it has in messages, and whether it takes an argument ("" no, "=" yes, "?" if one follows)."""

    name: str
    takes: str = "="


COMMANDS = {
    "L": ("L", "?"), "I": ("I", "?"), "A": ("A", "?"), "D": ("D", "?"), "G": ("G", "?"), "U": ("U", "?"), "F": ("F", "?"), "E": ("E", "?"),
    "C": ("C", "?"), "S": ("S", "?"), "R": ("R", "="), "V": ("V", ""), "h": ("h", ""),
    "dump": ("L", "?"), "create": ("I", "?"), "add": ("A", "?"), "delete": ("D", "?"), "get": ("G", "?"), "update": ("U", "?"),
    "flush": ("F", "?"), "event": ("E", "?"), "counter": ("C", "?"), "count": ("C", "?"), "stats": ("S", "?"), "load-file": ("R", "="),
    "version": ("V", ""), "help": ("h", ""),
}  # fmt: skip
"""Spelling -> (command, whether a word may or must follow)."""

OPTIONS = {
    "s": Option("src"), "d": Option("dst"), "r": Option("reply-src"), "q": Option("reply-dst"), "p": Option("protonum"), "t": Option("timeout"),
    "u": Option("status"), "m": Option("mark"), "l": Option("label"), "f": Option("family"), "b": Option("buffer-size"),
    "n": Option("src-nat", "?"), "g": Option("dst-nat", "?"), "j": Option("any-nat", "?"), "z": Option("zero", ""), "i": Option("id"),
    "e": Option("event-mask"), "o": Option("output"), "w": Option("zone"), "c": Option("secmark"),
}  # fmt: skip
LONG = {option.name: option for option in OPTIONS.values()} | {
    "orig-src": Option("src"), "orig-dst": Option("dst"), "proto": Option("protonum"), "orig-zone": Option("orig-zone"),
    "reply-zone": Option("reply-zone"), "mask-src": Option("mask-src"), "mask-dst": Option("mask-dst"), "tuple-src": Option("tuple-src"),
    "tuple-dst": Option("tuple-dst"), "label-add": Option("label-add"), "label-del": Option("label-del"),
}  # fmt: skip

_PORTS = {
    "sport": Option("orig-port-src"), "orig-port-src": Option("orig-port-src"), "dport": Option("orig-port-dst"),
    "orig-port-dst": Option("orig-port-dst"), "reply-port-src": Option("reply-port-src"), "reply-port-dst": Option("reply-port-dst"),
    "mask-port-src": Option("mask-port-src"), "mask-port-dst": Option("mask-port-dst"), "tuple-port-src": Option("tuple-port-src"),
    "tuple-port-dst": Option("tuple-port-dst"),
}  # fmt: skip
PROTOCOLS: dict[str, tuple[int, dict[str, Option]]] = {
    "tcp": (6, _PORTS | {"state": Option("state")}),
    "udp": (17, _PORTS),
    "udplite": (136, _PORTS),
    "icmp": (1, {name: Option(name) for name in ("icmp-type", "icmp-code", "icmp-id")}),
    "icmpv6": (58, {name.replace("icmp", "icmpv6"): Option(name) for name in ("icmp-type", "icmp-code", "icmp-id")}),
    "sctp": (132, _PORTS | {"state": Option("state"), "orig-vtag": Option("orig-vtag"), "reply-vtag": Option("reply-vtag")}),
    "dccp": (33, _PORTS | {"state": Option("state"), "role": Option("role")}),
    "gre": (47, {name: Option(name) for name in ("srckey", "dstkey", "reply-key-src", "reply-key-dst")}),
}
"""Name -> number, and the options that exist once `-p` named it."""

TABLES = ("conntrack", "expect", "dying", "unconfirmed")
OUTPUTS = ("timestamp", "extended", "xml", "id", "ktimestamp", "labels", "userspace", "save")
EVENTS = {
    "ALL": frozenset({"NEW", "UPDATE", "DESTROY"}),
    "NEW": frozenset({"NEW"}),
    "UPDATES": frozenset({"UPDATE"}),
    "DESTROY": frozenset({"DESTROY"}),
}
STATUSES = {
    "ASSURED": 4, "SEEN_REPLY": 2, "UNSET": 0, "FIXED_TIMEOUT": 1 << 10, "EXPECTED": 1, "OFFLOAD": 1 << 14, "HW_OFFLOAD": 1 << 15,
    "UNREPLIED": -1,
}  # fmt: skip

_ENDS = {"src", "dst", "reply-src", "reply-dst", "protonum", "orig-zone", "reply-zone", "zone", "family", "mark", "status"}
_NAT = {"src-nat", "dst-nat", "any-nat"}
_FILTER = _ENDS | _NAT | {"output", "label", "mask-src", "mask-dst", "tuple-src", "tuple-dst"}
ALLOWED = {
    "L": _FILTER | {"zero", "secmark"},
    "D": _FILTER | {"timeout", "id"},
    "U": _ENDS | _NAT | {"timeout", "output", "id", "label-add", "label-del", "secmark", "mask-src", "mask-dst"},
    "I": _ENDS | _NAT | {"timeout", "output", "label-add", "secmark"},
    "A": _ENDS | _NAT | {"timeout", "output", "label-add", "secmark"},
    "G": _ENDS | {"output", "id"},
    "E": _FILTER | {"event-mask", "buffer-size"},
    "F": {"family", "output"},
    "C": {"family", "output"},
    "S": {"output"},
}
REQUIRED = {"I": ("protonum", "timeout"), "A": ("protonum", "timeout"), "G": ("protonum",)}
"""In the order they are missed."""
