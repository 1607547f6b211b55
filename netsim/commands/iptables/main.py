"""iptables and ip6tables: requests carried out on the namespace's tables."""

from __future__ import annotations

from netsim.commands.iptables.parser import Parser, Request
from netsim.commands.iptables.problem import OTHER, RESOURCE, VERSION, BareProblem, Problem
from netsim.commands.iptables.show import Style, chain_header, ordered, policy_name, rule_line, save_rule
from netsim.errors import EBUSY, EEXIST, EINVAL, ENOENT, NetError, strerror
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.targets.reject import RESET, RejectTarget
from netsim.kernel.netfilter.targets.standard import Jump
from netsim.kernel.netfilter.verdict import ACCEPT, DROP
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table
from netsim.machine.call import Call, Result

BUILD = "nf_tables"
NO_CHAIN = "No chain/target/match by that name."
BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."
HOSTS = "/etc/hosts"
VERBS = {"A": "RULE_APPEND", "I": "RULE_INSERT", "R": "RULE_REPLACE"}


def iptables(call: Call) -> Result:
    """The iptables command (man iptables(8))."""
    return run(call, 2, "iptables")


def ip6tables(call: Call) -> Result:
    """The ip6tables command (man ip6tables(8))."""
    return run(call, 10, "ip6tables")


def run(call: Call, family: int, program: str) -> Result:
    """Parse and carry out one command line."""
    parser = Parser(call.argv[1:], family, call.proc.read_text(HOSTS))
    try:
        request = parser.parse()
        if "V" in request.flags:
            return Result(f"{program} v1.8.9 ({BUILD})\n")
        if request.table not in ruleset.TABLES:
            raise Problem(f"table '{request.table}' does not exist", VERSION)
        table = ruleset.table_of(call.netns, family, request.table)
        return Result(_carry_out(table, request), request.warnings)
    except Problem as problem:
        if problem.kind < 0:
            return Result("", f"Try `{program} -h' or '{program} --help' for more information.\n", 2)
        return Result("", parser.request.warnings + problem.text(program, BUILD), problem.kind)


def _carry_out(table: Table, request: Request) -> str:
    command = request.command
    if command in "ADIRC":
        _change_rules(table, request)
        return ""
    if command in "LS":
        text = _list(table, request) if command == "L" else _save(table, request)
        if "Z" in request.flags:
            _zero(table, request)
        return text
    _CHAIN_COMMANDS[command](table, request)
    return ""


def _chain(table: Table, name: str) -> Chain:
    chain = table.chains.get(name)
    if chain is None:
        raise BareProblem(NO_CHAIN, OTHER)
    return chain


# rules ---------------------------------------------------------------------------------------------------------------


def _change_rules(table: Table, request: Request) -> None:
    for spec in request.specs:
        if isinstance(spec.target, Jump) and (spec.target.chain not in table.chains or table.chains[spec.target.chain].policy is not None):
            raise Problem(f"Chain '{spec.target.chain}' does not exist")
    chain = _chain(table, request.chain)
    if request.command == "D" and "ranked" in request.flags:
        if request.position > len(chain.rules):
            raise BareProblem(NO_CHAIN, OTHER)
        del chain.rules[request.position - 1]
        table.generation += 1
        return
    place = _place(chain, request)
    for number, spec in enumerate(request.specs):
        if request.command in "DC":
            found = next((rule for rule in chain.rules if rule.spec == spec), None)
            if found is None:
                raise BareProblem(BAD_RULE, OTHER)
            if request.command == "D":
                chain.rules.remove(found)
                table.generation += 1
            continue
        _check_valid(table, chain, spec, request)
        try:
            rule = ruleset.insert_rule(table, chain, place + number, spec)
        except NetError as error:
            raise _transaction(VERBS[request.command], error, f"rule in chain {chain.name}") from None
        rule.packets, rule.bytes = request.counters
        if request.command == "R":
            del chain.rules[place + 1]


def _place(chain: Chain, request: Request) -> int:
    """Where the first new rule goes, counted from 0."""
    if request.command == "I":
        position = request.position or 1
        if position > len(chain.rules) + 1:
            raise BareProblem("Index of insertion too big.", OTHER)
        return position - 1
    if request.command == "R":
        if request.position > len(chain.rules):
            raise BareProblem("Index of replacement too big.", OTHER)
        return request.position - 1
    return len(chain.rules)


def _check_valid(table: Table, chain: Chain, spec: RuleSpec, request: Request) -> None:
    """What the kernel's targets refuse when a rule is loaded (`xt_check_target`)."""
    target = spec.target
    wrong = isinstance(target, RejectTarget) and (table.name != "filter" or (target.kind == RESET and (spec.protocol != 6 or spec.protocol_inverted)))
    if wrong or not _right_table(table, target):
        raise _transaction(VERBS[request.command], NetError(EINVAL), f"rule in chain {chain.name}")


def _right_table(table: Table, target: object) -> bool:
    from netsim.commands.iptables.extensions import TARGETS

    for extension in TARGETS.values():
        if isinstance(target, extension.makes) and extension.tables and table.name not in extension.tables:
            return False
    return True


def _transaction(verb: str, error: NetError, what: str) -> Problem:
    return Problem(f" {verb} failed ({strerror(error.errno)}): {what}", RESOURCE)


# chains --------------------------------------------------------------------------------------------------------------


def _flush(table: Table, request: Request) -> None:
    chains = [_chain(table, request.chain)] if request.chain else list(table.chains.values())
    for chain in chains:
        chain.rules.clear()
    table.generation += 1


def _zero(table: Table, request: Request) -> None:
    chains = [_chain(table, request.chain)] if request.chain else list(table.chains.values())
    if "ranked" in request.flags and request.command == "Z":
        if request.position > len(chains[0].rules):
            raise BareProblem(BAD_RULE, OTHER)
        rule = chains[0].rules[request.position - 1]
        rule.packets = rule.bytes = 0
        return
    for chain in chains:
        chain.packets = chain.bytes = 0
        for rule in chain.rules:
            rule.packets = rule.bytes = 0


def _new(table: Table, request: Request) -> None:
    try:
        ruleset.new_chain(table, request.chain)
    except NetError:
        raise BareProblem("Chain already exists.", OTHER) from None


def _delete(table: Table, request: Request) -> None:
    if request.chain:
        names = [_chain(table, request.chain).name]
    else:
        names = [chain.name for chain in table.chains.values() if chain.policy is None]
    busy = next((name for name in names if _busy(table, name)), None)
    if busy is not None:
        raise _transaction("CHAIN_DEL", NetError(EBUSY), f"chain {busy}")
    for name in names:
        del table.chains[name]
    table.generation += 1


def _busy(table: Table, name: str) -> bool:
    chain = table.chains[name]
    if chain.policy is not None or chain.rules:
        return True
    return table.references(name) > 0


def _rename(table: Table, request: Request) -> None:
    chain = table.chains.get(request.chain)
    if chain is None or chain.policy is not None:
        raise BareProblem(NO_CHAIN, OTHER)
    try:
        ruleset.rename_chain(table, request.chain, request.new_name)
    except NetError as error:
        raise BareProblem(f"{strerror(error.errno)}." if error.errno == EEXIST else NO_CHAIN, OTHER) from None


def _policy(table: Table, request: Request) -> None:
    if request.policy not in ("ACCEPT", "DROP"):
        raise BareProblem("Bad policy name. Run `dmesg' for more information.", OTHER)
    if table.name == "nat" and request.policy == "DROP":
        raise Problem('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n')
    try:
        ruleset.set_policy(table, request.chain, ACCEPT if request.policy == "ACCEPT" else DROP)
    except NetError as error:
        assert error.errno in (ENOENT, EINVAL)
        raise BareProblem("Bad built-in chain name.", OTHER) from None


_CHAIN_COMMANDS = {"F": _flush, "Z": _zero, "N": _new, "X": _delete, "E": _rename, "P": _policy}


# listings ------------------------------------------------------------------------------------------------------------


def _shown(table: Table, request: Request) -> list[Chain]:
    if not request.chain:
        return ordered(table)
    if request.chain not in table.chains:
        raise Problem(f"chain `{request.chain}' in table `{table.name}' is incompatible, use 'nft' tool.\n".rstrip("\n"), OTHER)
    return [table.chains[request.chain]]


def _list(table: Table, request: Request) -> str:
    flags = request.flags
    style = Style("n" in flags, "v" in flags, "x" in flags, "0" in flags)
    chains = _shown(table, request)
    if "ranked" in flags:
        rules = chains[0].rules
        return rule_line(rules[request.position - 1], request.position, table.family, style) if request.position <= len(rules) else ""
    blocks = []
    for chain in chains:
        lines = [rule_line(rule, number, table.family, style) for number, rule in enumerate(chain.rules, 1)]
        blocks.append(chain_header(table, chain, style) + "".join(lines))
    return "\n".join(blocks)


def _save(table: Table, request: Request) -> str:
    verbose = "v" in request.flags
    chains = _shown(table, request)
    lines: list[str] = []
    if "ranked" in request.flags:
        rules = chains[0].rules[request.position - 1 : request.position]
        return "".join(f"{save_rule(rule, chains[0], table.family, _counters(rule) if verbose else '')}\n" for rule in rules)
    for chain in chains:
        if chain.policy is None:
            lines.append(f"-N {chain.name}")
        else:
            lines.append(f"-P {chain.name} {policy_name(chain)}" + (f" {_counters(chain)}" if verbose else ""))
    for chain in chains:
        lines += [save_rule(rule, chain, table.family, _counters(rule) if verbose else "") for rule in chain.rules]
    return "".join(f"{line}\n" for line in lines)


def _counters(counted: Rule | Chain) -> str:
    return f"-c {counted.packets} {counted.bytes}"
