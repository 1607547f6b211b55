"""Packet filter rules as data: rules, chains and tables with their counters. What they do to packets: `kernel/netfilter`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.kernel.tables.conntrack import ConntrackTable
from netsim.kernel.tables.ipset import IpSet
from netsim.kernel.tables.ipvs import IpvsState
from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class RuleSpec:
    """What a rule says. Masks are full-width ints (any bit pattern); an interface name ending in `+` is a prefix; empty means any.

    `fragment`: 1 for `-f`, 2 for `! -f`. `is_goto` tells `-g` from `-j` where the target names a chain.
    """

    src: int = 0
    src_mask: int = 0
    src_inverted: bool = False
    dst: int = 0
    dst_mask: int = 0
    dst_inverted: bool = False
    iniface: str = ""
    iniface_inverted: bool = False
    outiface: str = ""
    outiface_inverted: bool = False
    protocol: int = 0
    protocol_inverted: bool = False
    fragment: int = 0
    matches: tuple[Any, ...] = ()
    target: Any = None
    is_goto: bool = False


@attrs.define(eq=False)
class Rule:
    """A rule in a chain: what it says, and how many packets and bytes met it."""

    spec: RuleSpec
    packets: int = 0
    bytes: int = 0
    handle: int = 0


@attrs.define(eq=False)
class Chain:
    """A chain; built-in ones have a `policy` (a verdict) and its counters, user chains have None.

    The nf_tables build's built-in chains count at their end only once their policy has been set (`counted`).
    """

    name: str
    policy: int | None = None
    rules: list[Rule] = attrs.field(factory=list)
    packets: int = 0
    bytes: int = 0
    counted: bool = True
    hook: int = -1
    """The hook a built-in chain stands for."""
    handle: int = 0
    """Its number within the table, given when the kernel made it; 0 before."""
    index: Any = attrs.field(default=None, metadata={"state": "skip"})  # what `netfilter/index` made of the rules


@attrs.define(eq=False)
class Table:
    """A table: its chains by name, built-in ones first in the order of their hooks; `generation` counts changes.

    `hung` holds the hooks that packets really visit. The legacy build's tables hang in all of theirs from the start; the
    nf_tables build makes each base chain when it is first written to, and the others are only shown as if they were there.
    """

    name: str
    family: int
    build: str = "nf_tables"
    present: bool = False
    hung: set[int] = attrs.field(factory=set)
    entry: Any = None  # what hangs in the hooks
    netns: Any = None
    chains: dict[str, Chain] = attrs.field(factory=dict)
    hooks: dict[int, Chain] = attrs.field(factory=dict)
    generation: int = 0
    handles: int = 0  # the last one given to a chain or rule
    trackers: int = 0
    """Rules that need connection tracking, as of the generation `counted`."""
    counted: int = 0
    is_tracked: bool = False
    """Whether there were any when tracking was last started or stopped because of them."""

    def references(self, name: str) -> int:
        """How many rules jump or go to the chain."""
        return sum([1 for chain in self.chains.values() for rule in chain.rules if getattr(rule.spec.target, "chain", None) == name])


@attrs.define(eq=False)
class BridgeConf:
    """`net.bridge.bridge-nf-*` of one namespace, and whether the bridge's hooks hang (`struct brnf_net`)."""

    call_arptables: int = 1
    call_ip6tables: int = 1
    call_iptables: int = 1
    filter_pppoe_tagged: int = 0
    filter_vlan_tagged: int = 0
    pass_vlan_input_dev: int = 0
    hung: bool = False


@attrs.define(eq=False)
class NetfilterState:
    """All packet filtering state of one namespace."""

    tables: dict[tuple[int, str], Table] = attrs.field(factory=dict)  # (family, name), the nf_tables build's
    legacy: dict[tuple[int, str], Table] = attrs.field(factory=dict)  # the legacy build's, oldest first
    sets: dict[str, IpSet] = attrs.field(factory=dict)
    shared: dict[tuple[str, str], Any] = attrs.field(factory=dict)  # what rules have in common by name, as long as one does
    nft: dict[tuple[str, str], Any] = attrs.field(factory=dict)  # nftables' own tables by family and name, oldest first
    tracers: list[Any] = attrs.field(factory=list)  # who listens to what TRACE tells
    nft_handles: int = 0
    nft_users: dict[int, int] = attrs.field(factory=dict)  # family -> how many of their rules need connection tracking
    conntrack: ConntrackTable = attrs.field(factory=ConntrackTable)
    bridge: BridgeConf = attrs.field(factory=BridgeConf)
    ipvs_made: IpvsState | None = None
    nat_chains: dict[tuple[int, int], list[tuple[int, Callable[..., int]]]] = attrs.field(factory=dict)
    """(family, hook) -> (priority, chain): asked once for each new connection."""
    hung: dict[int, tuple[tuple[int, int, Callable[..., int]], ...]] = attrs.field(factory=dict)
    """family -> the hooks of tracking and translation that hang now: (hook, priority, function)."""
    generation: int = 0
    is_duplicating: bool = False
    """A copy of a packet is on its way: no copies of copies (`nf_skb_duplicated`)."""

    def clear(self) -> None:
        """The rules go, with the namespace they are of: tables and what hangs in the hooks for them know each other no more."""
        for table in (*self.tables.values(), *self.legacy.values()):
            table.entry = None

    @property
    def ipvs(self) -> IpvsState:
        """The namespace's virtual services, made when first asked for."""
        if self.ipvs_made is None:
            self.ipvs_made = IpvsState()
        return self.ipvs_made
