"""iptables and ip6tables: requests carried out on the namespace's tables."""

from __future__ import annotations

from netsim.commands.iptables.chain_commands import CHAIN_COMMANDS, zero
from netsim.commands.iptables.help import help_text
from netsim.commands.iptables.known_names import AsksWorld, KnownNames
from netsim.commands.iptables.listing import list_rules, print_rules
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.problem import OTHER, RESOURCE, VERSION, Problem, Unlocked
from netsim.commands.iptables.reading import DASHES, LEAD, lead_of, parsed, remembered
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.rules import CHANGES, look_for, no_such_rule, not_there, put_in
from netsim.commands.iptables.tool import Tool, named_tool, warning
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.conntrack.users import rules_changed
from netsim.kernel.tables.xtables import Chain, Table
from netsim.machine.call import DONE, Call, Result, at_once
from netsim.machine.user import user_of

LISTINGS, ONE_RULE = frozenset("LS"), frozenset("ADI")
"""Commands that only show, and those that are about one rule as a rule."""


def about_one_rule(netns: Netns, argv: tuple[str, ...]) -> Result | None:
    """The nf_tables build's answer to a right line that asks for one rule of a table that is there, puts it in or takes it out."""
    state, build = netns.netfilter, netns.kernel.profile.iptables
    tool, command, lead, rule = lead_of(argv[:LEAD], build)
    if not command or state is None or tool.build != ruleset.NF_TABLES:
        return None
    try:
        request = parsed(lead + argv[LEAD:], build) if argv[rule][:1] in DASHES else None
    except (IndexError, Problem, AsksWorld):
        return None
    table: Table | None = None if request is None else state.tables.get((tool.family, request.table))
    if request is None or table is None or len(request.specs) != 1 or request.warnings:
        return None
    try:
        if command == "C":
            found = look_for(table, request, command)
            return not_there(tool.name) if found is None else Result(found) if found else DONE
        try:
            printed = _one_rule(table, request, command)
        finally:
            if table.counted != table.generation or (table.trackers > 0) != table.is_tracked or state.shared:  # seldom, and a daemon asks often
                rules_changed(netns, table)
    except Problem as problem:
        return Result("", problem.text(tool), problem.kind)
    return Result(printed) if printed else DONE


@at_once(about_one_rule)
def iptables(call: Call) -> Result:
    """iptables, ip6tables and their spellings with -nft and -legacy (man iptables(8))."""
    argv, netns = call.argv, call.netns
    build = netns.kernel.profile.iptables
    known = remembered(argv, build)
    if known is not None:
        return _answer(call, netns, *known)
    tool = named_tool(argv[0], build)
    parser = Parser(argv[1:], tool, KnownNames(call.proc), ruleset.state_of(netns).sets)
    try:
        request = parser.parse()
    except Problem as problem:
        return Result("", parser.request.warnings + problem.text(tool), problem.kind)
    if "V" in request.flags:
        return Result(f"{tool.version}\n")
    if "h" in request.flags:
        return Result(help_text(tool, parser))
    return _answer(call, netns, tool, request, request.command)


def _answer(call: Call, netns: Netns, tool: Tool, request: Request, command: str) -> Result:
    """Carry out what was asked for."""
    known, warned = netns.netfilter, request.warnings
    table: Table | None = None if known is None or tool.build == ruleset.LEGACY else known.tables.get((tool.family, request.table))
    try:
        current = netns.kernel.current
        if current is not None and current.jail is not None:
            demand_admin(netns, tool, request.table)
        if table is None:
            table = table_for(netns, tool, request.table)
        if command == "C":
            found = look_for(table, request, command)
            if found is None:  # not raised: scripts and daemons ask this of every rule before they put it in
                return (
                    Result("", warned + no_such_rule(table, request).text(tool), OTHER)
                    if warned or tool.build == ruleset.LEGACY
                    else not_there(tool.name)
                )
            printed = found
        elif command in LISTINGS:
            warned = warning(netns, tool) + warned
            printed = listed(table, request, KnownNames(call.proc))
        else:
            try:
                printed = carry_out(table, request, command)
            finally:
                rules_changed(netns, table)
    except Problem as problem:
        return Result("", request.warnings + problem.text(tool), problem.kind)
    return Result(printed, warned) if printed or warned else DONE


def demand_admin(netns: Netns, tool: Tool, table: str) -> None:
    """Netfilter tells nobody anything who may not configure networks (`nfnetlink_rcv`, `do_ipt_get_ctl`)."""
    kernel = netns.kernel
    if kernel.is_admin():
        return
    if tool.build == ruleset.LEGACY:
        if user_of(kernel.current).uid:
            raise Unlocked("Fatal: can't open lock file /run/xtables.lock: Permission denied", RESOURCE)
        raise Problem(f"can't initialize {tool.program} table `{table}': Permission denied (you must be root)", VERSION)
    raise Problem("Could not fetch rule set generation id: Permission denied (you must be root)", RESOURCE)


def table_for(netns: Netns, tool: Tool, name: str) -> Table:
    """The table a command is about."""
    if name not in ruleset.TABLES:
        if tool.build == ruleset.LEGACY:
            raise Problem(f"can't initialize {tool.program} table `{name}': Table does not exist (do you need to insmod?)", VERSION)
        raise Problem(f"table '{name}' does not exist", VERSION)
    return ruleset.table_of(netns, tool.family, name, tool.build)


def listed(table: Table, request: Request, hosts: KnownNames) -> str:
    """What -L and -S print; with -Z they set the counters back."""
    text = list_rules(table, request, hosts) if request.command == "L" else print_rules(table, request)
    return text + zero(table, request) if "Z" in request.flags else text


def carry_out(table: Table, request: Request, command: str) -> str:
    """One changing request on one table; returns what it prints. Nothing is changed when it fails.

    What changes one chain or rule, or cannot fail, needs no draft; the legacy build's policies are told what they have counted after theirs forgot it.
    """
    if command in ONE_RULE and len(request.specs) == 1:
        text = _one_rule(table, request, command)
    elif len(request.specs) < 2 and (command != "X" or request.chain) and (command != "P" or table.build != ruleset.LEGACY):
        text = change(table, request, command)
    else:
        draft = ruleset.draft_of(table)
        text = change(draft, request, command)
        ruleset.commit(table, draft)
        return text
    if table.build == ruleset.LEGACY:
        ruleset.forget_policy_counters(table)
    return text


def change(table: Table, request: Request, command: str) -> str:
    """One changing request, on a table or a draft of it."""
    return CHANGES[command](table, request, command) if command in CHANGES else CHAIN_COMMANDS[command](table, request)


def _one_rule(table: Table, request: Request, command: str) -> str:
    """-A, -I and -D of one rule; one that is the first of a built-in chain hangs it."""
    chain = table.chains.get(request.chain)
    if chain is not None and chain.policy is not None and chain.hook not in table.hung and command != "D":
        return _put_in_first(table, chain, request, command)
    return CHANGES[command](table, request, command)


def _put_in_first(table: Table, chain: Chain, request: Request, command: str) -> str:
    """The first rule of a built-in chain; where it is refused, the chain does not hang either."""
    present, handles = table.present, table.handles
    try:
        return put_in(table, request, command)
    except Problem:
        ruleset.unhang(table, chain)
        table.present, table.handles = present, handles
        raise
