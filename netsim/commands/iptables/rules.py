"""-A -I -R -D -C: rules into and out of chains."""

from __future__ import annotations

from netsim.commands.iptables.chain_commands import chain_for, kernel_refusal, named_chain
from netsim.commands.iptables.extension import Place
from netsim.commands.iptables.extensions import of_value
from netsim.commands.iptables.parser import Request
from netsim.commands.iptables.problem import OTHER, BareProblem, Problem
from netsim.commands.iptables.show import verbose_line
from netsim.errors import EINVAL, NetError
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table

BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
NO_CHAIN = "No chain/target/match by that name."
VERBS = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE"}


def change_rules(table: Table, request: Request) -> str:
    """Carry out one of -A -I -R -D -C; returns what -v prints."""
    if request.command in "AI" and request.chain in table.chains:
        ruleset.hang(table, table.chains[request.chain])
    for spec in request.specs:
        _check_lead(table, spec)
    if request.command in "DC":
        return _delete_ranked(table, request) if "ranked" in request.flags else _delete_or_check(table, request)
    chain = named_chain(table, request.chain)
    printed = ""
    place = _place(table, chain, request)
    for number, spec in enumerate(request.specs):
        printed += _printed(spec, table, request)
        _check_valid(table, chain, spec, request)
        try:
            rule = ruleset.insert_rule(table, chain, place + number, spec)
        except NetError as error:
            raise kernel_refusal(table, VERBS[request.command], error, f"rule in chain {chain.name}") from None
        rule.packets, rule.bytes = request.counters
        if request.command == "R":
            ruleset.delete_rule(table, chain, chain.rules[place + 1])
    return printed


def _printed(spec: RuleSpec, table: Table, request: Request) -> str:
    return verbose_line(spec, table.family) if "v" in request.flags else ""


def _check_lead(table: Table, spec: RuleSpec) -> None:
    """A jump to nowhere."""
    target = spec.target
    if not isinstance(target, Jump):
        return
    known = table.chains.get(target.chain)
    if known is not None and (table.build == LEGACY or ruleset.is_hung(table, known)):
        return
    if table.build != LEGACY:
        raise Problem(f"Chain '{target.chain}' does not exist")
    if spec.is_goto:
        raise Problem(f"goto '{target.chain}' is not a chain")
    raise Problem(f"Couldn't load target `{target.chain}':No such file or directory\n")


def _delete_ranked(table: Table, request: Request) -> str:
    chain = chain_for(table, request.chain)
    if request.position > len(chain.rules):
        raise BareProblem("Index of deletion too big.", OTHER)
    ruleset.delete_rule(table, chain, chain.rules[request.position - 1])
    return ""


def _delete_or_check(table: Table, request: Request) -> str:
    chain = table.chains.get(request.chain)
    printed = ""
    for spec in request.specs:
        line = _printed(spec, table, request)
        found = None if chain is None else _known(chain, spec)
        if found is None or chain is None:
            unknown = table.build == LEGACY and (chain is None or isinstance(spec.target, Jump))
            raise BareProblem(NO_CHAIN if unknown and chain is not None else BAD_RULE, OTHER)
        printed += line
        if request.command == "D":
            ruleset.delete_rule(table, chain, found)
    return printed


def _known(chain: Chain, spec: RuleSpec) -> Rule | None:
    """The first rule that says this."""
    for rule in chain.rules:
        if rule.spec is spec or rule.spec == spec:
            return rule
    return None


def _place(table: Table, chain: Chain, request: Request) -> int:
    """Where the first new rule goes, counted from 0."""
    if request.command == "I":
        position = request.position or 1
        if position > len(chain.rules) + 1:
            raise BareProblem("Index of insertion too big.", OTHER)
        return position - 1
    if request.command == "R":
        chain_for(table, chain.name)
        if request.position > len(chain.rules):
            raise BareProblem("Index of replacement too big.", OTHER)
        return request.position - 1
    return len(chain.rules)


def _check_valid(table: Table, chain: Chain, spec: RuleSpec, request: Request) -> None:
    """What the kernel's matches and targets refuse when a rule is loaded (`xt_check_target`)."""
    if not _is_valid(table, spec, chain.name):
        raise kernel_refusal(table, VERBS[request.command], NetError(EINVAL), f"rule in chain {chain.name}")


def _is_valid(table: Table, spec: RuleSpec, chain: str) -> bool:
    """Each extension's own conditions; the nf_tables build also refuses to exclude everything."""
    for value in (*spec.matches, spec.target):
        extension = None if value is None or isinstance(value, (Verdict, Jump)) else of_value(value, table.family)
        if extension is None:
            continue
        if extension.tables and table.name not in extension.tables:
            return False
        if extension.valid is not None and not extension.valid(value, spec, Place(chain, table.build)):
            return False
    if table.build == LEGACY:
        return True
    return not ((spec.src_inverted and not spec.src_mask) or (spec.dst_inverted and not spec.dst_mask))
