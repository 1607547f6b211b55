"""Usage texts of net-tools; the lists of families and hardware go to stderr even where the text goes to stdout."""

from __future__ import annotations

from netsim.machine.call import Result

RELEASE = "net-tools 2.10\n"
FEATURES_AF = "AF: (inet) +UNIX +INET +INET6 +IPX +AX25 +NETROM +X25 +ATALK +ECONET +ROSE -BLUETOOTH\n"
FEATURES_HW = "+ETHER +ARC +SLIP +PPP +TUNNEL -TR +AX25 +NETROM +X25 +FR +ROSE +ASH +SIT +FDDI +HIPPI +HDLC/LAPB +EUI64 \n"

FAMILIES = {
    "unix": "UNIX Domain", "inet": "DARPA Internet", "inet6": "IPv6", "ax25": "AMPR AX.25", "netrom": "AMPR NET/ROM", "rose": "AMPR ROSE",
    "ipx": "Novell IPX", "ddp": "Appletalk DDP", "ec": "Econet", "ash": "Ash", "x25": "CCITT X.25",
}  # fmt: skip
ROUTED = ("inet", "inet6", "ax25", "netrom", "rose", "ipx", "ddp", "x25")
HARDWARE = {
    "loop": "Local Loopback", "slip": "Serial Line IP", "cslip": "VJ Serial Line IP", "slip6": "6-bit Serial Line IP",
    "cslip6": "VJ 6-bit Serial Line IP", "adaptive": "Adaptive Serial Line IP", "ash": "Ash", "ether": "Ethernet", "ax25": "AMPR AX.25",
    "netrom": "AMPR NET/ROM", "rose": "AMPR ROSE", "tunnel": "IPIP Tunnel", "ppp": "Point-to-Point Protocol", "hdlc": "(Cisco)-HDLC",
    "lapb": "LAPB", "arcnet": "ARCnet", "dlci": "Frame Relay DLCI", "frad": "Frame Relay Access Device", "sit": "IPv6-in-IPv4",
    "fddi": "Fiber Distributed Data Interface", "hippi": "HIPPI", "irda": "IrLAP", "ec": "Econet", "x25": "generic X.25",
    "eui64": "Generic EUI-64",
}  # fmt: skip
WITH_ARP = {
    "ash": 64, "ether": 1, "ax25": 3, "netrom": 0, "rose": 280, "arcnet": 7, "dlci": 15, "fddi": 774, "hippi": 780, "irda": 783, "x25": 271,
    "eui64": 27,
}  # fmt: skip
"""Hardware that has ARP -> ARPHRD_*."""
ARPHRD_NAMES = {
    1: ("ether", "Ethernet"), 772: ("loop", "Local Loopback"), 768: ("tunnel", "IPIP Tunnel"), 776: ("sit", "IPv6-in-IPv4"),
}  # fmt: skip

IFCONFIG = """\
Usage:
  ifconfig [-a] [-v] [-s] <interface> [[<AF>] <address>]
  [add <address>[/<prefixlen>]]
  [del <address>[/<prefixlen>]]
  [[-]broadcast [<address>]]  [[-]pointopoint [<address>]]
  [netmask <address>]  [dstaddr <address>]  [tunnel <address>]
  [outfill <NN>] [keepalive <NN>]
  [hw <HW> <address>]  [mtu <NN>]
  [[-]trailers]  [[-]arp]  [[-]allmulti]
  [multicast]  [[-]promisc]
  [mem_start <NN>]  [io_addr <NN>]  [irq <NN>]  [media <type>]
  [txqueuelen <NN>]
  [name <newname>]
  [[-]dynamic]
  [up|down] ...

  <HW>=Hardware Type.
  List of possible hardware types:
"""
IFCONFIG_AF = "  <AF>=Address family. Default: inet\n  List of possible address families:\n"
ROUTE = """\
Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables
       route [-v] [-FC] {add|del|flush} ...  Modify routing table for AF.

       route {-h|--help} [<AF>]              Detailed usage syntax for specified AF.
       route {-V|--version}                  Display version/author and exit.

        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -e, --extend             display other/more information
        -F, --fib                display Forwarding Information Base (default)
        -C, --cache              display routing cache instead of FIB

  <AF>=Use -4, -6, '-A <af>' or '--<af>'; default: inet
  List of possible address families (which support routing):
"""
INET_ROUTE = """\
Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported
"""
INET6_ROUTE = """\
Usage: inet6_route [-vF] del Target
       inet6_route [-vF] add Target [gw Gw] [metric M] [[dev] If]
       inet6_route [-FC] flush      NOT supported
"""
ARP = """\
Usage:
  arp [-vn]  [<HW>] [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp [-v]          [-i <if>] -d  <host> [pub]               <-Delete ARP entry
  arp [-vnD] [<HW>] [-i <if>] -f  [<filename>]            <-Add entry from file
  arp [-v]   [<HW>] [-i <if>] -s  <host> <hwaddr> [temp]            <-Add entry
  arp [-v]   [<HW>] [-i <if>] -Ds <host> <if> [netmask <nm>] pub          <-''-

        -a                       display (all) hosts in alternative (BSD) style
        -e                       display (all) hosts in default (Linux) style
        -s, --set                set a new ARP entry
        -d, --delete             delete a specified entry
        -v, --verbose            be verbose
        -n, --numeric            don't resolve names
        -i, --device             specify network interface (e.g. eth0)
        -D, --use-device         read <hwaddr> from given device
        -A, -p, --protocol       specify protocol family
        -f, --file               read new entries from file or from /etc/ethers

  <HW>=Use '-H <hw>' to specify hardware address type. Default: ether
  List of possible hardware types (which support ARP):
"""
NETSTAT = """\
usage: netstat [-vWeenNcCF] [<Af>] -r         netstat {-V|--version|-h|--help}
       netstat [-vWnNcaeol] [<Socket> ...]
       netstat { [-vWeenNac] -i | [-cnNe] -M | -s [-6tuw] }

        -r, --route              display routing table
        -i, --interfaces         display interface table
        -g, --groups             display multicast group memberships
        -s, --statistics         display networking statistics (like SNMP)
        -M, --masquerade         display masqueraded connections

        -v, --verbose            be verbose
        -W, --wide               don't truncate IP addresses
        -n, --numeric            don't resolve names
        --numeric-hosts          don't resolve host names
        --numeric-ports          don't resolve port names
        --numeric-users          don't resolve user names
        -N, --symbolic           resolve hardware names
        -e, --extend             display other/more information
        -p, --programs           display PID/Program name for sockets
        -o, --timers             display timers
        -c, --continuous         continuous listing

        -l, --listening          display listening server sockets
        -a, --all                display all sockets (default: connected)
        -F, --fib                display Forwarding Information Base (default)
        -C, --cache              display routing cache instead of FIB
        -Z, --context            display SELinux security context for sockets

  <Socket>={-t|--tcp} {-u|--udp} {-U|--udplite} {-S|--sctp} {-w|--raw}
           {-x|--unix} --ax25 --ipx --netrom
  <AF>=Use '-6|-4' or '-A <af>' or '--<af>'; default: inet
  List of possible address families (which support routing):
"""


def listed(names: dict[str, str], chosen: tuple[str, ...]) -> str:
    """`name (title) `, three in a line."""
    words = [f"{name} ({names[name]}) " for name in chosen]
    return "".join("    " + "".join(words[at : at + 3]) + "\n" for at in range(0, len(words), 3))


def families() -> str:
    """The families that route."""
    return listed(FAMILIES, ROUTED)


def _told(text: str, lists: str, whole: str, status: int) -> Result:
    return Result("", whole, status) if status else Result(text, lists, 0)


def ifconfig_usage(status: int) -> Result:
    """ifconfig's usage: to stderr when something was wrong, to stdout when asked for."""
    hardware, known = listed(HARDWARE, tuple(HARDWARE)), listed(FAMILIES, tuple(FAMILIES))
    return _told(IFCONFIG + IFCONFIG_AF, hardware + known, IFCONFIG + hardware + IFCONFIG_AF + known, status)


def route_usage(status: int) -> Result:
    """route's usage."""
    return _told(ROUTE, families(), ROUTE + families(), status)


def arp_usage(status: int) -> Result:
    """arp's usage."""
    hardware = listed(HARDWARE, tuple(WITH_ARP))
    return _told(ARP, hardware, ARP + hardware, status)


def netstat_usage(status: int) -> Result:
    """netstat's usage."""
    return _told(NETSTAT, families(), NETSTAT + families(), status)


E_OPTERR, E_LOOKUP, E_SOCK = 3, 6, 7
