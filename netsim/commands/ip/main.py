"""ip: global options, then the object's own command."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module

import attrs

from netsim.commands.ip import netns as ip_netns
from netsim.commands.ip.batch import options_or_batch, run_batch
from netsim.commands.ip.names import Names
from netsim.commands.ip.output import Style
from netsim.commands.ip.usage import MAIN
from netsim.commands.ip.words import Stop, Words, matches
from netsim.kernel.core.netns import Netns
from netsim.machine.call import Call, Exec, ReadInput, Result

VERSION = "ip utility, iproute2-6.1.0, libbpf 1.1.2\n"
OBJECTS: tuple[tuple[str, str], ...] = (
    ("address", "addr"), ("addrlabel", "addrlabel"), ("maddress", "maddr"), ("route", "route"), ("rule", "rule"), ("neighbor", "neigh"),
    ("neighbour", "neigh"), ("ntable", "ntable"), ("ntbl", "ntable"), ("link", "link"), ("l2tp", "unmodelled"), ("fou", "unmodelled"),
    ("ila", "unmodelled"), ("macsec", "unmodelled"), ("tunnel", "tunnel"), ("tunl", "tunnel"), ("tuntap", "tuntap"), ("tap", "tuntap"),
    ("token", "token"), ("tcp_metrics", "tcp_metrics"), ("tcpmetrics", "tcp_metrics"), ("monitor", "unmodelled"), ("xfrm", "unmodelled"),
    ("mroute", "mroute"), ("mrule", "unmodelled"), ("netns", "netns"), ("netconf", "netconf"), ("vrf", "vrf"), ("sr", "unmodelled"),
    ("nexthop", "nexthop"), ("mptcp", "unmodelled"), ("ioam", "unmodelled"), ("help", "help"), ("stats", "unmodelled"),
)  # fmt: skip
"""In iproute2's order: the first that the word abbreviates wins."""


@attrs.define(eq=False)
class Ip:
    """One command of ip: the call it came by, the namespace it works on, how to print."""

    call: Call
    netns: Netns
    style: Style
    out: list[str] = attrs.field(factory=list)
    err: list[str] = attrs.field(factory=list)
    all_netns: bool = False
    force: bool = False
    is_adding: bool = False
    """Whether the words of a kind describe a new device."""
    compressed: bool = False
    """Whether `bridge -c` joins neighbouring VLANs to ranges."""
    names: dict[str, Names] = attrs.field(factory=dict)
    """What numbers are called, by kind, as far as the command asked."""

    def print(self, text: str) -> None:
        """Add to standard output."""
        self.out.append(text)


Handler = Callable[[Ip, Words], "Result | Exec | None"]
HANDLERS = {
    "addr": "addr:do_ipaddr",
    "addrlabel": "addrlabel:do_ipaddrlabel",
    "link": "link:do_iplink",
    "netconf": "netconf:do_ipnetconf",
    "maddr": "maddr:do_maddr",
    "mroute": "quiet:do_mroute",
    "ntable": "ntable:do_ipntable",
    "tcp_metrics": "quiet:do_tcp_metrics",
    "token": "token:do_iptoken",
    "route": "route:do_iproute",
    "rule": "rule:do_iprule",
    "neigh": "neigh:do_ipneigh",
    "netns": "netns:do_netns",
    "nexthop": "nexthop:do_ipnh",
    "unmodelled": "unmodelled:refuse",
    "tunnel": "tunnel:do_tunnel",
    "tuntap": "tuntap:do_tuntap",
    "vrf": "vrf:do_vrf",
}
"""What does an object's commands, by module and name; loaded when it is first asked for."""


@cache
def handler(name: str) -> Handler:
    """What does an object's commands."""
    module, _, function = HANDLERS[name].partition(":")
    found: Handler = getattr(import_module(f"netsim.commands.ip.{module}"), function)
    return found


def ip(call: Call) -> Result | Exec | ReadInput:
    """The ip command (man ip(8))."""
    cursor = Words(call.argv[1:])
    session = Ip(call, call.netns, Style())
    answered = options_or_batch(call, lambda: _flags(session, cursor), _batch)
    if answered is not None:
        return answered
    if not cursor.more():
        return Result("", MAIN, 255)
    return one(session, cursor)


def _flags(session: Ip, cursor: Words) -> str | None:
    """Take the flags before the object; where commands are to be read from, if that was said."""
    path: str | None = None
    while cursor.more() and cursor.peek().startswith("-"):
        word = cursor.take()
        if word == "--":
            break
        option = word[1:] if word.startswith("--") else word
        if matches(option, "-batch") or option == "-b":
            if not cursor.more():
                raise Stop(MAIN, 255)
            path = cursor.take()
        else:
            _global(session, option, word, cursor)
    return path


FLAGS = (
    ("-loops", "loops"), ("-family", "family"), ("-4", "inet"), ("-6", "inet6"), ("-0", "link"), ("-M", "mpls"), ("-B", "bridge"),
    ("-human", "human"), ("-human-readable", "human"), ("-iec", "iec"), ("-stats", "statistics"), ("-statistics", "statistics"),
    ("-details", "details"), ("-resolve", "resolve"), ("-oneline", "oneline"), ("-timestamp", "ignored"), ("-tshort", "ignored"),
    ("-Version", "version"), ("-force", "force"), ("-brief", "brief"), ("-json", "json"), ("-pretty", "pretty"), ("-rcvbuf", "argument"),
    ("-color", "color"), ("-help", "help"), ("-netns", "netns"), ("-Numeric", "numeric"), ("-all", "all"), ("-echo", "echo"),
)  # fmt: skip
REPORTED = {
    "resolve": "names of addresses are not looked up", "echo": "what the kernel made is not printed back", "mpls": "MPLS", "bridge": "listings of the bridge family",
    "loops": "a flush ends when nothing is left",
}  # fmt: skip
"""Flags that are taken without doing what they should, by what they mean."""
SHORT = {
    "-h": "human",
    "-s": "statistics",
    "-d": "details",
    "-r": "resolve",
    "-o": "oneline",
    "-t": "ignored",
    "-V": "version",
    "-f": "family",
    "-p": "pretty",
    "-j": "json",
    "-n": "netns",
    "-N": "numeric",
    "-a": "all",
    "-rc": "argument",
    "-br": "brief",
    "-c": "color",
}


@lru_cache(256)
def _flag(option: str) -> str | None:
    """What a flag means, perhaps abbreviated."""
    return SHORT.get(option) or next((name for pattern, name in FLAGS if matches(option, pattern)), None)


def _global(session: Ip, option: str, word: str, cursor: Words) -> None:
    style = session.style
    color, given, when = option.partition("=")
    means = _flag(option)
    if means is None and color in ("-c", "-color", "-colo", "-col", "-co"):
        means = "color" if not given or when in ("always", "auto", "never") else None
    if means is None:
        raise Stop(f'Option "{word if not word.startswith("--") else word[1:]}" is unknown, try "ip -help".\n', 255)
    if means in ("argument", "loops"):
        cursor.argument()
    if means == "loops":
        session.netns.kernel.unmodelled.append(f"ip {word}: {REPORTED[means]}")
    elif means == "netns":
        session.netns = ip_netns.switch(session, cursor.take() if cursor.more() else "(null)")
    elif means == "family":
        family = cursor.argument()
        known = {"inet": 2, "inet6": 10, "link": 17, "bridge": 7, "mpls": 28}
        if family == "help":
            raise Stop(MAIN, 255)
        if family not in known:
            raise Stop(f'Error: argument "{family}" is wrong: invalid protocol family\n', 255)
        style.family = known[family]
    elif means in ("inet", "inet6", "link", "mpls", "bridge"):
        if means in REPORTED:
            session.netns.kernel.unmodelled.append(f"ip {word}: {REPORTED[means]}")
        style.family = {"inet": 2, "inet6": 10, "link": 17, "mpls": 28, "bridge": 7}[means]
    elif means == "version":
        raise Stop("", 0, VERSION)
    elif means == "help":
        raise Stop(MAIN, 255)
    elif means == "statistics":
        style.statistics += 1
    elif means == "details":
        style.details += 1
    elif means == "all":
        session.all_netns = True
    elif means == "force":
        session.force = True
    elif means == "color":
        style.color = when in ("", "always")  # "auto" asks for a terminal, which none of ours is
    elif means in ("human", "iec"):
        style.human = 1024 if means == "iec" else style.human or 1000
    elif means in REPORTED:
        session.netns.kernel.unmodelled.append(f"ip {word}: {REPORTED[means]}")
    elif means in ("oneline", "brief", "json", "pretty", "numeric"):
        setattr(style, means, True)


@lru_cache(256)
def _object(word: str) -> str | None:
    """What a word abbreviates."""
    return next((home for pattern, home in OBJECTS if matches(word, pattern)), None)


def one(session: Ip, cursor: Words) -> Result | Exec:
    """Carry out one object's command."""
    try:
        word = cursor.take()
        name = _object(word)
        if name == "help":
            raise Stop(MAIN, 255)
        if name is None:
            raise Stop(f'Object "{word}" is unknown, try "ip help".\n', 1)
        outcome = handler(name)(session, cursor)
    except Stop as stop:
        return Result("".join(session.out) + stop.stdout, "".join(session.err) + stop.stderr, stop.status)
    if outcome is not None:
        return outcome
    return Result("".join(session.out), "".join(session.err), 0)


def _batch(call: Call, data: bytes) -> Result:
    session = Ip(call, call.netns, Style())
    path = _flags(session, Words(call.argv[1:])) or "-"
    return run_batch(lambda words: _line(session, words), data, path, force=session.force)


def _line(session: Ip, words: Words) -> Result:
    step = one(Ip(session.call, session.netns, attrs.evolve(session.style)), words)
    if not isinstance(step, Result):
        raise Stop('netsim: "ip netns exec" in a batch is not modelled\n', 1)
    return step
