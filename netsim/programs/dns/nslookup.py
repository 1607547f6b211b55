"""nslookup(1) of BIND 9.18 with a name on its command line (nslookup.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.machine.call import Call, Program, Result
from netsim.packet.dns import TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_PTR
from netsim.programs.dns.host import Asking, servers_for
from netsim.programs.dns.query import Query
from netsim.programs.dns.text import NAMES, RCODES, TYPES, data_text
from netsim.programs.net.resolver import numeric, reverse_name

SAYS = {"CNAME": "canonical name = ", "MX": "mail exchanger = ", "NS": "nameserver = ", "PTR": "name = ", "TXT": "text = ", "SRV": "service = "}


@attrs.define(eq=False)
class Nslookup(Asking):
    """One nslookup."""

    is_default: int = 1
    for_illegal: int = 10

    def unreachable(self, proc: Any) -> None:
        """No server answered."""
        proc.write(1, ";; no servers could be reached\n\n")
        proc.exit(1)

    def tell(self, proc: Any, query: Query) -> int:
        """The server, then what it knows."""
        message = query.answer
        assert message is not None
        text = ""
        if not self.has_answered and query.type != TYPE_PTR:
            text = f"Server:\t\t{query.server}\nAddress:\t{query.where}\n\n"
        if message.rcode:
            self.status = 1
            proc.write(1, f"{text}** server can't find {query.name.rstrip('.')}: {RCODES.get(message.rcode, message.rcode)}\n\n")
            self.types = self.types[:1]
            return 0
        for record in message.answers:
            kind = NAMES.get(record.type, f"TYPE{record.type}")
            if record.type in (TYPE_A, TYPE_AAAA):
                text += f"Name:\t{record.name.rstrip('.')}\nAddress: {data_text(record)}\n"
            elif not (self.has_answered and record.type == TYPE_CNAME):
                text += f"{record.name.rstrip('.')}\t{SAYS.get(kind, f'rdata_{record.type} = ')}{data_text(record)}\n"
        if not message.answers and not (self.is_default and self.has_answered):
            text += f"*** Can't find {query.name.rstrip('.')}: No answer\n"
        proc.write(1, text)
        return 1

    def finish(self, proc: Any) -> None:
        """A blank line ends it."""
        if not self.status:
            proc.write(1, "\n")
        proc.exit(self.status)


def nslookup(call: Call) -> Result | Program:
    """nslookup [-option] NAME [SERVER]."""
    words, kind, timeout, tries, port = [], "", 5, 2, 53
    for word in call.argv[1:]:
        name, _, value = word.removeprefix("-").partition("=")
        if not word.startswith("-") or word == "-":
            words.append(word)
        elif name in ("type", "querytype", "query", "ty", "q") and value:
            kind = value.upper()
        elif name in ("timeout", "retry", "port") and value.isdigit():
            timeout, tries, port = (
                (int(value), tries, port)
                if name == "timeout"
                else (timeout, int(value) + 1, port)
                if name == "retry"
                else (timeout, tries, int(value))
            )
        elif name == "version":
            return Result("nslookup 9.18.49-1~deb12u3-Debian\n")
        elif name in ("debug", "nodebug", "d2", "recurse", "norecurse", "search", "nosearch", "vc", "novc", "fail", "nofail") or name.startswith(
            ("domain", "class", "ndots")
        ):
            call.machine.kernel.unmodelled.append(f"nslookup {word}: not modelled")
        else:
            return Result(f"*** Invalid option: {word.removeprefix('-')}\n", "", 1)
    if not words or words == ["-"]:
        return Result("", "nslookup: netsim: the interactive form is not modelled; give a name\n", 1)
    if kind and kind not in TYPES:
        return Result(f"unknown query type: {kind}\n", "", 1)
    servers = servers_for(call.proc, words[1] if len(words) > 1 else "")
    if servers is None:
        return Result("", f"nslookup: couldn't get address for '{words[1]}': not found\n", 1)
    address = numeric(words[0])
    types = [TYPES[kind]] if kind else [TYPE_PTR] if address is not None else [TYPE_A, TYPE_AAAA]
    name = reverse_name(address) if address is not None and types == [TYPE_PTR] else words[0]
    return Nslookup(name, types, servers, "", port, timeout * SECOND, tries, is_default=int(not kind))
