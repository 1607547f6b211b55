"""Who needs connection tracking: without a rule that does, a namespace's packets are not tracked (`nf_ct_netns_get`, `nf_ct_netns_put`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import LOCAL_IN, LOCAL_OUT, PF_INET, PF_INET6, POST_ROUTING, PRE_ROUTING, register_hooks, unregister_hook
from netsim.kernel.netfilter import br_netfilter
from netsim.kernel.netfilter.conntrack.core import nf_confirm, nf_conntrack_in
from netsim.kernel.netfilter.conntrack.defrag import ipv4_conntrack_defrag, ipv6_defrag
from netsim.kernel.netfilter.nat.hooks import nat, nat_local_in, nat_local_out, nat_pre_routing
from netsim.kernel.tables.conntrack import ConntrackTable
from netsim.kernel.tables.settings import having
from netsim.kernel.tables.xtables import NetfilterState, RuleSpec, Table

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

CONNTRACK_DEFRAG, CONNTRACK, NAT_DST, NAT_SRC, LAST = -400, -200, -100, 100, 0x7FFFFFFF
DEFRAG_HOOKS = {
    PF_INET: ((PRE_ROUTING, CONNTRACK_DEFRAG, ipv4_conntrack_defrag), (LOCAL_OUT, CONNTRACK_DEFRAG, ipv4_conntrack_defrag)),
    PF_INET6: ((PRE_ROUTING, CONNTRACK_DEFRAG, ipv6_defrag), (LOCAL_OUT, CONNTRACK_DEFRAG, ipv6_defrag)),
}
TRACKING_HOOKS = (
    (PRE_ROUTING, CONNTRACK, nf_conntrack_in),
    (LOCAL_OUT, CONNTRACK, nf_conntrack_in),
    (LOCAL_IN, LAST, nf_confirm),
    (POST_ROUTING, LAST, nf_confirm),
)
NAT_HOOKS = (
    (PRE_ROUTING, NAT_DST, nat_pre_routing),
    (LOCAL_IN, NAT_SRC, nat_local_in),
    (LOCAL_OUT, NAT_DST, nat_local_out),
    (POST_ROUTING, NAT_SRC, nat),
)
"""Translation hangs here once a nat chain exists; it only sees tracked packets, so it sleeps while tracking does."""
HOOKS = {family: TRACKING_HOOKS + DEFRAG_HOOKS[family] for family in DEFRAG_HOOKS}
WITH_NAT = {family: HOOKS[family] + NAT_HOOKS for family in DEFRAG_HOOKS}


ACCOUNTS = 1 << 20
"""What a rule weighs that needs connections to be counted as well as tracked, so that any such shows in a table's sum."""


def needs_tracking(spec: RuleSpec) -> int:
    """Whether a rule makes its namespace track connections, and (`ACCOUNTS`) count what they carry."""
    if getattr(spec.target, "needs_tracking", False):
        return 1
    for match in spec.matches:
        needs: int = getattr(match, "needs_tracking", 0)
        if needs:
            return needs
    return 0


def aged(table: Table) -> None:
    """A table grew older by a change that left its rules alone."""
    if table.counted == table.generation:
        table.counted += 1
    table.generation += 1


def rules_changed(netns: Netns, table: Table) -> None:
    """A command is done with a table: whoever changes rules calls this last, or packets go untracked."""
    if netns.netfilter.shared:
        forget_unshared(netns)
    if table.counted != table.generation:
        table.trackers = sum(needs_tracking(rule.spec) for chain in table.chains.values() for rule in chain.rules)
        table.counted = table.generation
    if table.trackers >= ACCOUNTS:
        known: ConntrackTable = netns.netfilter.conntrack
        known.conf = having(known.conf, acct=1)  # `nf_ct_set_acct`
    if bool(table.trackers) != table.is_tracked:
        table.is_tracked = not table.is_tracked
        settle(netns, table.family)


def forget_unshared(netns: Netns) -> None:
    """What rules had in common by name goes with the last of them (`recent_mt_destroy`, `htable_put`)."""
    shared: dict[tuple[str, str], Any] = netns.netfilter.shared
    used = shared_names(netns)
    for name in [name for name in shared if name not in used]:
        del shared[name]


def shared_names(netns: Netns) -> dict[tuple[str, str], Any]:
    """By kind and name: what rules have in common, with the first that says so."""
    state: NetfilterState = netns.netfilter
    found: dict[tuple[str, str], Any] = {}
    for table in (*state.tables.values(), *state.legacy.values()):
        for chain in table.chains.values():
            for rule in chain.rules:
                for match in rule.spec.matches:
                    name = getattr(match, "shares", None)
                    if name is not None:
                        found.setdefault(name, match)
    return found


def settle(netns: Netns, family: int) -> None:
    """Start or stop tracking a family as the rules need it now."""
    state: NetfilterState = netns.netfilter
    hung = state.hung.get(family, ())
    hooks: tuple[Any, ...] = ()
    if state.conntrack.users.get(family) or _is_tracked(state.tables, family) or _is_tracked(state.legacy, family):
        hooks = HOOKS[family]
        for known, _ in state.nat_chains:
            if known == family:
                hooks = WITH_NAT[family]
                break
    if hooks == hung:
        return
    for hook, _, function in hung:
        unregister_hook(netns, family, hook, function)
    if hooks:
        register_hooks(netns, family, hooks)
    if hooks and not hung:
        _resynchronize(state.conntrack)
    state.hung[family] = hooks
    br_netfilter.settle(netns)
    if netns.kernel.init_net.netfilter is None:
        netns.kernel.init_net.netfilter = NetfilterState()


def _is_tracked(tables: dict[tuple[int, str], Table], family: int) -> bool:
    """Whether a rule of one build's tables needs tracking."""
    return any(table.trackers and table.family == family for table in tables.values())


def _resynchronize(table: ConntrackTable) -> None:
    """Segments went by unseen: windows are learnt anew (`nf_ct_tcp_fixup`)."""
    for connection, _ in table.entries.values():
        if connection.tcp is not None:
            for side in connection.tcp.sides:
                side.max_window = 0
