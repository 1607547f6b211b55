"""Which options go with which command, as tables."""

from __future__ import annotations

COMMANDS = {
    "A": "add-service", "E": "edit-service", "D": "delete-service", "C": "flush", "a": "add-server", "e": "edit-server", "d": "delete-server",
    "L": "list", "l": "list", "set": "set", "start-daemon": "start-daemon", "stop-daemon": "stop-daemon", "R": "restore", "S": "save",
    "Z": "zero",
}  # fmt: skip
"""Option -> the command's name in messages."""

OPTION_NAMES = (
    "numeric", "connection", "service-address", "scheduler", "persistent", "netmask", "real-server", "forwarding-method", "weight",
    "u-threshold", "l-threshold", "mcast-interface", "timeout", "daemon", "stats", "rate", "thresholds", "persistent-conn", "nosort", "syncid",
    "exact", "ops", "pe", "sched-flags", "tun-info", "tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum", "sync-maxlen",
    "mcast-group", "mcast-port", "mcast-ttl",
)  # fmt: skip
"""In the order messages complain of them."""

IS_CALLED = {
    "n": "numeric", "c": "connection", "t": "service-address", "u": "service-address", "f": "service-address", "s": "scheduler",
    "p": "persistent", "M": "netmask", "r": "real-server", "g": "forwarding-method", "i": "forwarding-method", "m": "forwarding-method",
    "w": "weight", "x": "u-threshold", "y": "l-threshold", "o": "ops", "b": "sched-flags", "sctp-service": "service-address",
}  # fmt: skip
"""Option -> its name in messages, where that is another."""

_SERVICE = {"service-address": "+", **dict.fromkeys(("scheduler", "persistent", "netmask", "ops", "pe", "sched-flags"), " ")}
_SERVER = {
    "service-address": "+", "real-server": "+",
    **dict.fromkeys(
        ("forwarding-method", "weight", "u-threshold", "l-threshold", "tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum"), " "
    ),
}  # fmt: skip
_LIST = {
    "connection": "1", "service-address": "1", "timeout": "1", "daemon": "1",
    **dict.fromkeys(("numeric", "stats", "rate", "thresholds", "persistent-conn", "nosort", "exact", "tun-info"), " "),
}  # fmt: skip
ALLOWED = {
    "add-service": _SERVICE, "edit-service": _SERVICE, "delete-service": {"service-address": "+"}, "flush": {}, "add-server": _SERVER,
    "edit-server": _SERVER, "delete-server": {"service-address": "+", "real-server": "+"}, "list": _LIST, "set": {},
    "start-daemon": dict.fromkeys(("mcast-interface", "syncid", "sync-maxlen", "mcast-group", "mcast-port", "mcast-ttl"), " "),
    "stop-daemon": {"syncid": " "}, "restore": {}, "save": {"numeric": " "}, "zero": {"service-address": " "},
}  # fmt: skip
"""Command -> option -> "+" must be there, " " may, "1" only one of those; others must not."""

UNMODELLED = frozenset(
    ("sctp-service", "pe", "tun-type", "tun-port", "tun-nocsum", "tun-csum", "tun-remcsum", "mcast-interface", "syncid", "sync-maxlen",
     "mcast-group", "mcast-port", "mcast-ttl")
)  # fmt: skip
SCHEDULER_FLAGS = {"flag-1": 8, "flag-2": 16, "flag-3": 32}
OF_SCHEDULER = {"sh": {"sh-fallback": 8, "sh-port": 16}, "mh": {"mh-fallback": 8, "mh-port": 16}}
