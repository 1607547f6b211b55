"""`-j LOG`: a line in the kernel's log for each packet (`nf_log_ipv4`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.log_text import log_line, may_log
from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

LOG_TCPSEQ, LOG_TCPOPT, LOG_IPOPT, LOG_UID, LOG_MACDECODE = 1, 2, 4, 8, 32


@attrs.frozen
class LogTarget:
    """`level` as syslog counts, `flags` of `LOG_*`."""

    level: int = 4
    prefix: str = ""
    flags: int = 0

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Write the line and go on; only the first namespace logs unless `net.netfilter.nf_log_all_netns` is set."""
        kernel = state.netns.kernel
        if may_log(state.netns):
            kernel.log.append((kernel.clock.now, self.prefix + log_line(skb, state, self.flags)))
        return CONTINUE
