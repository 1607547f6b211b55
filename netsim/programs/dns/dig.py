"""dig(1) of BIND 9.18: one question over UDP or TCP (dig.c)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.machine.call import Call, Program, Result
from netsim.packet.dns import DNS_AD, DNS_CD, DNS_RD, TYPE_A, TYPE_OPT, TYPE_PTR
from netsim.programs.dns.query import DEFAULT_FLAGS, QUERY_TIMER, Query, illegal
from netsim.programs.dns.text import TYPES, data_text, header_lines, question_line, record_line
from netsim.programs.net.resolver import LOOKUP_TIMER, Lookup, getaddrinfo, numeric, read_resolv_conf, reverse_name

VERSION = "9.18.49-1~deb12u3-Debian"
USAGE = """Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
"""
SWITCHES = {
    "cmd",
    "comments",
    "question",
    "answer",
    "authority",
    "additional",
    "stats",
    "short",
    "recurse",
    "rec",
    "adflag",
    "cdflag",
    "edns",
    "all",
    "cookie",
}
REPORTED = {
    "dnssec",
    "trace",
    "nssearch",
    "multiline",
    "ttlid",
    "search",
    "identify",
    "fail",
    "besteffort",
    "ignore",
    "onesoa",
    "crypto",
    "class",
    "qr",
    "keepopen",
    "ttlunits",
    "yaml",
    "aaonly",
    "aaflag",
}
EX_ILLEGAL = 10
SECTIONS = ("comments", "question", "answer", "authority", "additional", "stats")


class Refused(Exception):
    """A wrong command line: what is printed, with status 1."""


@attrs.define
class Options:
    """What to ask and what to print."""

    shown: set[str] = attrs.field(factory=lambda: {"cmd", *SECTIONS})
    short: int = 0
    name: str = ""
    type: int = TYPE_A
    server: str = ""
    port: int = 53
    family: int = 0
    timeout: int = 5 * SECOND
    tries: int = 3
    flags: int = DEFAULT_FLAGS
    edns: int = 1
    stream: int = -1
    """1: over TCP; -1: as the question is asked usually."""
    warnings: str = ""


def _switch(call: Call, options: Options, word: str) -> None:
    name, _, value = word[1:].partition("=")
    off = name.startswith("no")
    base = name[2:] if off else name
    if base in ("time", "timeout", "tries", "retry", "bufsize", "ndots"):
        if not value.isdigit():
            raise Refused(f"Couldn't parse {base}\n")
        if base in ("time", "timeout"):
            options.timeout = max(1, int(value)) * SECOND
        elif base in ("tries", "retry"):
            options.tries = max(1, int(value) + (base == "retry"))
        return
    if base in ("tcp", "vc"):
        options.stream = int(not off)
        return
    if base in REPORTED:
        call.machine.kernel.unmodelled.append(f"dig +{name}: not modelled")
        return
    if base not in SWITCHES:
        raise Refused(f"Invalid option: {word}\n{USAGE}")
    if base == "short":
        options.short = int(not off)
    elif base in ("recurse", "rec", "adflag", "cdflag"):
        bit = {"adflag": DNS_AD, "cdflag": DNS_CD}.get(base, DNS_RD)
        options.flags = options.flags & ~bit if off else options.flags | bit
    elif base in ("edns", "cookie"):
        options.edns = int(not off)
    elif base == "all":
        options.shown = set() if off else {"cmd", *SECTIONS}
    elif off:
        options.shown.discard(base)
    else:
        options.shown.add(base)


def _read(call: Call) -> Options:
    options = Options()
    words = list(call.argv[1:])
    while words:
        word = words.pop(0)
        if word.startswith("+"):
            _switch(call, options, word)
        elif word.startswith("@"):
            options.server = word[1:]
        elif word in ("-4", "-6"):
            options.family = 2 if word == "-4" else 10
        elif word[:2] in ("-t", "-p", "-x", "-q", "-c", "-b"):
            value = word[2:] or (words.pop(0) if words else "")
            _valued(call, options, word[1], value)
        elif word in ("-h", "-v"):
            raise Refused(f"DiG {VERSION}\n" if word == "-v" else USAGE)
        elif word.startswith("-"):
            raise Refused(f"Invalid option: {word}\n{USAGE}")
        elif (word.upper() in TYPES and options.name) or (word.upper() in TYPES and words and not words[0].startswith(("+", "@", "-"))):
            options.type = TYPES[word.upper()]
        elif word.upper() in ("IN", "CH", "HS"):
            continue
        else:
            options.name = word
    return options


def _valued(call: Call, options: Options, letter: str, value: str) -> None:
    if letter == "t":
        kind = TYPES.get(value.upper())
        if kind is None:
            options.warnings += f";; Warning, ignoring invalid type {value}\n"
        else:
            options.type = kind
    elif letter == "p":
        options.port = int(value) if value.isdigit() else 53
    elif letter == "q":
        options.name = value
    elif letter == "x":
        address = numeric(value)
        options.name, options.type = (reverse_name(address) if address is not None else value), TYPE_PTR
    else:
        call.machine.kernel.unmodelled.append(f"dig -{letter}: not modelled")


def dig(call: Call) -> Result | Program:
    """dig [@server] [name] [type] [+options]."""
    try:
        options = _read(call)
    except Refused as problem:
        return Result("", str(problem), 1)
    return Dig(options, " ".join(call.argv[1:]))


@attrs.define(eq=False)
class Dig(Program):
    """One dig."""

    options: Options
    line: str
    query: Query | None = None
    lookup: Lookup | None = None

    def started(self, proc: Any) -> None:
        """Find the server, then ask."""
        if self.options.warnings:
            proc.write(1, self.options.warnings)
        if not self.options.server:
            self._ask(proc, list(read_resolv_conf(proc.read_text("/etc/resolv.conf")).servers))
            return
        self._found_server(proc, getaddrinfo(proc, self.options.server, self.options.family))

    def _found_server(self, proc: Any, lookup: Lookup) -> None:
        self.lookup = None if lookup.done else lookup
        if lookup.done and lookup.error:
            proc.write(2, f"dig: couldn't get address for '{self.options.server}': not found\n")
            proc.exit(1)
        elif lookup.done:
            self._ask(proc, lookup.found)

    def _ask(self, proc: Any, servers: list[Any]) -> None:
        options = self.options
        if problem := illegal(options.name):
            proc.write(2, f"dig: {problem}")
            proc.exit(EX_ILLEGAL)
            return
        self.query = Query(
            options.name,
            options.type if options.name else TYPES["NS"],
            servers,
            options.port,
            options.timeout,
            options.tries,
            options.flags,
            options.edns,
            stream=int(options.stream > 0 or (options.stream < 0 and options.type == TYPES["ANY"])),
        )
        self.query.begin(proc)
        self._look(proc)

    def _banner(self) -> str:
        if "cmd" not in self.options.shown or self.options.short:
            return ""
        found = "; (1 server found)\n" if self.options.server else ""
        return f"\n; <<>> DiG {VERSION} <<>> {self.line}\n{found};; global options: +cmd\n"

    def _look(self, proc: Any) -> None:
        query = self.query
        if query is None or not query.is_over:
            return
        log = "".join(query.log)
        if query.answer is None:
            proc.write(1, log + (self._banner() if query.has_sent else "") + ";; no servers could be reached\n")
            proc.exit(9)
            return
        proc.write(1, log + self._answer(proc, query))
        proc.exit(0)

    def _answer(self, proc: Any, query: Query) -> str:
        message, shown = query.answer, self.options.shown
        assert message is not None
        if self.options.short:
            return "".join(data_text(record) + "\n" for record in message.answers)
        text = self._banner()
        if "comments" in shown:
            text += f";; Got answer:\n{header_lines(message)}\n"
        if "question" in shown and message.questions:
            head = ";; QUESTION SECTION:\n" if "comments" in shown else ""
            text += (
                head + "".join(question_line(question.name, question.type) for question in message.questions) + ("\n" if "comments" in shown else "")
            )
        for name, records in (("answer", message.answers), ("authority", message.authority), ("additional", message.additional)):
            records = tuple(record for record in records if record.type != TYPE_OPT)
            if name in shown and records:
                head = f";; {name.upper()} SECTION:\n" if "comments" in shown else ""
                text += head + "".join(record_line(record) for record in records) + ("\n" if "comments" in shown else "")
        if "stats" in shown:
            moment = datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC)
            text += (
                f";; Query time: {query.took // MS} msec\n;; SERVER: {query.where}({query.server}) ({'TCP' if query.stream else 'UDP'})\n"
                f";; WHEN: {moment:%a %b %d %H:%M:%S UTC %Y}\n;; MSG SIZE  rcvd: {query.size}\n\n"
            )
        return text

    def writable(self, proc: Any, fd: int) -> None:
        """A connection to the server was decided."""
        if self.query is not None:
            self.query.writable(proc, fd)
            self._look(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """Something came."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            self._found_server(proc, self.lookup)
        elif self.query is not None:
            self.query.readable(proc, fd)
            self._look(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A wait is over."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._found_server(proc, self.lookup)
        elif token == QUERY_TIMER and self.query is not None:
            self.query.timed_out(proc)
            self._look(proc)
