"""`-j TEE`: a copy of a packet to a host on the link (`xt_TEE`, `nf_dup_ipv4`, `nf_dup_ipv6`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.hooks import LOCAL_IN, PRE_ROUTING
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Flow, Rt, ip_route_output
from netsim.kernel.ipv6.output import ip6_local_out
from netsim.kernel.ipv6.route import Flow6, Rt6, ip6_route_output
from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.kernel.tables.conntrack import UNTRACKED
from netsim.packet import Ip, Ip6
from netsim.packet.numbers import IP_DF

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TeeTarget:
    """The copy goes to `gateway`, by the device named `oif` when there is one; copies are not copied again."""

    gateway: int
    oif: str = ""

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Send the copy and go on with the packet itself."""
        netns = state.netns
        known, dev = netns.netfilter, netns.device(self.oif) if self.oif else None
        if known.is_duplicating or (self.oif and dev is None):
            return CONTINUE
        known.is_duplicating = True
        try:
            self._send(netns, skb, state.hook, dev.ifindex if dev is not None else 0)
        except NetError:
            return CONTINUE
        finally:
            known.is_duplicating = False
        return CONTINUE

    def _send(self, netns: Netns, skb: SkBuff, hook: int, oif: int) -> None:
        """A copy of this host's: one hop further when it came in, so that two that copy to each other end."""
        packet, hops = skb.packet, int(hook in (PRE_ROUTING, LOCAL_IN))
        if isinstance(packet, Ip):
            rt = ip_route_output(netns, Flow(IPv4(self.gateway), oif=oif, tos=packet.tos))
            copy = attrs.evolve(packet, flags=packet.flags | IP_DF, ttl=packet.ttl - hops)
            way = rt if rt.gateway is not None or rt.is_local else Rt(rt.type, rt.dev, IPv4(self.gateway), rt.src, rt.mtu, rt.found, pmtu=rt.pmtu)
            ip_local_out(netns, copy, way, mark=skb.mark, nfct=UNTRACKED, hops=skb.hops)
            return
        self._send6(netns, packet, skb.mark, oif, hops)

    def _send6(self, netns: Netns, packet: Ip6, mark: int, oif: int, hops: int) -> None:
        rt = ip6_route_output(netns, Flow6(IPv6(self.gateway), oif=oif, flowlabel=packet.flowlabel))
        if rt.error:
            return
        way = rt if rt.gateway is not None or rt.is_local else Rt6(rt.type, rt.dev, IPv6(self.gateway), rt.src, rt.mtu, rt.found, rt.learnt)
        ip6_local_out(netns, packet.with_hop_limit(packet.hop_limit - hops), way, mark=mark, nfct=UNTRACKED)
