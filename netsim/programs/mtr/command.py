"""mtr's command line: reports; the screen that redraws itself is refused by name."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.programs.mtr.program import Mtr
from netsim.programs.net.resolver import getaddrinfo
from netsim.programs.net.resolving import Resolving

USAGE = """
Usage:
 mtr [options] hostname

 -F, --filename FILE        read hostname(s) from a file
 -4                         use IPv4 only
 -6                         use IPv6 only
 -u, --udp                  use UDP instead of ICMP echo
 -T, --tcp                  use TCP instead of ICMP echo
 -I, --interface NAME       use named network interface
 -a, --address ADDRESS      bind the outgoing socket to ADDRESS
 -f, --first-ttl NUMBER     set what TTL to start
 -m, --max-ttl NUMBER       maximum number of hops
 -U, --max-unknown NUMBER   maximum unknown host
 -P, --port PORT            target port number for TCP, SCTP, or UDP
 -L, --localport LOCALPORT  source port number for UDP
 -s, --psize PACKETSIZE     set the packet size used for probing
 -B, --bitpattern NUMBER    set bit pattern to use in payload
 -i, --interval SECONDS     ICMP echo request interval
 -G, --gracetime SECONDS    number of seconds to wait for responses
 -Q, --tos NUMBER           type of service field in IP header
 -e, --mpls                 display information from ICMP extensions
 -Z, --timeout SECONDS      seconds to keep probe sockets open
 -M, --mark MARK            mark each sent packet
 -r, --report               output using report mode
 -w, --report-wide          output wide report
 -c, --report-cycles COUNT  set the number of pings sent
 -j, --json                 output json
 -x, --xml                  output xml
 -C, --csv                  output comma separated values
 -l, --raw                  output raw format
 -p, --split                split output
 -t, --curses               use curses terminal interface
     --displaymode MODE     select initial display mode
 -n, --no-dns               do not resolve host names
 -b, --show-ips             show IP numbers and host names
 -o, --order FIELDS         select output fields
 -y, --ipinfo NUMBER        select IP information in output
 -z, --aslookup             display AS number
 -h, --help                 display this help and exit
 -v, --version              output version information and exit

See the 'man 8 mtr' for details.
"""
GRAMMAR = Grammar(
    "46uTerwjxClptnbzhv", "FIafmUPLsBiGQZMcoy",
    long={
        "filename": ("F", "="), "udp": ("u", ""), "tcp": ("T", ""), "interface": ("I", "="), "address": ("a", "="), "first-ttl": ("f", "="),
        "max-ttl": ("m", "="), "max-unknown": ("U", "="), "port": ("P", "="), "localport": ("L", "="), "psize": ("s", "="), "bitpattern": ("B", "="),
        "interval": ("i", "="), "gracetime": ("G", "="), "tos": ("Q", "="), "mpls": ("e", ""), "timeout": ("Z", "="), "mark": ("M", "="), "report": ("r", ""),
        "report-wide": ("w", ""), "report-cycles": ("c", "="), "json": ("j", ""), "xml": ("x", ""), "csv": ("C", ""), "raw": ("l", ""), "split": ("p", ""),
        "curses": ("t", ""), "displaymode": ("displaymode", "="), "no-dns": ("n", ""), "show-ips": ("b", ""), "order": ("o", "="), "ipinfo": ("y", "="),
        "aslookup": ("z", ""), "help": ("h", ""), "version": ("v", ""),
    },
)  # fmt: skip
NUMBERS = {"f": "first", "m": "most", "U": "unknown", "c": "cycles", "s": "size", "Q": "tos"}
UNMODELLED = "FTIaPLBeMpyzZx"
FIELDS = " LDRSNBAWVGJMXI"


@attrs.define(eq=False)
class Options:
    """One command line."""

    form: str = ""
    """r: a report, w: a wide one, C, j, l: for programs."""
    family: int = 0
    first: int = 1
    most: int = 30
    unknown: int = 12
    cycles: int = 10
    size: int = 64
    tos: int = 0
    interval: int = SECOND
    grace: int = 5 * SECOND
    numeric: int = 0
    both: int = 0
    udp: int = 0
    order: str = "LS NABWV"


def mtr(call: Call) -> Result | Program:
    """mtr [OPTION]... HOST..."""
    try:
        given, hosts = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"mtr: {problem}\n{USAGE}", 1)
    options = Options()
    for one in given:
        letter, value = one.name, one.argument or ""
        if letter == "h":
            return Result(USAGE)
        if letter == "v":
            return Result("mtr 0.95\n")
        if letter in UNMODELLED or letter == "displaymode":
            return Result("", f"mtr: netsim: -{letter} is not modelled\n", 1)
        wrong = _take(options, letter, value)
        if wrong:
            return Result("", f"mtr: {wrong}\n", 1)
    if not options.form:
        return Result("", "mtr: netsim: the screen that redraws itself is not modelled; use -r\n", 1)
    return _next(call, options, hosts or ["localhost"])


def _take(options: Options, letter: str, value: str) -> str:
    """One option; what is wrong with it."""
    if letter in "rwCjl":
        options.form = "w" if "w" in (letter, options.form) else letter
    elif letter in "46":
        options.family = int(letter)
    elif letter in NUMBERS:
        if not value.lstrip("-").isdigit():
            return f"invalid argument: '{value}'"
        setattr(options, NUMBERS[letter], int(value))
    elif letter in "iG":
        try:
            seconds = float(value)
        except ValueError:
            return f"invalid argument: '{value}'"
        if seconds <= 0:
            return "wait time must be positive"
        setattr(options, "interval" if letter == "i" else "grace", int(seconds * SECOND))
    elif letter == "o":
        wrong = next((field for field in value if field not in FIELDS), "")
        if wrong:
            return f"Unknown field identifier: {wrong}"
        options.order = value
    else:
        options.numeric, options.both = options.numeric or int(letter == "n"), options.both or int(letter == "b")
        options.udp = options.udp or int(letter == "u")
    return ""


def _next(call: Call, options: Options, hosts: list[str]) -> Result | Program:
    """The first of the hosts that are left, once its address is known."""
    if not hosts:
        return Result()
    family = {4: 2, 6: 10}.get(options.family, 0)
    lookup = getaddrinfo(call.proc, hosts[0], family)
    return Resolving(call, (options, hosts), lookup, _resolved)


def _resolved(call: Call, subject: Any, lookup: Any) -> Result | Program:
    options, hosts = subject
    wanted = {4: IPv4, 6: IPv6}.get(options.family)
    found = [one for one in lookup.found if wanted is None or isinstance(one, wanted)]
    if lookup.error or not found:
        why = lookup.error or "Address family for hostname not supported"
        call.proc.write(2, f"mtr: Failed to resolve host: {hosts[0]}: {why}\n")
        return _next(call, options, hosts[1:])
    return Mtr(call, options, hosts, found[0], _next)
