"""`-m ipvs`: packets of virtual services (`xt_ipvs`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import ports_of, protocol_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import CT_ESTABLISHED_REPLY, Tracked
from netsim.kernel.tables.ipvs import VsConnection

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class Asked:
    """A value that a connection is asked for, and whether it must be another."""

    value: int
    is_inverted: bool = False

    def fits(self, value: int) -> bool:
        """Whether the connection's value is as asked."""
        return (value == self.value) != self.is_inverted


@attrs.frozen
class IpvsMatch:
    """What is asked (None: not): `vdir` is a conntrack direction, `vmethod` a method of `tables/ipvs`, `vaddr` is masked."""

    ipvs: Asked | None = None
    vproto: Asked | None = None
    vaddr: Asked | None = None
    vport: Asked | None = None
    vdir: int | None = None
    vmethod: Asked | None = None
    vportctl: Asked | None = None
    vmask: int = 0

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet is one that virtual services have dealt with, and its connection is as asked."""
        if self == IpvsMatch(self.ipvs):
            return self.ipvs is not None and self.ipvs.fits(skb.ipvs_property)
        if not skb.ipvs_property:
            return False
        protocol = protocol_of(skb.packet)
        if self.vproto is not None and not self.vproto.fits(protocol):
            return False
        ports = ports_of(skb.packet)
        if ports is None:
            return False
        key = (state.family, protocol, skb.packet.src, ports[0], skb.packet.dst, ports[1])
        connection = state.netns.netfilter.ipvs.outgoing.get(key)
        return connection is not None and self._is_met(skb, connection)

    def _is_met(self, skb: SkBuff, connection: VsConnection) -> bool:
        if self.vport is not None and not self.vport.fits(connection.vport):
            return False
        if self.vportctl is not None and (connection.control is None or not self.vportctl.fits(connection.control.vport)):
            return False
        if self.vdir is not None:
            nfct = skb.nfct
            if not isinstance(nfct, Tracked) or nfct.connection is None or (nfct.info >= CT_ESTABLISHED_REPLY) != bool(self.vdir):
                return False
        if self.vmethod is not None and not self.vmethod.fits(connection.method):
            return False
        return self.vaddr is None or self.vaddr.fits(connection.vaddr & self.vmask)
