"""RTM_NEWRULE, RTM_DELRULE: policy routing rules."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.netns import Netns


@attrs.frozen
class RuleRequest:
    """What a rule message says; `None` means absent."""

    priority: int | None = None
    src: IPv4 | IPv6 | None = None
    src_length: int = 0
    dst: IPv4 | IPv6 | None = None
    dst_length: int = 0
    tos: int = 0
    fwmark: int | None = None
    fwmask: int | None = None
    iif: str | None = None
    oif: str | None = None
    table: int = 0
    action: int = 1  # FR_ACT_TO_TBL
    goto: int | None = None
    invert: bool = False
    ipproto: int | None = None
    sport: tuple[int, int] | None = None
    dport: tuple[int, int] | None = None
    uid: tuple[int, int] | None = None
    suppress_prefixlength: int | None = None
    suppress_ifgroup: int | None = None
    protocol: int = 0
    l3mdev: bool = False
    family: int = 2


def newrule(netns: Netns, request: RuleRequest) -> None:
    """Add a rule (`fib_nl_newrule`)."""
    raise NotImplementedError


def delrule(netns: Netns, request: RuleRequest) -> None:
    """Remove the first rule that matches (`fib_nl_delrule`)."""
    raise NotImplementedError
