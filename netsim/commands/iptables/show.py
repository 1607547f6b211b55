"""Rules in words: -L with its columns, -S and -save."""

from __future__ import annotations

import attrs

from netsim.commands.iptables.extensions import of_value
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.words import address_text, mask_suffix, protocol_name
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT
from netsim.kernel.tables.xtables import Chain, Rule, RuleSpec, Table
from netsim.machine.hostnames import name_in_hosts


@attrs.frozen
class Style:
    """How a listing looks: -n, -v, -x, --line-numbers."""

    numeric: bool = False
    verbose: bool = False
    exact: bool = False
    numbered: bool = False
    hosts: KnownNames | None = None
    """None: addresses are shown as numbers."""


def ordered(table: Table) -> list[Chain]:
    """Built-in chains in the order of their hooks, then user chains by name."""
    users = sorted((chain for chain in table.chains.values() if chain.policy is None), key=_name)
    return [*table.hooks.values(), *users]


def _name(chain: Chain) -> str:
    return chain.name


def policy_name(chain: Chain) -> str:
    """ACCEPT or DROP."""
    return "ACCEPT" if chain.policy == ACCEPT else "DROP"


# -S and -save ------------------------------------------------------------------------------------------------------


def target_name(spec: RuleSpec, family: int) -> str:
    """What stands after -j, or "" for none."""
    target = spec.target
    if target is None:
        return ""
    if isinstance(target, Verdict):
        return target.name
    return target.chain if isinstance(target, Jump) else of_value(target, family).name


def listed_name(spec: RuleSpec, family: int) -> str:
    """What -L prints for the target."""
    if spec.target is None or isinstance(spec.target, (Verdict, Jump)):
        return target_name(spec, family)
    return of_value(spec.target, family).listed or target_name(spec, family)


def save_rule(rule: Rule, chain: Chain, family: int, counters: str = "") -> str:
    """One rule as a command line: `-A CHAIN ...` (`nft_ipv4_save_rule`). `counters` stand before the target."""
    spec = rule.spec
    words = [f"-A {chain.name}", *_address("s", spec.src, spec.src_mask, spec.src_inverted, family)]
    words += _address("d", spec.dst, spec.dst_mask, spec.dst_inverted, family)
    for letter, name, inverted in (("i", spec.iniface, spec.iniface_inverted), ("o", spec.outiface, spec.outiface_inverted)):
        if name and (name != "+" or inverted):
            words.append(f"{'! ' if inverted else ''}-{letter} {name}")
    if spec.protocol:
        words.append(f"{'! ' if spec.protocol_inverted else ''}-p {protocol_name(spec.protocol)}")
    if spec.fragment:
        words.append("-f" if spec.fragment == 1 else "! -f")
    for match in spec.matches:
        extension = of_value(match, family)
        words.append(f"-m {extension.name}{extension.save(match)}")
    if counters:
        words.append(counters)
    name = target_name(spec, family)
    if name:
        tail = "" if isinstance(spec.target, (Verdict, Jump)) else of_value(spec.target, family).save(spec.target)
        words.append(f"-{'g' if spec.is_goto else 'j'} {name}{tail}")
    return " ".join(words)


def _address(letter: str, address: int, mask: int, inverted: bool, family: int, /) -> list[str]:
    if not mask and not inverted:
        return []
    return [f"{'! ' if inverted else ''}-{letter} {address_text(address, family)}{mask_suffix(mask, family)}"]


# -L ------------------------------------------------------------------------------------------------------------------


def chain_header(table: Table, chain: Chain, style: Style) -> str:
    """The line above a chain, and the names of its columns (`print_header`)."""
    text = f"Chain {chain.name}"
    if chain.policy is not None:
        text += f" (policy {policy_name(chain)}"
        if style.verbose:
            text += f" {count(chain.packets, style).strip()} packets, {count(chain.bytes, style).strip()} bytes"
        text += ")\n"
    else:
        text += f" ({table.references(chain.name)} references)\n"
    if style.numbered:
        text += "num  "
    if style.verbose:
        text += "    pkts      bytes " if style.exact else " pkts bytes "
    text += "target     prot opt "
    if style.verbose:
        text += "in     out     "
    return text + "source               destination         \n"


def rule_line(rule: Rule, number: int, family: int, style: Style) -> str:
    """One rule's line (`nft_ipv4_print_rule`)."""
    spec = rule.spec
    text = f"{number:<4d} " if style.numbered else ""
    if style.verbose:
        text += f"{count(rule.packets, style)} {count(rule.bytes, style)} "
    text += f"{listed_name(spec, family):<9s} "
    text += "!" if spec.protocol_inverted else " "
    text += f"{spec.protocol:<4d} " if style.numeric else f"{protocol_name(spec.protocol) if spec.protocol else 'all':<4s} "
    text += ("--", "-f", "!f")[spec.fragment] + " "
    if style.verbose:
        for name, inverted in ((spec.iniface, spec.iniface_inverted), (spec.outiface, spec.outiface_inverted)):
            text += f" {('!' if inverted else '') + (name or _any_interface(style)):<6s}"
        text += " "
    for address, mask, inverted in ((spec.src, spec.src_mask, spec.src_inverted), (spec.dst, spec.dst_mask, spec.dst_inverted)):
        text += f"{'!' if inverted else ' '}{_place(address, mask, family, style):<19s} "
    return text + extensions_text(spec, family, style) + "\n"


def _any_interface(style: Style) -> str:
    return "*" if style.numeric else "any"


def _place(address: int, mask: int, family: int, style: Style) -> str:
    if not mask:
        if not style.numeric:
            return "anywhere"
        return "0.0.0.0/0" if family == 2 else "::/0"
    suffix = mask_suffix(mask, family)
    text = address_text(address, family)
    named = "" if style.numeric or style.hosts is None else name_in_hosts(style.hosts.text, text) or ""
    return (named or text) + ("" if suffix == ("/32" if family == 2 else "/128") else suffix)


def verbose_line(spec: RuleSpec, family: int) -> str:
    """A rule as -v tells of it when it is added or removed."""
    protocol = protocol_name(spec.protocol) if spec.protocol else "all"
    text = f"{listed_name(spec, family)} {'!' if spec.protocol_inverted else ' '}{protocol} opt "
    text += ("--", "-f", "!f")[spec.fragment]
    for word, name, inverted in (("in", spec.iniface, spec.iniface_inverted), ("out", spec.outiface, spec.outiface_inverted)):
        text += f" {word} {'!' if inverted else ''}{name or '*'}"
    style = Style(numeric=True)
    text += f" {'!' if spec.src_inverted else ' '}{_place(spec.src, spec.src_mask, family, style)} "
    text += f"{'!' if spec.dst_inverted else ' '}-> {_place(spec.dst, spec.dst_mask, family, style)}  "
    return text + extensions_text(spec, family, style) + "\n"


def extensions_text(spec: RuleSpec, family: int, style: Style) -> str:
    """Matches and target of a rule for -L."""
    text = "[goto] " if spec.is_goto else ""
    for match in spec.matches:
        text += of_value(match, family).listing(match, style.numeric)
    if spec.target is not None and not isinstance(spec.target, (Verdict, Jump)):
        text += of_value(spec.target, family).listing(spec.target, style.numeric)
    return text


def count(number: int, style: Style) -> str:
    """A counter in five columns with K, M, G, T, or in full (`xtables_print_num`)."""
    if style.exact:
        return f"{number:8d}" if number <= 99999999 else str(number)
    if number <= 99999:
        return f"{number:5d}"
    for unit in "KMGT":
        number = (number + 500) // 1000
        if number <= 9999:
            return f"{number:4d}{unit}"
    return f"{number:4d}T"
