"""The tables of iptables' nf_tables build as nft shows them."""

from __future__ import annotations

from netsim.commands.iptables.words import address_text, mask_suffix, protocol_name
from netsim.commands.nft.iptables_words import match_text, target_text
from netsim.commands.nft.listing import HOOKS, Look, priority_text
from netsim.commands.nft.match_words import tcp_udp_text
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.matches.limit import LimitMatch
from netsim.kernel.netfilter.matches.marks import MarkMatch
from netsim.kernel.netfilter.matches.tcp import TcpMatch
from netsim.kernel.netfilter.matches.udp import UdpMatch
from netsim.kernel.netfilter.ruleset import TABLES, commit, draft_of, is_hung, state_of, unhang
from netsim.kernel.netfilter.targets.log import LogTarget
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table

IMPLYING = ("tcp sport", "tcp dport", "tcp flags", "udp ")
"""Fields that stand for their protocol; those of iptables' own match of TCP do not."""
FAMILIES = {2: "ip", 10: "ip6"}


def iptables_tables(netns: Netns, look: Look, family: str) -> list[tuple[str, str, str]]:
    """(family, name, text) of each table that is there, oldest first."""
    found = []
    for (number, name), table in state_of(netns).tables.items():
        if table.present and family in ("", FAMILIES[number]):
            found.append((FAMILIES[number], name, _table(table, look)))
    return found


def _table(table: Table, look: Look) -> str:
    return _within(table, "\n".join(_chain(table, chain, look) for chain in _made(table)), " # handle 0" if look.handles else "")


def _within(table: Table, text: str, handle: str = "") -> str:
    return f"table {FAMILIES[table.family]} {table.name} {{{handle}\n{text}}}\n"


def _made(table: Table) -> list[Chain]:
    """The chains the kernel has, oldest first."""
    return sorted([chain for chain in table.chains.values() if is_hung(table, chain)], key=_handle)


def iptables_chains(netns: Netns, look: Look, family: str) -> str:
    """What `nft list chains` tells of each table: its chains without their rules."""
    text = ""
    for (number, _), table in state_of(netns).tables.items():
        if table.present and family in ("", FAMILIES[number]):
            text += _within(table, "".join(_head(table, chain, look) + "\t}\n" for chain in _made(table)))
    return text


def iptables_chain(netns: Netns, look: Look, family: str, name: str, chain: str) -> str:
    """One chain within its table; empty when it is not there."""
    for (number, known), table in state_of(netns).tables.items():
        if table.present and (FAMILIES[number], known) == (family, name):
            return "".join(_within(table, _chain(table, one, look)) for one in _made(table) if one.name == chain)
    return ""


def iptables_without_sets(netns: Netns, family: str) -> str:
    """What `nft list sets` tells of each table: it has none."""
    return "".join(_within(table, "") for (number, _), table in state_of(netns).tables.items() if table.present and family in ("", FAMILIES[number]))


def _handle(chain: Chain) -> int:
    return chain.handle


def delete_iptables_tables(netns: Netns, family: str, name: str) -> None:
    """Take away tables of iptables, as `nft flush ruleset` does with all there are."""
    for (number, known), table in state_of(netns).tables.items():
        if table.present and family in ("", FAMILIES[number]) and name in ("", known):
            draft = draft_of(table)
            draft.chains = {chain: kept for chain, kept in draft.chains.items() if kept.policy is not None}
            for kept in draft.chains.values():
                unhang(draft, kept)
            draft.present = False
            commit(table, draft)


def has_chain(netns: Netns, family: str, name: str, chain: str) -> bool:
    """Whether the kernel has a chain of iptables."""
    return any(
        one.name == chain
        for (number, known), table in state_of(netns).tables.items()
        if (FAMILIES[number], known) == (family, name)
        for one in _made(table)
    )


def flush_iptables(netns: Netns, family: str, name: str, chain: str) -> None:
    """Take the rules out of one chain of iptables, or of all of a table."""
    for (number, known), table in state_of(netns).tables.items():
        if table.present and (FAMILIES[number], known) == (family, name):
            draft = draft_of(table)
            for one in draft.chains.values():
                if chain in ("", one.name):
                    one.rules = []
            commit(table, draft)


def warnings(netns: Netns, family: str, only: str) -> str:
    """A line for each table with rules nft cannot express itself."""
    text = ""
    for (number, name), table in state_of(netns).tables.items():
        rules = (rule for chain in table.chains.values() for rule in chain.rules)
        if table.present and family in ("", FAMILIES[number]) and only in ("", name) and any(_is_foreign(rule.spec) for rule in rules):
            text += f"# Warning: table {FAMILIES[number]} {name} is managed by iptables-nft, do not touch!\n"
    return text


def _is_foreign(spec: RuleSpec) -> bool:
    """Whether iptables had to hand over one of its own matches or targets."""
    own = spec.target is not None and not isinstance(spec.target, (Verdict, Jump, LogTarget))
    return own or any(not isinstance(match, (TcpMatch, UdpMatch, MarkMatch, LimitMatch)) for match in spec.matches)


def _handle_text(handle: int, look: Look) -> str:
    return f" # handle {handle}" if look.handles else ""


def _head(table: Table, chain: Chain, look: Look) -> str:
    text = f"\tchain {chain.name} {{{_handle_text(chain.handle, look)}\n"
    if chain.policy is not None:
        hook = chain.hook
        kind = "nat" if table.name == "nat" else "route" if (table.name, chain.name) == ("mangle", "OUTPUT") else "filter"
        name = next(word for word, number in HOOKS.items() if number == hook)
        priority = priority_text(dict(TABLES[table.name].hooks)[hook], hook, look)
        text += f"\t\ttype {kind} hook {name} priority {priority}; policy {'accept' if chain.policy else 'drop'};\n"
    return text


def _chain(table: Table, chain: Chain, look: Look) -> str:
    return (
        _head(table, chain, look)
        + "".join(f"\t\t{_rule(rule, table.family, look)}{_handle_text(rule.handle, look)}\n" for rule in chain.rules)
        + "\t}\n"
    )


def _rule(rule: Rule, family: int, look: Look) -> str:
    spec = rule.spec
    words = _header(spec, family, look)
    words += [match_text(match, spec, family) for match in spec.matches]
    words.append("counter" if look.stateless else f"counter packets {rule.packets} bytes {rule.bytes}")
    target = spec.target
    if isinstance(target, Verdict):
        words.append(target.name.lower())
    elif isinstance(target, Jump):
        words.append(f"{'goto' if spec.is_goto else 'jump'} {target.chain}")
    elif target is not None:
        words.append(target_text(target, family))
    return " ".join(words)


def _header(spec: RuleSpec, family: int, look: Look) -> list[str]:
    """Interfaces, protocol, addresses and fragments."""
    words = []
    for key, pattern, inverted in (("iifname", spec.iniface, spec.iniface_inverted), ("oifname", spec.outiface, spec.outiface_inverted)):
        if pattern:
            words.append(f'{key} {"!= " if inverted else ""}"{pattern.removesuffix("+") + "*" if pattern.endswith("+") else pattern}"')
    addresses = _addresses(spec, family)
    protocol = _protocol(spec, look)
    words += [*protocol, *addresses]
    if spec.fragment:
        words.append(f"ip frag-off & 8191 {'!=' if spec.fragment == 1 else '=='} 0")
    return words


def _addresses(spec: RuleSpec, family: int) -> list[str]:
    name, width = ("ip", "/32") if family == PF_INET else ("ip6", "/128")
    words = []
    places = ((f"{name} saddr", spec.src, spec.src_mask, spec.src_inverted), (f"{name} daddr", spec.dst, spec.dst_mask, spec.dst_inverted))
    for key, value, mask, inverted in places:
        suffix = mask_suffix(mask, family)
        text = address_text(value, family)
        if mask and not suffix[1:].isdigit():
            words.append(f"{key} & {suffix[1:]} {'!=' if inverted else '=='} {text}")
        elif mask:
            words.append(f"{key} {'!= ' if inverted else ''}{text}{'' if suffix == width else suffix}")
    return words


def _protocol(spec: RuleSpec, look: Look) -> list[str]:
    """The protocol, unless a field of it right behind implies it."""
    first = spec.matches[0] if spec.matches else None
    implied = isinstance(first, (TcpMatch, UdpMatch)) and tcp_udp_text(first).startswith(IMPLYING)
    if not spec.protocol or implied:
        return []
    name = str(spec.protocol) if look.numeric else protocol_name(spec.protocol)
    return [f"meta l4proto {'!= ' if spec.protocol_inverted else ''}{name}"]
