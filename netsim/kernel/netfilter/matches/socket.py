"""`-m socket`: whether this host has a socket for the packet (`xt_socket`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.core.hooks import LOCAL_IN, PRE_ROUTING
from netsim.kernel.netfilter.sockets import socket_for
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SocketMatch:
    """Sockets bound to no address do not count unless `counts_wildcard`; `transparent` asks for IP_TRANSPARENT."""

    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING, LOCAL_IN})

    transparent: bool = False
    counts_wildcard: bool = False
    restores_mark: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Look the socket up; its mark may become the packet's (`socket_match`)."""
        sock = skb.demuxed or socket_for(state.netns, skb)
        if sock is None or (not sock.laddr and not self.counts_wildcard) or (self.transparent and not sock.transparent):
            return False
        if self.restores_mark:
            skb.mark = sock.mark
        return True
