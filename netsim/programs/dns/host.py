"""host(1) of BIND 9.18, and what nslookup has in common with it (host.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.packet.dns import DNS_RD, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_MX, TYPE_PTR
from netsim.programs.dns.query import QUERY_TIMER, Query, illegal
from netsim.programs.dns.text import NAMES, RCODES, TYPES, data_text
from netsim.programs.net.resolver import getaddrinfo, numeric, read_resolv_conf, reverse_name

USAGE = """Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -A is like -a but omits RRSIG, NSEC, NSEC3
       -c specifies query class for non-IN data
       -C compares SOA records on authoritative nameservers
       -d is equivalent to -v
       -l lists all hosts in a domain, using AXFR
       -m set memory debugging flag (trace|record|usage)
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
"""
GRAMMAR = Grammar("aACdilrsTUvVw46", "cNtWRmp")
REPORTED = {"a": "ANY", "A": "ANY", "C": "SOA comparison", "d": "verbose output", "v": "verbose output", "i": "IP6.INT", "l": "zone transfers", "T": "TCP",
            "c": "classes", "N": "ndots", "s": "SERVFAIL", "m": "memory debugging"}  # fmt: skip
SAYS = {
    "A": "has address", "AAAA": "has IPv6 address", "CNAME": "is an alias for", "MX": "mail is handled by", "NS": "name server", "PTR": "domain name pointer",
    "TXT": "descriptive text", "SRV": "has SRV record", "SOA": "has SOA record",
}  # fmt: skip


def servers_for(proc: Any, name: str) -> list[Any] | None:
    """The servers to ask: the one named, or those of /etc/resolv.conf; None when the name is unknown."""
    if not name:
        return list(read_resolv_conf(proc.read_text("/etc/resolv.conf")).servers)
    lookup = getaddrinfo(proc, name)
    return lookup.found if lookup.done and not lookup.error else None


@attrs.define(eq=False)
class Asking(Program):
    """Asks for several types of one name, one after the other; subclasses print."""

    name: str
    types: list[int]
    servers: list[Any]
    server_name: str = ""
    port: int = 53
    timeout: int = 5 * SECOND
    tries: int = 2
    flags: int = DNS_RD
    query: Query | None = None
    candidates: list[str] = attrs.field(factory=list)
    status: int = 0
    has_answered: int = 0
    for_illegal: int = 1

    def started(self, proc: Any) -> None:
        """The first question, for the first spelling of the name that a message can carry."""
        conf = read_resolv_conf(proc.read_text("/etc/resolv.conf"))
        plain = self.name.rstrip(".")
        searched = [f"{plain}.{domain}" for domain in conf.search] if not self.name.endswith(".") and TYPE_PTR not in self.types else []
        if problem := illegal(self.name):
            proc.write(2, f"{proc.argv[0]}: {problem}")
            proc.exit(self.for_illegal)
            return
        searched = [name for name in searched if not illegal(name)]
        self.candidates = [*searched, plain] if plain.count(".") < conf.ndots else [plain, *searched]
        self._ask(proc)

    def _ask(self, proc: Any) -> None:
        self.query = Query(self.candidates[0], self.types[0], self.servers, self.port, self.timeout, self.tries, self.flags)
        self.query.begin(proc)
        self._look(proc)

    def _look(self, proc: Any) -> None:
        query = self.query
        if query is None or not query.is_over:
            return
        if query.log:
            proc.write(1, "".join(query.log))
        if query.answer is None:
            self.unreachable(proc)
            return
        if query.answer.rcode == 3 and len(self.candidates) > 1 and not self.has_answered:
            self.candidates.pop(0)
            self._ask(proc)
            return
        goes_on = self.tell(proc, query)
        self.has_answered += 1
        self.types.pop(0)
        if self.types and goes_on:
            self._ask(proc)
        else:
            self.finish(proc)

    def unreachable(self, proc: Any) -> None:
        """No server answered."""
        proc.write(1, ";; no servers could be reached\n")
        proc.exit(1)

    def tell(self, proc: Any, query: Query) -> int:
        """Print an answer; 0 when no more questions make sense."""
        return 1

    def finish(self, proc: Any) -> None:
        """All is asked."""
        proc.exit(self.status)

    def readable(self, proc: Any, fd: int) -> None:
        """Something came."""
        if self.query is not None:
            self.query.readable(proc, fd)
            self._look(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A server was silent."""
        if token == QUERY_TIMER and self.query is not None:
            self.query.timed_out(proc)
            self._look(proc)


@attrs.define(eq=False)
class Host(Asking):
    """One host."""

    asked_for: int = 0

    def tell(self, proc: Any, query: Query) -> int:
        """A line for each record."""
        message = query.answer
        assert message is not None
        if self.server_name and not self.has_answered:
            proc.write(1, f"Using domain server:\nName: {self.server_name}\nAddress: {query.where}\nAliases: \n\n")
        name = query.name.rstrip(".")
        if message.rcode:
            shown = name + "." if query.type == TYPE_PTR else name
            proc.write(1, f"Host {shown} not found: {message.rcode}({RCODES.get(message.rcode, message.rcode)})\n")
            self.status = 1
            return 0
        lines = ""
        for record in message.answers:
            kind = NAMES.get(record.type, f"TYPE{record.type}")
            if self.has_answered and record.type == TYPE_CNAME:
                continue
            lines += f"{record.name.rstrip('.')} {SAYS.get(kind, f'has {kind} record')} {data_text(record)}\n"
            if record.type == TYPE_CNAME:
                self.candidates = [str(record.data).rstrip(".")]
        if not lines and self.asked_for:
            lines = f"{name} has no {NAMES.get(query.type, query.type)} record\n"
        if lines:
            proc.write(1, lines)
        return 1


def host(call: Call) -> Result | Program:
    """host [options] NAME [SERVER]."""
    try:
        found, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"host: {problem}\n{USAGE}", 1)
    chosen: dict[str, str] = {option.name: option.argument or "" for option in found}
    if "V" in chosen:
        return Result("", "host 9.18.49-1~deb12u3-Debian\n", 0)
    if not 1 <= len(words) <= 2:
        return Result("", USAGE, 1)
    for letter in sorted(set(chosen) & set(REPORTED)):
        call.machine.kernel.unmodelled.append(f"host -{letter}: {REPORTED[letter]}")
    kind = chosen.get("t", "").upper()
    if kind and kind not in TYPES:
        return Result("", f"host: invalid type: {chosen['t']}\n", 2)
    address = numeric(words[0])
    types = [TYPES[kind]] if kind else [TYPE_PTR] if address is not None else [TYPE_A, TYPE_AAAA, TYPE_MX]
    servers = servers_for(call.proc, words[1] if len(words) > 1 else "")
    if servers is None:
        return Result("", f"host: couldn't get address for '{words[1]}': not found\n", 1)
    name = reverse_name(address) if address is not None and types == [TYPE_PTR] else words[0]
    program = Host(name, types, servers, words[1] if len(words) > 1 else "", asked_for=int(bool(kind)))
    program.timeout = int(chosen["W"]) * SECOND if chosen.get("W", "").isdigit() else program.timeout
    program.tries = int(chosen["R"]) + 1 if chosen.get("R", "").isdigit() else program.tries
    program.port = int(chosen["p"]) if chosen.get("p", "").isdigit() else 53
    program.flags = 0 if "r" in chosen else DNS_RD
    return program
