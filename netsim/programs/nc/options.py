"""nc's command line (netcat.c, Debian 1.219-1)."""

from __future__ import annotations

import attrs

from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

FLAGS = "46bCDdFhklNnrStUuvZz"
VALUED = "IiMmOPpqsTVWwXx"
GRAMMAR = Grammar(FLAGS, VALUED)
USAGE = """usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
\t  [destination] [port]
"""
HELP = """\tCommand Summary:
\t\t-4\t\tUse IPv4
\t\t-6\t\tUse IPv6
\t\t-b\t\tAllow broadcast
\t\t-C\t\tSend CRLF as line-ending
\t\t-D\t\tEnable the debug socket option
\t\t-d\t\tDetach from stdin
\t\t-F\t\tPass socket fd
\t\t-h\t\tThis help text
\t\t-I length\tTCP receive buffer length
\t\t-i interval\tDelay interval for lines sent, ports scanned
\t\t-k\t\tKeep inbound sockets open for multiple connects
\t\t-l\t\tListen mode, for inbound connects
\t\t-M ttl\t\tOutgoing TTL / Hop Limit
\t\t-m minttl\tMinimum incoming TTL / Hop Limit
\t\t-N\t\tShutdown the network socket after EOF on stdin
\t\t-n\t\tSuppress name/port resolutions
\t\t-O length\tTCP send buffer length
\t\t-P proxyuser\tUsername for proxy authentication
\t\t-p port\t\tSpecify local port for remote connects
\t\t-q secs\t\tquit after EOF on stdin and delay of secs
\t\t-r\t\tRandomize remote ports
\t\t-S\t\tEnable the TCP MD5 signature option
\t\t-s sourceaddr\tLocal source address
\t\t-T keyword\tTOS value
\t\t-t\t\tAnswer TELNET negotiation
\t\t-U\t\tUse UNIX domain socket
\t\t-u\t\tUDP mode
\t\t-V rtable\tSpecify alternate routing table
\t\t-v\t\tVerbose
\t\t-W recvlimit\tTerminate after receiving a number of packets
\t\t-w timeout\tTimeout for connects and final net reads
\t\t-X proto\tProxy protocol: "4", "5" (SOCKS) or "connect"
\t\t-x addr[:port]\tSpecify proxy address and port
\t\t-Z\t\tDCCP mode
\t\t-z\t\tZero-I/O mode [used for scanning]
\tPort numbers can be individual or ranges: lo-hi [inclusive]
"""
TOS = {
    "af11": 0x28, "af12": 0x30, "af13": 0x38, "af21": 0x48, "af22": 0x50, "af23": 0x58, "af31": 0x68, "af32": 0x70, "af33": 0x78, "af41": 0x88,
    "af42": 0x90, "af43": 0x98, "critical": 0xA0, "cs0": 0x00, "cs1": 0x20, "cs2": 0x40, "cs3": 0x60, "cs4": 0x80, "cs5": 0xA0, "cs6": 0xC0,
    "cs7": 0xE0, "ef": 0xB8, "inetcontrol": 0xC0, "lowcost": 0x02, "lowdelay": 0x10, "netcontrol": 0xE0, "reliability": 0x04, "throughput": 0x08,
}  # fmt: skip
UNMODELLED = {"F": "passing a socket on", "U": "UNIX domain sockets", "Z": "DCCP", "x": "proxies", "X": "proxies", "P": "proxies"}
REPORTED = {"D": "SO_DEBUG", "S": "TCP MD5 signatures", "t": "TELNET negotiation", "I": "receive buffer length", "O": "send buffer length",
    "m": "minimum TTL"}  # fmt: skip
INT_MAX = 2147483647


class Refused(Exception):
    """A wrong command line: what is printed, and status 1."""


@attrs.define
class Options:
    """What was asked for; times in seconds, -1 for none."""

    letters: set[str] = attrs.field(factory=set)
    family: int = 0
    wait: int = -1
    quit_after: int = -1
    interval: int = 0
    source: str = ""
    local_port: str = ""
    ttl: int = -1
    min_ttl: int = -1
    tos: int = -1
    receive_limit: int = 0
    host: str = ""
    ports: list[str] = attrs.field(factory=list)

    @property
    def protocol(self) -> str:
        """`tcp` or `udp`."""
        return "udp" if "u" in self.letters else "tcp"

    def has(self, letter: str) -> bool:
        """Whether a flag was given."""
        return letter in self.letters


def number(text: str, what: str, low: int, high: int) -> int:
    """strtonum(3) with nc's complaint."""
    try:
        value = int(text, 10)
    except ValueError:
        raise Refused(f"nc: {what} invalid: {text}\n") from None
    if value < low:
        raise Refused(f"nc: {what} too small: {text}\n")
    if value > high:
        raise Refused(f"nc: {what} too large: {text}\n")
    return value


def _set(options: Options, letter: str, value: str) -> None:
    if letter == "w":
        options.wait = number(value, "timeout", 0, INT_MAX // 1000)
    elif letter == "q":
        options.quit_after = number(value, "quit timer", -INT_MAX - 1, INT_MAX)
    elif letter == "i":
        options.interval = number(value, "interval", 0, INT_MAX)
    elif letter == "W":
        options.receive_limit = number(value, "receive limit", 1, INT_MAX)
    elif letter == "s":
        options.source = value
    elif letter == "p":
        options.local_port = value
    elif letter in "Mm":
        _set_ttl(options, letter, value)
    elif letter == "T":
        options.tos = _tos(value)
    elif letter in "IO":
        number(value, "TCP receive window" if letter == "I" else "TCP send window", 1, 1073725440)
    elif letter == "V":
        raise Refused("nc: no alternate routing table support available\n")
    elif letter == "X" and value.lower() not in ("4", "5", "connect"):
        raise Refused("nc: unsupported proxy protocol\n")


def _set_ttl(options: Options, letter: str, value: str) -> None:
    try:
        ttl = number(value, "ttl", 0, 255)
    except Refused as problem:
        words = str(problem)
        raise Refused("nc: ttl is " + ("too large\n" if "large" in words else "too small\n" if "small" in words else "invalid\n")) from None
    if letter == "M":
        options.ttl = ttl
    else:
        options.min_ttl = ttl


def _tos(value: str) -> int:
    known = TOS.get(value.lower())
    if known is not None:
        return known
    try:
        found = int(value, 16 if value.lower().startswith("0x") else 10)
    except ValueError:
        raise Refused(f"nc: illegal tos value {value}\n") from None
    if not 0 <= found <= 255:
        raise Refused(f"nc: illegal tos value {value}\n")
    return found


def read(call: Call) -> Options | Result:
    """The command line, or what nc says about it."""
    options = Options()
    try:
        found, rest = parse(call.argv[1:], GRAMMAR)
        for option in found:
            options.letters.add(option.name)
            if option.name in "46":
                options.family = 2 if option.name == "4" else 10
            elif option.name == "h":
                return Result("", f"OpenBSD netcat (Debian patchlevel 1.219-1)\n{USAGE}{HELP}", 0)
            elif option.argument is not None:
                _set(options, option.name, option.argument)
        _destination(options, rest)
        _check(options)
    except OptionError as problem:
        return Result("", f"nc: {problem}\n{USAGE}", 1)
    except Refused as problem:
        return Result("", str(problem), 1)
    for letter in sorted(options.letters & set(REPORTED)):
        call.machine.kernel.unmodelled.append(f"nc -{letter}: {REPORTED[letter]}")
    if options.interval and not options.has("z"):
        call.machine.kernel.unmodelled.append("nc -i: pauses between lines")
    return options


def _destination(options: Options, words: list[str]) -> None:
    """Which words are the host and the port depends on how many there are and on -l, -s and -p."""
    if options.has("l"):
        if options.source or options.local_port:
            if words:
                raise Refused(USAGE)
            options.host, options.ports = options.source, [options.local_port] if options.local_port else []
        elif len(words) <= 1:
            options.ports = words
        elif len(words) == 2:
            options.host, options.ports = words[0], words[1:]
        else:
            raise Refused(USAGE)
        return
    if not words:
        raise Refused(USAGE)
    options.host, options.ports = words[0], words[1:]


def _check(options: Options) -> None:
    for letter in sorted(options.letters & set(UNMODELLED)):
        raise Refused(f"nc: netsim: -{letter} ({UNMODELLED[letter]}) is not modelled\n")
    if not options.ports:
        raise Refused("nc: missing port number\n")
    if options.has("l") and options.has("z"):
        raise Refused("nc: cannot use -z and -l\n")
    if options.has("k") and not options.has("l"):
        raise Refused("nc: must use -l with -k\n")
