"""Which part describes what: the one module that knows them all."""

from netsim.packet.describe.icmp import print_icmp
from netsim.packet.describe.icmp6 import print_icmp6
from netsim.packet.describe.igmp import print_igmp
from netsim.packet.describe.ip import Around4, print_ip
from netsim.packet.describe.ip6 import Around6, print_ip6
from netsim.packet.describe.link import NETWORK_LINK
from netsim.packet.describe.output import Ended, Output, Truncated
from netsim.packet.describe.transport import print_tcp, print_udp
from netsim.packet.describe.tunnel import print_gre
from netsim.packet.numbers import (
    ETH_P_IP,
    ETH_P_IPV6,
    IPPROTO_GRE,
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_IGMP,
    IPPROTO_IPIP,
    IPPROTO_IPV6,
    IPPROTO_NONE,
    IPPROTO_TCP,
    IPPROTO_UDP,
)

DEPTH = 50
"""So many IP packets may nest; tcpdump itself has no bound."""


class Demux:
    """Finds the part for an Ethernet type or IP protocol."""

    def print_network(self, out: Output, ethertype: int, at: int, length: int) -> bool:
        """Describe a network layer packet; whether its type is known."""
        part = _NETWORK.get(ethertype)
        if part is None:
            return False
        part(out, at, length)
        return True

    def print_transport(self, out: Output, protocol: int, at: int, length: int, around: Around4 | Around6) -> None:
        """Describe what an IP packet carries (`ip_demux_print`); packets nested deeper than `DEPTH` end there as if cut off."""
        out.depth += 1
        if out.depth > DEPTH:
            raise Truncated
        try:
            self._print_transport(out, protocol, at, length, around)
        except Ended:
            out.truncated()

    def _print_transport(self, out: Output, protocol: int, at: int, length: int, around: Around4 | Around6) -> None:
        if protocol == IPPROTO_TCP:
            print_tcp(out, at, length, around)
        elif protocol == IPPROTO_UDP:
            print_udp(out, at, length, around)
        elif protocol == IPPROTO_GRE:
            print_gre(out, at, length, around)
        elif protocol in (IPPROTO_IPIP, IPPROTO_IPV6):
            (print_ip if protocol == IPPROTO_IPIP else print_ip6)(out, at, length)
        elif protocol == IPPROTO_NONE:
            out.put("no next header")
        elif protocol in _FAMILY_ONLY:
            self._print_family(out, protocol, at, length, around)
        else:
            name = out.protocol_name(protocol) or f"ip-proto-{protocol}"
            out.put(f" {name} {length}")

    def _print_family(self, out: Output, protocol: int, at: int, length: int, around: Around4 | Around6) -> None:
        name, version = _FAMILY_ONLY[protocol]
        if isinstance(around, Around4) and version == 4:
            (print_icmp if protocol == IPPROTO_ICMP else print_igmp)(out, at, length, around)
        elif isinstance(around, Around6) and version == 6 and protocol == IPPROTO_ICMPV6:
            print_icmp6(out, at, length, around)
        else:
            out.put(f"[{name} requires IPv{version}]")
            out.invalid()


_NETWORK = {ETH_P_IP: print_ip, ETH_P_IPV6: print_ip6, **NETWORK_LINK}
_FAMILY_ONLY = {IPPROTO_ICMP: ("ICMP", 4), IPPROTO_IGMP: ("IGMP", 4), IPPROTO_ICMPV6: ("ICMPv6", 6)}
