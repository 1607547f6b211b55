"""ss's command line (misc/ss.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.ss.columns import NETID, STATE, Row, render
from netsim.commands.ss.expression import ALL, CONNECTED, Reader, Wrong, state_set
from netsim.commands.ss.sockets import View, owners_of, row_of, sockets_of, state_of
from netsim.commands.ss.summary import summary
from netsim.commands.ss.usage import USAGE
from netsim.kernel.inet import tcp_states as tcp
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, Option, OptionError, parse
from netsim.programs.net.resolver import service_port

TABLES = {
    "t": ("tcp",), "u": ("udp",), "w": ("raw",), "x": ("unix",), "M": ("mptcp",), "S": ("sctp",), "d": ("dccp",), "0": ("packet",),
    "tipc": ("tipc",), "vsock": ("vsock",), "xdp": ("xdp",),
}  # fmt: skip
QUERIES = {
    "all": ("raw", "udp", "tcp", "unix", "dccp"), "inet": ("raw", "udp", "tcp", "dccp"), "tcp": ("tcp",), "udp": ("udp",), "raw": ("raw",), "unix": ("unix",),
    "unix_stream": ("unix",), "unix_dgram": ("unix",), "unix_seqpacket": ("unix",), "u_str": ("unix",), "u_dgr": ("unix",), "mptcp": ("mptcp",),
    "sctp": ("sctp",), "dccp": ("dccp",), "netlink": ("netlink",), "packet": ("packet",), "packet_raw": ("packet",), "packet_dgram": ("packet",),
    "p_raw": ("packet",), "p_dgr": ("packet",), "tipc": ("tipc",), "vsock_stream": ("vsock",), "vsock_dgram": ("vsock",), "xdp": ("xdp",),
}  # fmt: skip
ORDER = ("raw", "udp", "tcp")
REPORTED = {"i": "internal TCP information", "m": "socket memory", "T": "threads", "b": "socket filters", "tos": "TOS", "cgroup": "control groups",
            "inet-sockopt": "socket options", "tipcinfo": "TIPC"}  # fmt: skip
REFUSED = {"E": "watching sockets end", "D": "raw dumps", "F": "filters from files", "K": "closing sockets of others"}
GRAMMAR = Grammar(
    "hVnralopemiTsbEZzKHO46tuwxMSd0",
    "NfADF",
    long={
        "help": ("h", ""), "version": ("V", ""), "numeric": ("n", ""), "resolve": ("r", ""), "all": ("a", ""), "listening": ("l", ""),
        "options": ("o", ""), "extended": ("e", ""), "memory": ("m", ""), "processes": ("p", ""), "threads": ("T", ""), "info": ("i", ""),
        "tipcinfo": ("tipcinfo", ""), "summary": ("s", ""), "tos": ("tos", ""), "cgroup": ("cgroup", ""), "bpf": ("b", ""), "events": ("E", ""),
        "context": ("Z", ""), "contexts": ("z", ""), "net": ("N", "="), "ipv4": ("4", ""), "ipv6": ("6", ""), "packet": ("0", ""),
        "tcp": ("t", ""), "mptcp": ("M", ""), "sctp": ("S", ""), "udp": ("u", ""), "dccp": ("d", ""), "raw": ("w", ""), "unix": ("x", ""),
        "tipc": ("tipc", ""), "vsock": ("vsock", ""), "xdp": ("xdp", ""), "family": ("f", "="), "kill": ("K", ""), "no-header": ("H", ""),
        "oneline": ("O", ""), "inet-sockopt": ("inet-sockopt", ""), "query": ("A", "="), "socket": ("A", "="), "diag": ("D", "="),
        "filter": ("F", "="),
    },
)  # fmt: skip


@attrs.define
class Choice:
    """What to show."""

    letters: set[str] = attrs.field(factory=set)
    tables: set[str] = attrs.field(factory=set)
    families: set[int] = attrs.field(factory=set)
    states: frozenset[int] = frozenset()
    netns: Any = None


def ss(call: Call) -> Result:
    """ss [OPTIONS] [FILTER]."""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"ss: {problem}\n{USAGE}", 255)
    choice = Choice(netns=call.netns)
    try:
        for option in options:
            done = _option(call, choice, option)
            if done is not None:
                return done
        return _show(call, choice, words)
    except Wrong as problem:
        return Result("", str(problem), problem.status)


def _option(call: Call, choice: Choice, option: Option) -> Result | None:
    name, value = option.name, option.argument or ""
    if name == "h":
        return Result(USAGE)
    if name == "V":
        return Result("ss utility, iproute2-6.1.0\n")
    if name in ("Z", "z"):
        raise Wrong("ss: SELinux is not enabled.\n")
    if name in REFUSED:
        raise Wrong(f"ss: netsim: -{name} ({REFUSED[name]}) is not modelled\n")
    if name in REPORTED:
        call.machine.kernel.unmodelled.append(f"ss -{name}: {REPORTED[name]}")
    choice.letters.add(name)
    if name in TABLES:
        choice.tables.update(TABLES[name])
    elif name in "46":
        choice.families.add(2 if name == "4" else 10)
    elif name == "f":
        _family(choice, value)
    elif name == "A":
        _query(choice, value)
    elif name == "N":
        choice.netns = _namespace(call, value)
    return None


def _family(choice: Choice, name: str) -> None:
    known = {"inet": 2, "inet6": 10}
    if name in known:
        choice.families.add(known[name])
    elif name == "unix":
        choice.tables.add("unix")
    elif name in ("link", "netlink", "vsock", "tipc", "xdp"):
        choice.tables.add({"link": "packet"}.get(name, name))
    else:
        raise Wrong(f'ss: "{name}" is invalid family\n{USAGE}', 255)


def _query(choice: Choice, text: str) -> None:
    for name in text.split(","):
        if name not in QUERIES:
            raise Wrong(f'ss: "{name}" is illegal socket table id\n{USAGE}', 255)
        choice.tables.update(QUERIES[name])


def _namespace(call: Call, name: str) -> Any:
    from netsim.errors import NetError, strerror

    try:
        return call.machine.named_netns(call.proc, f"/run/netns/{name}")
    except NetError as error:
        raise Wrong(f'Cannot open network namespace "{name}": {strerror(error.errno)}\n', 1) from None


def _states(choice: Choice, tables: set[str], words: list[str]) -> frozenset[int]:
    """The states to show: by option, by what the tables show of themselves, or as the filter's first words say."""
    if "a" in choice.letters:
        states = ALL
    elif "l" in choice.letters:
        states = frozenset({tcp.LISTEN, tcp.CLOSE})
    else:
        states = frozenset({tcp.ESTABLISHED}) if tables <= {"udp", "raw"} else CONNECTED
    named = frozenset[int]()
    while words and words[0] in ("state", "exclude", "excl"):
        verb = words.pop(0)
        if not words:
            raise Wrong(f"ss: wrong state name: {verb}\n", 255)
        found = state_set(words.pop(0))
        if verb == "state":
            named |= found
        else:
            named = (named or ALL) - found
    return named or states


def _show(call: Call, choice: Choice, words: list[str]) -> Result:
    if "s" in choice.letters:
        return Result(summary(choice.netns))
    tables = choice.tables or set(QUERIES["inet" if choice.families else "all"])
    unknown = tables - {*ORDER, "unix", "mptcp", "sctp", "dccp"}
    if unknown:
        raise Wrong(f"ss: netsim: {sorted(unknown)[0]} sockets are not listed\n")
    words = [part for word in words for part in _spaced(word)]
    states = _states(choice, tables, words)
    test = Reader(words, _PortNames(call.proc).number, _Devices(choice.netns).index).read()
    view = View(call.proc, frozenset(choice.letters), "n" not in choice.letters, owners_of(call.proc) if "p" in choice.letters else {})
    rows: list[Row] = []
    for table in ORDER:
        for family in (2, 10):
            if table in tables and (not choice.families or family in choice.families):
                rows += [
                    row_of(view, table, sock)
                    for sock in sockets_of(choice.netns, table, family)
                    if state_of(sock, table) in states and (test is None or test.holds(sock))
                ]
    hidden = {NETID} if len(tables) == 1 and tables <= {"tcp", "udp", "raw", "mptcp", "sctp", "dccp"} else set[int]()
    hidden |= {STATE} if len(states) == 1 else set()
    refused = "dccp" in tables and not choice.netns.kernel.profile.knows_dccp  # inet_diag: EINVAL for a protocol that is none
    return Result(render(rows, frozenset(hidden), header="H" not in choice.letters), "RTNETLINK answers: Invalid argument\n" if refused else "")


def _spaced(word: str) -> list[str]:
    """Words of a filter given as one argument; brackets stand for themselves."""
    return word.replace("(", " ( ").replace(")", " ) ").split()


@attrs.frozen
class _PortNames:
    proc: Any

    def number(self, word: str) -> int | None:
        return service_port(self.proc, word, "tcp")


@attrs.frozen
class _Devices:
    netns: Any

    def index(self, name: str) -> int | None:
        dev = self.netns.device(name)
        return None if dev is None else dev.ifindex
