"""The rules of 28 and 29 with iptables (`drivers/bridge/internal/iptabler`); what releases differ in is a field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import attrs

from netsim.addr import IPv4, IPv6
from netsim.docker.firewall.mark import for_iptables
from netsim.docker.firewall.wants import NAT, NAT_UNPROTECTED, ROUTED, FamilyWants, LinkWants, NetworkWants, PortWants
from netsim.docker.firewall.writer import Firewall, Runner, Tables

LOCAL = ("-m", "addrtype", "--dst-type", "LOCAL")
ANSWERS = ("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
WSL = "loopback0"


@attrs.frozen
class Layout:
    """What differs between releases."""

    isolates: int = 1
    """Networks are kept apart by two chains of their own; 29 leaves that to each network's final drop."""
    returns: int = 1
    """The nat chain lets packets from a bridge return at once."""
    user_returns: int = 0
    """DOCKER-USER ends with a RETURN (before 28.2.2)."""
    raw_per_port: int = 0
    """Direct access is dropped port by port (before 28.2) instead of address by address."""


V28_0 = Layout(user_returns=1, raw_per_port=1)
V28_2 = Layout(user_returns=1)
V28 = Layout()
V29 = Layout(isolates=0, returns=0)


@attrs.define(eq=False)
class Iptabler(Firewall):
    """One engine's rules, the same in both families. `direct`: direct routing to containers is allowed, so nothing is dropped in raw."""

    ingress_from: ClassVar[str] = "DOCKER-FORWARD"
    forward: ClassVar[str] = "DOCKER-FORWARD"
    """The chain of forwarded packets that networks' rules stand in."""
    chains: ClassVar[tuple[str, ...]] = ("DOCKER", "DOCKER-BRIDGE", "DOCKER-CT", "DOCKER-FORWARD")
    ingress_tracks: ClassVar[int] = 1

    run: Runner
    layout: Layout = V28
    hairpin: int = 0
    direct: int = 0
    wsl2: int = 0
    """Windows' mirrored networking: loopback traffic comes in by loopback0."""
    has_ipv6: int = 1
    leaves_raw: int = 0
    """1: the daemon's environment says that nothing is to be written into the raw table."""
    has_ipv4: int = 1
    """0: `--iptables=false`, while ip6tables' rules are written all the same."""
    four: Tables = attrs.field(init=False)
    six: Tables = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.four, self.six = Tables(self.run), Tables(self.run, "ip6tables")

    def families(self) -> Iterator[tuple[Tables, str]]:
        """The tables to write, with the loopback network of each."""
        if self.has_ipv4:
            yield self.four, "127.0.0.0/8"
        if self.has_ipv6:
            yield self.six, "::1/128"

    def start(self, forward_drop: int) -> None:
        """The chains, and the two jumps of FORWARD: users' rules first."""
        for tables, loopback in self.families():
            self._chains(tables, loopback)
            if forward_drop:
                tables.must("-P", "FORWARD", "DROP")

    def user_chain(self) -> None:
        """DOCKER-USER, before everything of Docker's (`setupUserChains`)."""
        for tables, _ in self.families():
            tables.chain("filter", "DOCKER-USER")
            if self.layout.user_returns:
                tables.append("filter", "DOCKER-USER", "-j", "RETURN")
            tables.delete("filter", "FORWARD", "-j", "DOCKER-USER")
            tables.must("-I", "FORWARD", "-j", "DOCKER-USER")

    def _chains(self, tables: Tables, loopback: str) -> None:
        tables.withdraw_jumps(loopback)
        between = ("DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2") if self.layout.isolates else ("DOCKER-INTERNAL",)
        for table, chain in (("nat", "DOCKER"), *(("filter", name) for name in (*self.chains, *between))):
            tables.renew(table, chain)
        tables.append("nat", "PREROUTING", *LOCAL, "-j", "DOCKER")
        tables.append("nat", "OUTPUT", *LOCAL, *(() if self.hairpin else ("!", "-d", loopback)), "-j", "DOCKER")
        if self.wsl2 and not self.hairpin and tables is self.four:
            tables.insert("nat", "DOCKER", "-i", WSL, "-d", loopback, "-j", "RETURN")
        self._jumps(tables, between[0])

    def _jumps(self, tables: Tables, between: str) -> None:
        """The way from FORWARD to the networks' rules."""
        for chain in ("DOCKER-CT", between, "DOCKER-BRIDGE"):
            tables.append("filter", "DOCKER-FORWARD", "-j", chain)
        tables.delete("filter", "FORWARD", "-j", "DOCKER-FORWARD")
        tables.must("-I", "FORWARD", "-j", "DOCKER-FORWARD")

    def _each(self, wants: NetworkWants) -> Iterator[tuple[Tables, FamilyWants]]:
        if wants.ipv4 is not None and self.has_ipv4:
            yield self.four, wants.ipv4
        if wants.ipv6 is not None and self.has_ipv6:
            yield self.six, wants.ipv6

    def add_network(self, wants: NetworkWants) -> None:
        """A network's rules in both families."""
        for tables, family in self._each(wants):
            for how, table, chain, rule in self._network(wants, family, tables):
                (tables.insert if how == "-I" else tables.append)(table, chain, *rule)

    def del_network(self, wants: NetworkWants) -> None:
        """Take them out."""
        for tables, family in self._each(wants):
            for _, table, chain, rule in self._network(wants, family, tables):
                tables.delete(table, chain, *rule)

    def _network(self, wants: NetworkWants, family: FamilyWants, tables: Tables) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        """(insert or append, table, chain, rule), in the order in which they are written."""
        br = wants.bridge
        if wants.internal:
            yield from self._internal(wants, family, tables)
            return
        if wants.fwmark:  # one rule for every network: it goes with the first of them that goes
            yield "-I", "filter", self.forward, ("-m", "mark", "--mark", for_iptables(wants.fwmark), "-j", "ACCEPT")
        yield from self._nat(wants, family)
        if wants.icc:
            yield "-A", "filter", self.forward, ("-i", br, "-j", "ACCEPT")
        else:
            yield "-A", "filter", self.forward, ("-i", br, "-o", br, "-j", "DROP")
            yield "-A", "filter", self.forward, ("-i", br, "!", "-o", br, "-j", "ACCEPT")
        yield from self._towards(br)
        if self.layout.isolates:
            yield from self._isolation(br, family)
        if family.mode == ROUTED:
            yield "-A", "filter", "DOCKER", ("-o", br, "-p", "icmp" if tables is self.four else "ipv6-icmp", "-j", "ACCEPT")
        yield "-A", "filter", "DOCKER", ("!", "-i", br, "-o", br, "-j", "ACCEPT" if family.mode == NAT_UNPROTECTED else "DROP")

    def _towards(self, br: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        """What is for the bridge's containers: answers, then whatever DOCKER lets in."""
        yield "-A", "filter", "DOCKER-CT", ("-o", br, *ANSWERS, "-j", "ACCEPT")
        yield "-A", "filter", "DOCKER-BRIDGE", ("-o", br, "-j", "DOCKER")

    def _internal(self, wants: NetworkWants, family: FamilyWants, tables: Tables) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        br, subnet = wants.bridge, str(family.subnet)
        chain = "DOCKER-ISOLATION-STAGE-1" if self.layout.isolates else "DOCKER-INTERNAL"
        same = tables is self.six  # link-local and multicast stay within the bridge
        yield "-I", "filter", chain, (*(("-i", br, "!", "-o", br) if same else ("-i", br)), "!", "-d", subnet, "-j", "DROP")
        yield "-I", "filter", chain, (*(("!", "-i", br, "-o", br) if same else ("-o", br)), "!", "-s", subnet, "-j", "DROP")
        yield "-A", "filter", self.forward, ("-i", br, "-o", br, "-j", "ACCEPT" if wants.icc else "DROP")

    def _nat(self, wants: NetworkWants, family: FamilyWants) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        br = wants.bridge
        target = ("MASQUERADE",) if family.host_address is None else ("SNAT", "--to-source", str(family.host_address))
        if wants.masquerade and family.mode != ROUTED:
            yield "-I", "nat", "POSTROUTING", ("-s", str(family.subnet), "!", "-o", br, "-j", *target)
        if wants.hairpin:
            yield "-I", "nat", "POSTROUTING", ("-m", "addrtype", "--src-type", "LOCAL", "-o", br, "-j", *target)
        if self.layout.returns and wants.masquerade and not wants.hairpin:
            yield "-I", "nat", "DOCKER", ("-i", br, "-j", "RETURN")

    def _isolation(self, br: str, family: FamilyWants) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        if family.mode == ROUTED:
            yield "-I", "filter", "DOCKER-ISOLATION-STAGE-1", ("-o", br, "-j", "RETURN")
            yield "-I", "filter", "DOCKER-ISOLATION-STAGE-1", ("-i", br, *ANSWERS, "-j", "ACCEPT")
        yield "-A", "filter", "DOCKER-ISOLATION-STAGE-1", ("-i", br, "!", "-o", br, "-j", "DOCKER-ISOLATION-STAGE-2")
        yield "-I", "filter", "DOCKER-ISOLATION-STAGE-2", ("-o", br, "-j", "DROP")

    # endpoints -----------------------------------------------------------------------------------------------------------

    def add_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """Nobody reaches the address past its network."""
        for tables, rule in self._endpoint(wants, addresses):
            tables.append("raw", "PREROUTING", *rule)

    def del_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """Take that out."""
        for tables, rule in self._endpoint(wants, addresses):
            tables.delete("raw", "PREROUTING", *rule)

    def _endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> Iterator[tuple[Tables, tuple[str, ...]]]:
        if self.direct or self.leaves_raw or self.layout.raw_per_port or wants.internal:
            return
        for tables, family in self._each(wants):
            for address in addresses:
                if family.mode == NAT and isinstance(address, IPv4 if tables is self.four else IPv6):
                    for trusted in wants.trusted:
                        yield tables, ("-d", str(address), "-i", trusted, "-j", "ACCEPT")
                    yield tables, ("-d", str(address), "!", "-i", wants.bridge, "-j", "DROP")

    # ports ---------------------------------------------------------------------------------------------------------------

    def add_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """A port's rules: acceptance at the top of DOCKER, the others at the ends of their chains."""
        for port in ports:
            for tables, how, table, chain, rule in self._port(wants, port):
                (tables.insert if how == "-I" else tables.append)(table, chain, *rule)

    def del_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Take them out."""
        for port in ports:
            for tables, _, table, chain, rule in self._port(wants, port):
                tables.delete(table, chain, *rule)

    def _port(self, wants: NetworkWants, port: PortWants) -> Iterator[tuple[Tables, str, str, str, tuple[str, ...]]]:
        is_four = isinstance(port.container, IPv4)
        family = wants.ipv4 if is_four else wants.ipv6
        tables = self.four if is_four else self.six
        if family is None or type(port.host_ip) is not type(port.container) or not (self.has_ipv4 if is_four else self.has_ipv6):
            return  # an IPv6 address of the host in front of an IPv4 container is the proxy's
        br, inside, protocol, number = wants.bridge, str(port.container), ("-p", port.port.protocol), str(port.port.number)
        if port.host_port:
            yield tables, "-A", "nat", "DOCKER", self._dnat(wants, port)
            if wants.hairpin:
                yield tables, "-A", "nat", "POSTROUTING", (*protocol, "-s", inside, "-d", inside, "--dport", number, "-j", "MASQUERADE")
        if self.layout.raw_per_port and family.mode == NAT and not self.direct and not self.leaves_raw:
            yield tables, "-A", "raw", "PREROUTING", (*protocol, "-d", inside, "--dport", number, "!", "-i", br, "-j", "DROP")
        if is_four and port.host_ip >> 24 == 127 and port.host_port and not self.leaves_raw:
            near = (*protocol, "-d", str(port.host_ip), "--dport", str(port.host_port))
            if self.wsl2:
                yield tables, "-A", "raw", "PREROUTING", (*near, "-i", WSL, "-j", "ACCEPT")
            yield tables, "-A", "raw", "PREROUTING", (*near, "!", "-i", "lo", "-j", "DROP")
        if family.mode != NAT_UNPROTECTED:
            yield tables, "-I", "filter", "DOCKER", ("!", "-i", br, "-o", br, *protocol, "-d", inside, "--dport", number, "-j", "ACCEPT")

    def _dnat(self, wants: NetworkWants, port: PortWants) -> tuple[str, ...]:
        is_four = isinstance(port.container, IPv4)
        where = () if port.host_ip == 0 else ("-d", str(port.host_ip))
        target = f"{port.container}:{port.port.number}" if is_four else f"[{port.container}]:{port.port.number}"
        own = () if wants.hairpin else ("!", "-i", wants.bridge)
        near = () if is_four else ("!", "-s", "fe80::/10")
        return ("-p", port.port.protocol, *where, "--dport", str(port.host_port), "-j", "DNAT", "--to-destination", target, *own, *near)

    # links ---------------------------------------------------------------------------------------------------------------

    def add_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Both directions of each exposed port, after the network's drop."""
        for rule in link_rules(wants, link) if self.has_ipv4 else ():
            self.four.append("filter", "DOCKER", *rule)

    def del_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Take them out."""
        for rule in link_rules(wants, link):
            self.four.delete("filter", "DOCKER", *rule)


def link_rules(wants: NetworkWants, link: LinkWants) -> Iterator[tuple[str, ...]]:
    """A legacy link's rules: to the child's port and back (`iptabler.AddLink`)."""
    for port in link.ports:
        between, protocol, number = ("-i", wants.bridge, "-o", wants.bridge), ("-p", port.protocol), str(port.number)
        yield (*between, *protocol, "-s", str(link.parent), "-d", str(link.child), "--dport", number, "-j", "ACCEPT")
        yield (*between, *protocol, "-s", str(link.child), "-d", str(link.parent), "--sport", number, "-j", "ACCEPT")
