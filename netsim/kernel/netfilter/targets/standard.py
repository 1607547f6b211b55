"""Verdicts and ways into other chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class Verdict:
    """ACCEPT, DROP or RETURN."""

    name: str
    verdict: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """The verdict."""
        return self.verdict


@attrs.frozen
class Jump:
    """On to a user chain (`-j` or `-g`)."""

    chain: str
