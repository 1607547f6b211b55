"""What can become of a packet at a rule, and what rules are told about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns

DROP, ACCEPT, STOLEN, REFUSED = range(4)
CONTINUE, RETURN = -1, -2  # XT_CONTINUE, XT_RETURN


@attrs.define(eq=False)
class HookState:
    """Where a packet is when rules look at it (`struct nf_hook_state`)."""

    netns: Netns
    family: int
    hook: int
    indev: NetDevice | None
    outdev: NetDevice | None
    okfn: Callable[..., Any]
    table: str = ""
    chain: str = ""
    rule_number: int = 0
    is_traced: bool = False  # a listener has seen the packet as it came into this walk
