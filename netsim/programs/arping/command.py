"""arping (iputils 20221126): from the command line to a running program, with the checks it makes before the first probe."""

from __future__ import annotations

import attrs

from netsim.addr import IPV4_ANY, MAC_ZERO, IPv4
from netsim.errors import EPERM, NetError, strerror
from netsim.kernel.core.netdevice import IFF_BROADCAST, IFF_LOOPBACK, IFF_NOARP, IFF_UP, NetDevice
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.kernel.ipv4.route import ip_route_output
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.hostnames import inet_aton
from netsim.machine.resolver import getaddrinfo
from netsim.programs.arping.program import Arping, Options
from netsim.programs.arping.source import Untaken, source_of
from netsim.programs.strtol import INT_MAX, BadNumber, checked

AF_PACKET, SOCK_DGRAM = 17, 2
ETH_P_ARP = 0x0806
GRAMMAR = Grammar(flags="hbfDUAqV", valued="cwisI")
VERSION = "arping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n"
USAGE = """
Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source ip address
  <destination> dns name or ip address

For more details see arping(8).
"""


@attrs.define
class Stop(Exception):
    """arping ends here: what it prints and its status."""

    stderr: str = ""
    status: int = 2
    stdout: str = ""


def arping(call: Call) -> Result | Program:
    """The arping command (man arping(8))."""
    options = Options()
    try:
        _read(call, options)
        return _prepare(call, options)
    except BadNumber as wrong:
        return Result("", f"arping: {wrong}\n", 1)
    except Stop as stop:
        return Result(stop.stdout, stop.stderr, stop.status)


def _read(call: Call, options: Options) -> None:
    try:
        found, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as wrong:
        raise Stop(f"arping: {wrong}\n{USAGE}") from None
    for option in found:
        text = option.argument or ""
        if option.name == "V":
            raise Stop(stdout=VERSION, status=0)
        if option.name == "h":
            raise Stop(USAGE)
        if option.name == "c":
            options.count = checked(text, 1, INT_MAX)
        elif option.name == "w":
            options.timeout = checked(text, 0, INT_MAX)
        elif option.name == "i":
            options.interval = checked(text, 0, INT_MAX)
        elif option.name == "I":
            options.device = text
        elif option.name == "s":
            options.source = text
        else:
            options.flags.add(option.name)
    if len(words) != 1:
        raise Stop(USAGE)
    options.target = words[0]


def _prepare(call: Call, options: Options) -> Arping:
    if not call.proc.capable("NET_RAW"):
        raise Stop(f"arping: socket: {strerror(EPERM)}\n", 2)
    target = getaddrinfo(call.proc, options.target, 4)
    if isinstance(target, str):
        raise Stop(f"arping: {options.target}: {target}\n")
    options.gdst = IPv4(target[0])
    if not options.device:
        options.device = _outgoing_device(call, options.gdst)
    dev = _usable_device(call, options)
    options.gsrc = _source(call, options)
    fd = call.proc.socket(AF_PACKET, SOCK_DGRAM, ETH_P_ARP)
    call.proc.sock(fd).bind(dev.ifindex)
    if not options.source and options.gsrc == 0 and not options.is_dad:
        raise Stop("arping: no source address in not-DAD mode\n", 2, options.header())
    return Arping(options, dev.ifindex, dev.address, dev.broadcast, fd)


def _outgoing_device(call: Call, target: IPv4) -> str:
    """The device the kernel would use (RTM_GETROUTE)."""
    try:
        return ip_route_output(call.netns, Flow(target)).dev.name
    except NetError:
        raise Stop("arping: NETLINK_ROUTE unexpected iov element\n", 1) from None


def _usable_device(call: Call, options: Options) -> NetDevice:
    """The device by name if ARP works on it (`check_device`)."""
    dev = next((dev for dev in call.netns.devices.values() if dev.name == options.device), None)
    if dev is None or (dev.address == MAC_ZERO and not dev.flags & (IFF_LOOPBACK | IFF_NOARP)):
        raise Stop(f"arping: Device {options.device} not available.\n")
    if not dev.flags & IFF_UP:
        raise Stop(stdout=options.unless_quiet(f'Interface "{dev.name}" is down\n'))
    if dev.flags & (IFF_NOARP | IFF_LOOPBACK):
        raise Stop(stdout=options.unless_quiet(f'Interface "{dev.name}" is not ARPable\n'), status=0 if options.is_dad else 2)
    if not dev.flags & IFF_BROADCAST:
        raise Stop(f"arping: Device {options.device} not available.\n")
    return dev


def _source(call: Call, options: Options) -> IPv4:
    """The sender's address: as asked, the target itself for announcements, or what the kernel would use; tried out by a UDP socket."""
    wanted = inet_aton(options.source) if options.source else None
    if options.source and wanted is None:
        raise Stop(f"arping: invalid source {options.source}\n")
    if wanted is None and options.is_unsolicited and not options.is_dad:
        wanted = options.gdst
    if options.is_dad and not options.source:
        return IPV4_ANY
    try:
        return source_of(call.proc, options.device, options.gdst, wanted if options.source or wanted else None)
    except Untaken as problem:
        raise Stop(f"arping: {problem.step}: {strerror(problem.errno)}\n") from None
