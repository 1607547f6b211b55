"""-A -I -R -D -C: rules into and out of chains."""

from __future__ import annotations

from functools import lru_cache

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
from netsim.kernel.tables.xtables import Chain, RuleSpec, Table
from netsim.machine.call import Result

BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
PLAIN = (Verdict, Jump)
"""Targets that are no extension's."""
VERBS = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE"}


def put_in(table: Table, request: Request, command: str) -> str:
    """-A, -I and -R; returns what -v prints."""
    chain, specs, printed = table.chains.get(request.chain), request.specs, ""
    if chain is not None and chain.policy is not None and chain.hook not in table.hung and command != "R":
        ruleset.hang(table, chain)
    if isinstance(specs[0].target, Jump):
        _check_lead(table, specs[0], specs[0].target.chain)
    if chain is None:
        raise BareProblem(NO_CHAIN, OTHER)
    place = len(chain.rules) if command == "A" else _place(table, chain, request) if request.position else 0
    for spec in specs:
        if request.flags and "v" in request.flags:
            printed += verbose_line(spec, table.family)
        if not request.is_vetted and not is_valid(table, spec, chain.name):
            raise kernel_refusal(table, VERBS[command], NetError(EINVAL), f"rule in chain {chain.name}")
        try:
            rule = ruleset.insert_rule(table, chain, place, spec)
        except NetError as error:
            raise kernel_refusal(table, VERBS[command], error, f"rule in chain {chain.name}") from None
        if request.has_counters:
            rule.packets, rule.bytes = request.counters
        place += 1
        if command == "R":
            ruleset.delete_rule(table, chain, chain.rules[place])
    return printed


def take_out(table: Table, request: Request, command: str) -> str:
    """-D; returns what -v prints."""
    printed = look_for(table, request, command)
    if printed is None:
        raise no_such_rule(table, request)
    return printed


def no_such_rule(table: Table, request: Request) -> Problem:
    """What -C and -D say then."""
    is_jump = table.build == LEGACY and request.chain in table.chains and isinstance(request.specs[0].target, Jump)
    return BareProblem(NO_CHAIN if is_jump else BAD_RULE, OTHER)


@lru_cache(maxsize=64)
def not_there(name: str) -> Result:
    """The nf_tables build's answer to -C by a tool of this name where there is no such rule."""
    return Result("", f"{name}: {BAD_RULE}\n", OTHER)


def look_for(table: Table, request: Request, command: str) -> str | None:
    """-C, and -D which takes out what it finds; returns what -v prints, None where there is no such rule."""
    chain, specs, printed = table.chains.get(request.chain), request.specs, ""
    if isinstance(specs[0].target, Jump):
        _check_lead(table, specs[0], specs[0].target.chain)
    if request.position:
        return _delete_ranked(table, request)
    for spec in specs:
        iniface = spec.iniface  # rules differ in their interfaces more often than in addresses
        for rule in () if chain is None else chain.rules:
            known = rule.spec
            if known is spec or (known.iniface == iniface and known.outiface == spec.outiface and known == spec):
                break
        else:
            return None
        if request.flags and "v" in request.flags:
            printed += verbose_line(spec, table.family)
        if command == "D" and chain is not None:
            ruleset.delete_rule(table, chain, rule)
    return printed


CHANGES = {**dict.fromkeys("AIR", put_in), "D": take_out}


def _check_lead(table: Table, spec: RuleSpec, name: str) -> None:
    """A jump to nowhere; all rules of one request lead to the same place."""
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


def _place(table: Table, chain: Chain, request: Request) -> int:
    """Where a rule goes that was given a number, counted from 0."""
    if request.command == "I":
        if request.position > len(chain.rules) + 1:
            raise BareProblem("Index of insertion too big.", OTHER)
    else:
        chain_for(table, chain.name)
        if request.position > len(chain.rules):
            raise BareProblem("Index of replacement too big.", OTHER)
    return request.position - 1


def is_valid(table: Table, spec: RuleSpec, chain: str) -> bool:
    """What each extension asks when a rule is loaded (`xt_check_target`); the nf_tables build also refuses to exclude everything."""
    matches, target = spec.matches, spec.target
    if target is not None and not isinstance(target, PLAIN):
        matches = (*matches, target)
    for value in matches:
        extension = of_value(value, table.family)
        if extension.tables and table.name not in extension.tables:
            return False
        if extension.valid is not None and not extension.valid(value, spec, Place(chain, table.build)):
            return False
    if (spec.src_inverted and not spec.src_mask) or (spec.dst_inverted and not spec.dst_mask):
        return table.build == LEGACY
    return True
