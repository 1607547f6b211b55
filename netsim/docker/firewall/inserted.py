"""The rules of 20.10 and 27 (`drivers/bridge/setup_ip_tables.go`, `iptables/iptables.go`): each network's are inserted on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import attrs

from netsim.addr import IPv4
from netsim.docker.errors import Refusal, failed
from netsim.docker.firewall.iptabler import link_rules
from netsim.docker.firewall.wants import ROUTED, FamilyWants, LinkWants, NetworkWants, PortWants
from netsim.docker.firewall.writer import Firewall, Runner, Tables

ONE, TWO = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"
LOCAL = ("-m", "addrtype", "--dst-type", "LOCAL")


ENABLE = "Failed to Setup IP tables: Unable to enable"


@attrs.frozen
class Step:
    """A rule to be inserted (`-I`) or appended, and what is said before the tool's words when that fails."""

    how: str
    table: str
    chain: str
    rule: tuple[str, ...]
    doing: str
    raw: int = 0
    """1: the tool's words stand there as they are."""

    def write(self, tables: Tables) -> None:
        """Put it in unless it is there; refused with the words of the step."""
        if tables.has(self.table, self.chain, *self.rule):
            return
        words = (*(("-t", self.table) if self.table != "filter" else ()), self.how, self.chain, *self.rule)
        try:
            (tables.must if self.raw else tables.program)(*words)
        except Refusal as problem:
            raise failed(f"{self.doing}{problem.text}") from None


def _apart(bridge: str) -> list[tuple[str, tuple[str, ...]]]:
    """What keeps a bridge from the others (`setINC`)."""
    return [(ONE, ("-i", bridge, "!", "-o", bridge, "-j", TWO)), (TWO, ("-o", bridge, "-j", "DROP"))]


def _put(tables: Tables, table: str, chain: str, *rule: str) -> None:
    """At the end, unless it is there (`ProgramRule`)."""
    if not tables.has(table, chain, *rule):
        tables.program("-t", table, "-A", chain, *rule)


@attrs.define(eq=False)
class Inserted(Firewall):
    """Networks stand newest first because their rules are inserted; 27 writes the same in both families, 20.10 ip6tables' only if told to."""

    leaves_half: ClassVar[int] = 1

    run: Runner
    hairpin: int = 0
    has_ipv6: int = 0
    isolates_ipv6: int = 0
    """1: bridges are isolated in ip6tables even if they have no IPv6."""
    has_user_chain: int = 1
    """Whether ip6tables has the user's chain too (27)."""
    spares_within: int = 1
    """27 lets IPv6 that stays within an internal bridge pass whatever its addresses, for link-local ones and multicast."""
    has_ipv4: int = 1
    """0: `--iptables=false`, while ip6tables' rules are written all the same."""
    four: Tables = attrs.field(init=False)
    six: Tables = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.four, self.six = Tables(self.run), Tables(self.run, "ip6tables")

    def families(self) -> tuple[Tables, ...]:
        """The tables to write."""
        return (*((self.four,) if self.has_ipv4 else ()), *((self.six,) if self.has_ipv6 else ()))

    def _loopback(self, tables: Tables) -> str:
        return "127.0.0.0/8" if tables is self.four else "::1/128"

    def start(self, forward_drop: int) -> None:
        """The chains of the filter table and DOCKER in nat."""
        for tables in self.families():
            tables.withdraw_jumps(self._loopback(tables))
            for table, chain in (("nat", "DOCKER"), ("filter", "DOCKER"), ("filter", ONE), ("filter", TWO)):
                tables.renew(table, chain)
            for chain in (ONE, TWO):
                tables.append("filter", chain, "-j", "RETURN")
            if forward_drop or (tables is self.six and self.isolates_ipv6):
                tables.must("-P", "FORWARD", "DROP")

    def arrange(self) -> None:
        """The user's chain is the first jump, whatever was inserted since (`arrangeUserFilterRule`)."""
        for tables in self.families():
            if tables is self.six and not self.has_user_chain:
                continue
            tables.chain("filter", "DOCKER-USER")
            tables.append("filter", "DOCKER-USER", "-j", "RETURN")
            self._jump(tables, "DOCKER-USER")

    def _jump(self, tables: Tables, chain: str) -> None:
        """On top of FORWARD (`EnsureJumpRule`)."""
        tables.delete("filter", "FORWARD", "-j", chain)
        tables.must("-I", "FORWARD", "-j", chain)

    def _each(self, wants: NetworkWants) -> Iterator[tuple[Tables, FamilyWants]]:
        if wants.ipv4 is not None and self.has_ipv4:
            yield self.four, wants.ipv4
        if wants.ipv6 is not None and self.has_ipv6:
            yield self.six, wants.ipv6

    def add_network(self, wants: NetworkWants) -> None:
        """NAT, forwarding and isolation of one bridge; what cannot be written is refused in the words of its step, isolation is done without."""
        for tables, family in self._each(wants):
            for step in self._network(wants, family, tables):
                step.write(tables)
            try:
                self._jump(tables, ONE)
            except Refusal as problem:
                raise failed(f"unable to insert jump to {ONE} rule in FORWARD chain:  ({problem.text})") from None
            apart = [] if wants.internal else _apart(wants.bridge)
            try:
                for chain, rule in apart:
                    tables.insert("filter", chain, *rule)
            except Refusal:
                for chain, rule in apart:
                    tables.delete("filter", chain, *rule)
        for chain, rule in self._isolation(wants):
            self.six.insert("filter", chain, *rule)

    def del_network(self, wants: NetworkWants) -> None:
        """Take out what `add_network` put in; what all networks share stays."""
        for tables, family in self._each(wants):
            for step in self._network(wants, family, tables):
                if step.rule[-1] != "DOCKER" or step.chain == "FORWARD":
                    tables.delete(step.table, step.chain, *step.rule)
            for chain, rule in _apart(wants.bridge):
                tables.delete("filter", chain, *rule)
        for chain, rule in self._isolation(wants):
            self.six.delete("filter", chain, *rule)

    def _isolation(self, wants: NetworkWants) -> list[tuple[str, tuple[str, ...]]]:
        """What is written into ip6tables for a bridge without IPv6 too (`isolateNetwork`)."""
        if not self.isolates_ipv6 or wants.internal or wants.ipv6 is not None:
            return []
        return _apart(wants.bridge)

    def _network(self, wants: NetworkWants, family: FamilyWants, tables: Tables) -> Iterator[Step]:
        """A network's own rules, in the order in which they are written."""
        br, subnet = wants.bridge, str(family.subnet)
        if wants.internal:
            six = tables is self.six and self.spares_within
            yield Step(
                "-I", "filter", ONE, ("-i", br, *(("!", "-o", br) if six else ()), "!", "-d", subnet, "-j", "DROP"), f"{ENABLE} DROP INCOMING rule: "
            )
            yield Step(
                "-I", "filter", ONE, (*(("!", "-i", br) if six else ()), "-o", br, "!", "-s", subnet, "-j", "DROP"), f"{ENABLE} DROP OUTGOING rule: "
            )
            yield self._icc(wants)
            return
        yield from self._nat(wants, family)
        yield self._icc(wants)
        yield Step("-I", "filter", "FORWARD", ("-i", br, "!", "-o", br, "-j", "ACCEPT"), f"{ENABLE} ACCEPT NON_ICC OUTGOING rule: ")
        loopback = self._loopback(tables)
        inject = "Failed to program NAT chain: Failed to inject DOCKER in"
        yield Step("-A", "nat", "PREROUTING", (*LOCAL, "-j", "DOCKER"), f"{inject} PREROUTING chain: ")
        yield Step("-A", "nat", "OUTPUT", (*LOCAL, *(() if wants.hairpin else ("!", "-d", loopback)), "-j", "DOCKER"), f"{inject} OUTPUT chain: ")
        program = "Failed to program FILTER chain: "
        yield Step("-I", "filter", "FORWARD", ("-o", br, "-j", "DOCKER"), program, raw=1)
        yield Step("-I", "filter", "FORWARD", ("-o", br, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"), program, raw=1)

    def _nat(self, wants: NetworkWants, family: FamilyWants) -> Iterator[Step]:
        br, address = wants.bridge, family.host_address
        target = ("SNAT", "--to-source", str(address)) if address is not None else ("MASQUERADE",)
        if wants.masquerade and family.mode != ROUTED:
            yield Step("-I", "nat", "POSTROUTING", ("-s", str(family.subnet), "!", "-o", br, "-j", *target), f"{ENABLE} NAT rule: ")
        if wants.hairpin:
            yield Step(
                "-I", "nat", "POSTROUTING", ("-m", "addrtype", "--src-type", "LOCAL", "-o", br, "-j", *target), f"{ENABLE} MASQ LOCAL HOST rule: "
            )
        if wants.masquerade and not wants.hairpin and family.mode != ROUTED:
            yield Step("-I", "nat", "DOCKER", ("-i", br, "-j", "RETURN"), f"{ENABLE} SKIP DNAT rule: ")

    def _icc(self, wants: NetworkWants) -> Step:
        """Between containers of one bridge: accepted at the top, or dropped at the very end."""
        between = ("-i", wants.bridge, "-o", wants.bridge, "-j")
        if wants.icc:
            return Step("-I", "filter", "FORWARD", (*between, "ACCEPT"), "Failed to Setup IP tables: Unable to allow intercontainer communication: ")
        return Step("-A", "filter", "FORWARD", (*between, "DROP"), "Failed to Setup IP tables: Unable to prevent intercontainer communication: ")

    def add_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """DNAT, acceptance and the container's way to itself, each appended; an internal network has no chain to append to."""
        for port in () if wants.internal else ports:
            for tables, table, chain, rule in self._port(wants, port):
                _put(tables, table, chain, *rule)

    def del_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Take them out."""
        for port in ports:
            for tables, table, chain, rule in self._port(wants, port):
                tables.delete(table, chain, *rule)

    def _port(self, wants: NetworkWants, port: PortWants) -> Iterator[tuple[Tables, str, str, tuple[str, ...]]]:
        is_four = isinstance(port.container, IPv4)
        if type(port.host_ip) is not type(port.container) or not (self.has_ipv4 if is_four else self.has_ipv6):
            return  # an IPv6 address of the host in front of an IPv4 container is the proxy's
        tables, bridge, inside = self.four if is_four else self.six, wants.bridge, str(port.container)
        protocol, number = ("-p", port.port.protocol), str(port.port.number)
        own = ("!", "-i", bridge) if not wants.hairpin else ()
        where = ("-d", "0/0" if is_four else "0::/0") if port.host_ip == 0 else ("-d", str(port.host_ip))
        target = f"{inside}:{number}" if is_four else f"[{inside}]:{number}"
        if port.host_port:
            yield tables, "nat", "DOCKER", (*protocol, *where, "--dport", str(port.host_port), "-j", "DNAT", "--to-destination", target, *own)
        yield tables, "filter", "DOCKER", ("!", "-i", bridge, "-o", bridge, *protocol, "-d", inside, "--dport", number, "-j", "ACCEPT")
        if port.host_port:
            yield tables, "nat", "POSTROUTING", (*protocol, "-s", inside, "-d", inside, "--dport", number, "-j", "MASQUERADE")

    def add_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Both directions of each exposed port (`iptables.ProgramChain`, `linkContainers`)."""
        for rule in link_rules(wants, link) if self.has_ipv4 else ():
            _put(self.four, "filter", "DOCKER", *rule)

    def del_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Take them out."""
        for rule in link_rules(wants, link):
            self.four.delete("filter", "DOCKER", *rule)
