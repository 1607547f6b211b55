"""The tables of iptables' nf_tables build as nft shows them."""

from __future__ import annotations

from typing import Any

from netsim.commands.iptables.extensions import of_value
from netsim.commands.iptables.words import address_text, mask_suffix, protocol_name
from netsim.commands.nft.listing import HOOKS, Look, priority_text
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.matches.comment import CommentMatch
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.netfilter.ruleset import TABLES, hook_of, is_hung, state_of
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table

FAMILIES = {2: "ip", 10: "ip6"}


def iptables_tables(netns: Netns, look: Look, family: str) -> list[tuple[str, str, str]]:
    """(family, name, text) of each table that is there, oldest first."""
    found = []
    for (number, name), table in state_of(netns).tables.items():
        if table.present and family in ("", FAMILIES[number]):
            found.append((FAMILIES[number], name, _table(table, look)))
    return found


def _table(table: Table, look: Look) -> str:
    warning = f"# Warning: table {FAMILIES[table.family]} {table.name} is managed by iptables-nft, do not touch!\n"
    chains = [chain for chain in table.chains.values() if is_hung(table, chain)]
    handle = " # handle 0" if look.handles else ""
    blocks = "\n".join(_chain(table, chain, look) for chain in chains)
    return f"{warning}table {FAMILIES[table.family]} {table.name} {{{handle}\n{blocks}}}\n"


def _chain(table: Table, chain: Chain, look: Look) -> str:
    text = f"\tchain {chain.name} {{\n"
    if chain.policy is not None:
        hook = hook_of(table, chain)
        kind = "nat" if table.name == "nat" else "route" if (table.name, chain.name) == ("mangle", "OUTPUT") else "filter"
        name = next(word for word, number in HOOKS.items() if number == hook)
        priority = priority_text(dict(TABLES[table.name].hooks)[hook], hook, look)
        text += f"\t\ttype {kind} hook {name} priority {priority}; policy {'accept' if chain.policy else 'drop'};\n"
    return text + "".join(f"\t\t{_rule(rule, table.family, look)}\n" for rule in chain.rules) + "\t}\n"


def _rule(rule: Rule, family: int, look: Look) -> str:
    spec = rule.spec
    words = _header(spec, family)
    words += [_match(match, spec, family) for match in spec.matches if not isinstance(match, CommentMatch)]
    words.append("counter" if look.stateless else f"counter packets {rule.packets} bytes {rule.bytes}")
    target = spec.target
    if isinstance(target, Verdict):
        words.append(target.name.lower())
    elif isinstance(target, Jump):
        words.append(f"{'goto' if spec.is_goto else 'jump'} {target.chain}")
    elif target is not None:
        words.append(f'xt target "{of_value(target, family).name}"')
    words += [f'comment "{match.text}"' for match in spec.matches if isinstance(match, CommentMatch)]
    return " ".join(word for word in words if word)


def _header(spec: RuleSpec, family: int) -> list[str]:
    name, width = ("ip", "/32") if family == PF_INET else ("ip6", "/128")
    words = []
    for key, pattern, inverted in (("iifname", spec.iniface, spec.iniface_inverted), ("oifname", spec.outiface, spec.outiface_inverted)):
        if pattern:
            words.append(f'{key} {"!= " if inverted else ""}"{pattern.removesuffix("+") + "*" if pattern.endswith("+") else pattern}"')
    places = ((f"{name} saddr", spec.src, spec.src_mask, spec.src_inverted), (f"{name} daddr", spec.dst, spec.dst_mask, spec.dst_inverted))
    for key, value, mask, inverted in places:
        if mask:
            suffix = mask_suffix(mask, family)
            words.append(f"{key} {'!= ' if inverted else ''}{address_text(value, family)}{'' if suffix == width else suffix}")
    implied = any(isinstance(match, (TcpMatch, UdpMatch)) and _ports(match) for match in spec.matches)
    if spec.protocol and not implied:
        key = "ip protocol" if family == PF_INET else "meta l4proto"
        words.append(f"{key} {'!= ' if spec.protocol_inverted else ''}{protocol_name(spec.protocol)}")
    return words


def _ports(match: Any) -> list[str]:
    words = []
    for key, ports, inverted in (("sport", match.sports, match.sports_inverted), ("dport", match.dports, match.dports_inverted)):
        if ports != (0, 65535) or inverted:
            words.append(f"{key} {'!= ' if inverted else ''}{ports[0] if ports[0] == ports[1] else f'{ports[0]}-{ports[1]}'}")
    return words


def _match(match: Any, spec: RuleSpec, family: int) -> str:
    if isinstance(match, (TcpMatch, UdpMatch)) and not getattr(match, "flag_mask", 0) and not getattr(match, "option", 0):
        carrier = "tcp" if isinstance(match, TcpMatch) else "udp"
        return " ".join(f"{carrier} {words}" for words in _ports(match))
    return f'xt match "{of_value(match, family).name}"'
