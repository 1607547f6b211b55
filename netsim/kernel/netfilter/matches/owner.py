"""`-m owner`: whose socket sends (`xt_owner`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.core.hooks import LOCAL_OUT, POST_ROUTING
from netsim.kernel.core.kernel_socket import KernelSocket
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class OwnerMatch:
    """Ranges of user and group ids, or None; `socket`: one must exist (None: not asked). All processes are root's here."""

    hooks: ClassVar[frozenset[int]] = frozenset({LOCAL_OUT, POST_ROUTING})

    uids: tuple[int, int] | None = None
    uids_inverted: bool = False
    gids: tuple[int, int] | None = None
    gids_inverted: bool = False
    socket: bool = False
    socket_inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the sender is one of those asked for; what the kernel forwards has none, nor has a connection
        that nobody accepted yet or holds any more; what the kernel sends itself has one without ids."""
        if skb.owner is None or not skb.owner.is_held:
            return not (
                (self.uids is not None and not self.uids_inverted)
                or (self.gids is not None and not self.gids_inverted)
                or (self.socket and not self.socket_inverted)
            )
        if self.socket and self.socket_inverted:
            return False
        if isinstance(skb.owner, KernelSocket):
            return (self.uids is None or self.uids_inverted) and (self.gids is None or self.gids_inverted)
        if self.uids is not None and (self.uids[0] <= 0 <= self.uids[1]) == self.uids_inverted:
            return False
        return self.gids is None or (self.gids[0] <= 0 <= self.gids[1]) != self.gids_inverted
