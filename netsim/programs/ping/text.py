"""What ping (iputils 20221126) prints: names of ICMP messages, reply lines, the statistics."""

from __future__ import annotations

from functools import lru_cache

from netsim.addr import IPv4

USAGE = """
Usage
  ping [options] <destination>

Options:
  <destination>      dns name or ip address
  -a                 use audible ping
  -A                 use adaptive ping
  -B                 sticky source address
  -c <count>         stop after <count> replies
  -C                 call connect() syscall on socket creation
  -D                 print timestamps
  -d                 use SO_DEBUG socket option
  -e <identifier>    define identifier for ping session, default is random for
                     SOCK_RAW and kernel defined for SOCK_DGRAM
                     Imply using SOCK_RAW (for IPv4 only for identifier 0)
  -f                 flood ping
  -h                 print help and exit
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -L                 suppress loopback of multicast packets
  -l <preload>       send <preload> number of packages while waiting replies
  -m <mark>          tag the packets going out
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -O                 report outstanding replies
  -p <pattern>       contents of padding byte
  -q                 quiet output
  -Q <tclass>        use quality of service <tclass> bits
  -s <size>          use <size> as number of data bytes to be sent
  -S <size>          use <size> as SO_SNDBUF socket option value
  -t <ttl>           define time to live
  -U                 print user-to-user latency
  -v                 verbose output
  -V                 print version and exit
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response

IPv4 options:
  -4                 use IPv4
  -b                 allow pinging broadcast
  -R                 record route
  -T <timestamp>     define timestamp, can be one of <tsonly|tsandaddr|tsprespec>

IPv6 options:
  -6                 use IPv6
  -F <flowlabel>     define flow label, default is random
  -N <nodeinfo opt>  use icmp6 node info query, try <help> as argument

For more details see ping(8).
"""

VERSION = "ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n"

_UNREACHABLE = (
    "Destination Net Unreachable",
    "Destination Host Unreachable",
    "Destination Protocol Unreachable",
    "Destination Port Unreachable",
    "Frag needed and DF set (mtu = {info})",
    "Source Route Failed",
    "Destination Net Unknown",
    "Destination Host Unknown",
    "Source Host Isolated",
    "Destination Net Prohibited",
    "Destination Host Prohibited",
    "Destination Net Unreachable for Type of Service",
    "Destination Host Unreachable for Type of Service",
    "Packet filtered",
    "Precedence Violation",
    "Precedence Cutoff",
)
_REDIRECT = ("Redirect Network", "Redirect Host", "Redirect Type of Service and Network", "Redirect Type of Service and Host")
_EXCEEDED = ("Time to live exceeded", "Frag reassembly time exceeded")

_UNREACHABLE6 = ("No route", "Administratively prohibited", "Beyond scope of source address", "Address unreachable", "Port unreachable")
_EXCEEDED6 = ("Hop limit", "Defragmentation failure")
_PARAMETER6 = ("Wrong header field ", "Unknown header ", "Unknown option ")


def _named(names: tuple[str, ...], code: int, otherwise: str) -> str:
    return names[code] if code < len(names) else otherwise.format(code=code)


def icmp_text(kind: int, code: int, info: int) -> str:
    """An ICMP message in words; `info` is the MTU, gateway or pointer it carries (`pr_icmph`)."""
    if kind == 3:
        return _named(_UNREACHABLE, code, "Dest Unreachable, Bad Code: {code}").replace("{info}", str(info))
    if kind == 4:
        return "Source Quench"
    if kind == 5:
        return f"{_named(_REDIRECT, code, 'Redirect, Bad Code: {code}')}(New nexthop: {IPv4(info)})"
    if kind == 11:
        return _named(_EXCEEDED, code, "Time exceeded, Bad Code: {code}")
    if kind == 12:
        return f"Parameter problem: pointer = {info}"
    return f"Bad ICMP type: {kind}"


def icmp6_text(kind: int, code: int, info: int) -> str:
    """An ICMPv6 message in words; `info` is the MTU or pointer it carries (`print_icmp` of ping6)."""
    if kind == 1:
        return "Destination unreachable: " + _named(_UNREACHABLE6, code, "Unknown code {code}")
    if kind == 2:
        return f"Packet too big: mtu={info}" + (f", code={code}" if code else "")
    if kind == 3:
        return "Time exceeded: " + _named(_EXCEEDED6, code, "code {code}")
    if kind == 4:
        return f"Parameter problem: {_named(_PARAMETER6, code, 'code {code} ')}at {info}"
    return f"unknown icmp type: {kind}"


def triptime_text(microseconds: int) -> str:
    """A round-trip time the way a reply line shows it: fewer decimals as it grows (`gather_statistics`)."""
    if microseconds >= 100000 - 50:
        return f" time={(microseconds + 500) // 1000} ms"
    if microseconds >= 10000 - 5:
        tenths = (microseconds + 50) // 100
        return f" time={tenths // 10}.{tenths % 10} ms"
    if microseconds >= 1000:
        hundredths = (microseconds + 5) // 10
        return f" time={hundredths // 100}.{hundredths % 100:02d} ms"
    return f" time={microseconds // 1000}.{microseconds % 1000:03d} ms"


@lru_cache(maxsize=256)
def milliseconds(microseconds: int) -> str:
    """Microseconds as `N.NNN` milliseconds."""
    return f"{microseconds // 1000}.{microseconds % 1000:03d}"
