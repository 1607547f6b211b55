"""-A -I -R -D -C: rules into and out of chains."""

from __future__ import annotations

from netsim.commands.iptables.chain_commands import NO_CHAIN, chain_for, kernel_refusal
from netsim.commands.iptables.extension import Place
from netsim.commands.iptables.extensions import of_value
from netsim.commands.iptables.problem import OTHER, BareProblem, Problem
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.show import verbose_line
from netsim.errors import EINVAL, NetError
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table

BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
VERBS = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE"}


def change_rules(table: Table, request: Request) -> str:
    """Carry out one of -A -I -R -D -C; returns what -v prints."""
    command, chain = request.command, table.chains.get(request.chain)
    if chain is not None and command in "AI":
        ruleset.hang(table, chain)
    for spec in request.specs:
        if isinstance(spec.target, Jump):
            _check_lead(table, spec, spec.target.chain)
    if command in "DC":
        return _delete_ranked(table, request) if "ranked" in request.flags else _delete_or_check(table, chain, request)
    if chain is None:
        raise BareProblem(NO_CHAIN, OTHER)
    return _put_in(table, chain, request)


def _put_in(table: Table, chain: Chain, request: Request) -> str:
    place = len(chain.rules) if request.command == "A" else _place(table, chain, request)
    printed = ""
    for spec in request.specs:
        if "v" in request.flags:
            printed += verbose_line(spec, table.family)
        if not _is_valid(table, spec, chain.name):
            raise kernel_refusal(table, VERBS[request.command], NetError(EINVAL), f"rule in chain {chain.name}")
        try:
            rule = ruleset.insert_rule(table, chain, place, spec)
        except NetError as error:
            raise kernel_refusal(table, VERBS[request.command], error, f"rule in chain {chain.name}") from None
        rule.packets, rule.bytes = request.counters
        place += 1
        if request.command == "R":
            ruleset.delete_rule(table, chain, chain.rules[place])
    return printed


def _check_lead(table: Table, spec: RuleSpec, name: str) -> None:
    """A jump to nowhere."""
    known = table.chains.get(name)
    if known is not None and (known.policy is None or table.build == LEGACY or ruleset.is_hung(table, known)):
        return
    if table.build != LEGACY:
        raise Problem(f"Chain '{name}' does not exist")
    if spec.is_goto:
        raise Problem(f"goto '{name}' is not a chain")
    raise Problem(f"Couldn't load target `{name}':No such file or directory\n")


def _delete_ranked(table: Table, request: Request) -> str:
    chain = chain_for(table, request.chain)
    if request.position > len(chain.rules):
        raise BareProblem("Index of deletion too big.", OTHER)
    ruleset.delete_rule(table, chain, chain.rules[request.position - 1])
    return ""


def _delete_or_check(table: Table, chain: Chain | None, request: Request) -> str:
    printed = ""
    for spec in request.specs:
        line = verbose_line(spec, table.family) if "v" in request.flags else ""
        found = None if chain is None else _known(chain, spec)
        if found is None or chain is None:
            unknown = table.build == LEGACY and chain is not None and isinstance(spec.target, Jump)
            raise BareProblem(NO_CHAIN if unknown else BAD_RULE, OTHER)
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


def _is_valid(table: Table, spec: RuleSpec, chain: str) -> bool:
    """What each extension asks when a rule is loaded (`xt_check_target`); the nf_tables build also refuses to exclude everything."""
    target = spec.target
    for value in spec.matches if target is None or isinstance(target, (Verdict, Jump)) else (*spec.matches, target):
        extension = of_value(value, table.family)
        if extension.tables and table.name not in extension.tables:
            return False
        if extension.valid is not None and not extension.valid(value, spec, Place(chain, table.build)):
            return False
    if table.build == LEGACY:
        return True
    return not ((spec.src_inverted and not spec.src_mask) or (spec.dst_inverted and not spec.dst_mask))
