"""Packet filters: sets, the tables of both builds of iptables, nftables' own."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.commands.ipset.listing import header, members
from netsim.commands.iptables.show import ordered, policy_name, save_rule
from netsim.commands.nft.listing import Look, table_text
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.ruleset import LEGACY, NF_TABLES, saved_tables, state_of
from netsim.kernel.tables.ipset import IpSet, lists_last
from netsim.kernel.tables.xtables import Table
from netsim.replay.operations import Load, Operation
from netsim.replay.sites import Sites

PROGRAMS = {PF_INET: "iptables", PF_INET6: "ip6tables"}


def filters(sites: Sites) -> Iterator[Operation]:
    """Sets first, as rules refer to them."""
    for site, netns in sites.with_netns():
        if netns.netfilter is None:
            continue
        sets = "".join(_set(known, netns.kernel.clock.now) for known in lists_last(state_of(netns).sets))
        if sets:
            yield Load(site.name, ("ipset", "restore"), sets)
        for family in (PF_INET, PF_INET6):
            for build in (LEGACY, NF_TABLES):
                yield from _tables(site.name, netns, family, build)
        own = "".join(table_text(table, Look(stateless=True)) for table in state_of(netns).nft.values())
        if own:
            yield Load(site.name, ("nft", "-f", "-"), own)


def _tables(site: str, netns: Netns, family: int, build: str) -> Iterator[Operation]:
    tables = [table for table in saved_tables(netns, family, build) if not is_bare(table)]
    if tables:
        suffix = "" if build == netns.kernel.profile.iptables else "-legacy" if build == LEGACY else "-nft"
        yield Load(site, (f"{PROGRAMS[family]}{suffix}-restore",), "".join(map(restore_text, tables)))


def is_bare(table: Table) -> bool:
    """Whether a table does nothing: as it is after it was looked at."""
    return all(not chain.rules and chain.policy is not None and policy_name(chain) == "ACCEPT" for chain in table.chains.values())


def restore_text(table: Table) -> str:
    """A table as `-restore` reads it, without counters and dates."""
    chains = ordered(table)
    lines = [f"*{table.name}"]
    lines += [f":{chain.name} {'-' if chain.policy is None else policy_name(chain)} [0:0]" for chain in chains]
    lines += [save_rule(rule, chain, table.family) for chain in chains for rule in chain.rules]
    return "\n".join([*lines, "COMMIT", ""])


def _set(known: IpSet, now: int) -> str:
    """A set as `ipset restore` reads it, without counters; times that are left are cut to whole seconds."""
    known.expire(now)
    lines = [f"create {known.name} {known.kind} {header(known, saved=False)}"]
    return "\n".join([*lines, *(f"add {known.name} {line}" for line in members(known, now, counted=False)), ""])
