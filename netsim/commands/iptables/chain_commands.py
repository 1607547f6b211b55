"""-F -Z -N -X -E -P: chains as a whole, in the words of either build."""

from __future__ import annotations

from operator import attrgetter

from netsim.commands.iptables.problem import OTHER, RESOURCE, BareProblem, LateProblem, Problem, Refused, TableRefused
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.show import ordered
from netsim.errors import EBUSY, EEXIST, NetError, strerror
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.conntrack.users import aged
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.verdict import ACCEPT, DROP
from netsim.kernel.tables.xtables import Chain, Table

NO_CHAIN = "No chain/target/match by that name."
INVALID = "Invalid argument. Run `dmesg' for more information."


def named_chain(table: Table, name: str) -> Chain:
    """A chain to be written to."""
    chain = table.chains.get(name)
    if chain is None:
        raise BareProblem(NO_CHAIN, OTHER)
    return chain


def chain_for(table: Table, name: str) -> Chain:
    """A chain that must be there already."""
    chain = named_chain(table, name)
    if not ruleset.is_hung(table, chain):
        raise BareProblem(NO_CHAIN, OTHER)
    return chain


def kernel_refusal(table: Table, verb: str, error: NetError, what: str) -> Problem:
    """The kernel did not take a change."""
    if table.build == LEGACY:
        text = f"{strerror(error.errno)}." + (" Run `dmesg' for more information." if strerror(error.errno) == "Invalid argument" else "")
        return LateProblem(text, OTHER)
    reason = strerror(error.errno)
    text = f" {verb} failed ({reason}): {what}"
    return TableRefused(text, RESOURCE, reason) if isinstance(error, ruleset.InvalidTable) else Refused(text, RESOURCE)


def flush(table: Table, request: Request) -> str:
    """-F: the rules of one chain or of all."""
    chains = [named_chain(table, request.chain)] if request.chain else ordered(table)
    if request.chain:
        ruleset.hang(table, chains[0])
    for chain in chains:
        chain.rules = []
    table.generation += 1
    return _told("Flushing", chains, request)


def _told(verb: str, chains: list[Chain], request: Request) -> str:
    return "".join(f"{verb} chain `{chain.name}'\n" for chain in chains) if "v" in request.flags else ""


def zero(table: Table, request: Request) -> str:
    """-Z: the counters of one rule, one chain or all."""
    chains = [chain_for(table, request.chain)] if request.chain else ordered(table)
    if request.command == "Z" and not request.chain:  # a listing has made all of them up by now
        chains = [chain for chain in chains if ruleset.is_hung(table, chain)]
    if "ranked" in request.flags and request.command == "Z":
        if request.position > len(chains[0].rules):
            if table.build == LEGACY:
                raise BareProblem("Index of counter too big.", OTHER)
            return ""
        rule = chains[0].rules[request.position - 1]
        rule.packets = rule.bytes = 0
        return ""
    for chain in chains:
        chain.packets = chain.bytes = 0
        for rule in chain.rules:
            rule.packets = rule.bytes = 0
    return _told("Zeroing", chains, request)


def new(table: Table, request: Request) -> str:
    """-N."""
    try:
        ruleset.new_chain(table, request.chain)
    except NetError:
        raise BareProblem("Chain already exists.", OTHER) from None
    return ""


def delete(table: Table, request: Request) -> str:
    """-X: one chain, or all user chains (and the nf_tables build's built-in ones that nothing needs)."""
    if request.chain:
        chains = [named_chain(table, request.chain)]
    else:
        inside = ordered(table) if table.build == LEGACY else list(table.chains.values())
        chains = [chain for chain in inside if chain.policy is None or _is_idle(table, chain)]
    if table.build == LEGACY:
        _delete_legacy(table, chains, request)
    else:
        _delete_nft(table, chains, request)
    aged(table)
    told = [chain for chain in chains if request.chain or chain.policy is None]
    return _told("Deleting", sorted(told, key=attrgetter("name")), request)


def _is_idle(table: Table, chain: Chain) -> bool:
    return table.build != LEGACY and ruleset.is_hung(table, chain) and not chain.rules and chain.policy == ACCEPT


def _delete_nft(table: Table, chains: list[Chain], request: Request) -> None:
    for chain in chains:
        if not ruleset.is_hung(table, chain):
            raise BareProblem(NO_CHAIN, OTHER)
        if chain.rules or table.references(chain.name):
            raise Refused(f" CHAIN_DEL failed ({strerror(EBUSY)}): chain {chain.name}", RESOURCE)
        if chain.policy not in (None, ACCEPT):
            raise BareProblem("Directory not empty.", OTHER)
    for chain in chains:
        if chain.policy is None:
            del table.chains[chain.name]
        else:
            ruleset.unhang(table, chain)


def _delete_legacy(table: Table, chains: list[Chain], request: Request) -> None:
    """Each in turn, going on after a failure and telling of the last one; nothing is handed to the kernel then."""
    failure = ""
    for chain in chains:
        if chain.policy is not None:
            failure = INVALID
        elif table.references(chain.name):
            failure = "Too many links."
        elif chain.rules:
            failure = "Directory not empty."
        else:
            del table.chains[chain.name]
    if failure:
        raise BareProblem(failure, OTHER)


def rename(table: Table, request: Request) -> str:
    """-E."""
    chain = table.chains.get(request.chain)
    if request.new_name in table.chains:
        raise BareProblem(f"{strerror(EEXIST)}.", OTHER)
    if chain is None or chain.policy is not None:
        raise BareProblem(NO_CHAIN, OTHER)
    try:
        ruleset.rename_chain(table, request.chain, request.new_name)
    except NetError as error:
        raise BareProblem(f"{strerror(error.errno)}." if error.errno == EEXIST else NO_CHAIN, OTHER) from None
    return ""


def policy(table: Table, request: Request) -> str:
    """-P."""
    chain = table.chains.get(request.chain)
    if request.policy not in ("ACCEPT", "DROP"):
        raise BareProblem("Bad policy name. Run `dmesg' for more information.", OTHER)
    if table.name == "nat" and request.policy == "DROP":
        raise Problem('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n')
    if chain is None or chain.policy is None:
        raise BareProblem("Bad built-in chain name.", OTHER)
    ruleset.set_policy(table, request.chain, ACCEPT if request.policy == "ACCEPT" else DROP)
    if request.has_counters and table.build == LEGACY:  # the nf_tables build does not hand them on
        chain.packets, chain.bytes = request.counters
    return ""


CHAIN_COMMANDS = {"F": flush, "Z": zero, "N": new, "X": delete, "E": rename, "P": policy}
