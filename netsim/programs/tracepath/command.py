"""tracepath (iputils 20221126): from the command line to a running program."""

from __future__ import annotations

from netsim.addr import IPv4
from netsim.kernel.inet.sock import PMTUDISC_DO
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.resolver import getaddrinfo, zone_of
from netsim.programs.strtol import INT_MAX, BadNumber, checked
from netsim.programs.tracepath.program import LONGEST, OVERHEAD, OVERHEAD6, Options, Tracepath

AF_INET, AF_INET6, SOCK_DGRAM = 2, 10, 2
GRAMMAR = Grammar(flags="46bhnV", valued="lmp")
MOST_HOPS = 255
PORT = 44444
VERSION = "tracepath from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n"
USAGE = """
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and ip
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no dns name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  dns name or ip address

For more details see tracepath(8).
"""


def tracepath(call: Call) -> Result | Program:
    """The tracepath command (man tracepath(8))."""
    options = Options()
    options.family = 6 if call.argv[0].endswith("6") else 0
    try:
        found, words = parse(call.argv[1:], GRAMMAR)
        for option in found:
            ended = _take(options, option.name, option.argument or "")
            if ended is not None:
                return ended
    except OptionError as wrong:
        return Result("", f"tracepath: {wrong}\n{USAGE}", 255)
    except BadNumber as wrong:
        return Result("", f"tracepath: {wrong}\n", 1)
    if len(words) != 1:
        return Result("", USAGE, 255)
    return _start(call, options, words[0])


def _take(options: Options, name: str, text: str) -> Result | None:
    """One option; a result when the tool ends with it."""
    if name == "V":
        return Result(VERSION)
    if name == "h":
        return Result("", USAGE, 255)
    if name in "46":
        if options.family and options.family != int(name):
            return Result("", "tracepath: Only one -4 or -6 option may be specified\n", 2)
        options.family = int(name)
    elif name == "l":
        options.length = checked(text, 0, INT_MAX)
        if options.length <= OVERHEAD:
            return Result("", f"tracepath: pktlen must be within: {OVERHEAD} < value <= {INT_MAX}\n", 1)
    elif name == "m":
        options.hops = checked(text, 0, MOST_HOPS)
    elif name == "p":
        options.port = checked(text, 0, 65535)
    else:
        options.flags.add(name)
    return None


def _start(call: Call, options: Options, word: str) -> Result | Program:
    host, slash, port = word.partition("/")
    if slash and not options.port:
        digits = port[: len(port) - len(port.lstrip("0123456789"))]
        options.port = int(digits or "0") & 0xFFFF
    else:
        host = word if options.port and slash else host
    options.port = options.port or PORT
    found = getaddrinfo(call.proc, host, options.family)
    if isinstance(found, str):
        return Result("", f"tracepath: {host}: {found}\n", 1)
    target = found[0]
    is_four = isinstance(target, IPv4)
    fd = call.proc.socket(AF_INET if is_four else AF_INET6, SOCK_DGRAM)
    sock = call.proc.sock(fd)
    sock.pmtudisc = PMTUDISC_DO
    sock.recverr = 1
    if target.is_linklocal:
        sock.bound_dev = zone_of(call.proc, host)
    if is_four:
        return Tracepath(options, target, fd, options.length or 65535)
    return Tracepath(options, target, fd, options.length or LONGEST, overhead=OVERHEAD6, most=LONGEST)
