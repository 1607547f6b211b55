"""The rules of 20.10 (`drivers/bridge/setup_ip_tables.go`, `iptables/iptables.go`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4
from netsim.docker.firewall.wants import LinkWants, NetworkWants, PortWants
from netsim.docker.firewall.writer import Firewall, Runner, Tables

ONE, TWO = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"
LOCAL = ("-m", "addrtype", "--dst-type", "LOCAL")


@attrs.define(eq=False)
class V2010(Firewall):
    """IPv4 rules; networks stand newest first because theirs are inserted."""

    run: Runner
    tables: Tables = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tables = Tables(self.run)

    def start(self, forward_drop: int) -> None:
        """The four chains of the filter table and DOCKER in nat."""
        tables = self.tables
        for table, chain in (("nat", "DOCKER"), ("filter", "DOCKER"), ("filter", ONE), ("filter", TWO)):
            tables.chain(table, chain)
        for chain in (ONE, TWO):
            tables.append("filter", chain, "-j", "RETURN")
        if forward_drop:
            tables.must("-P", "FORWARD", "DROP")
        self._user_chain()

    def _user_chain(self) -> None:
        """DOCKER-USER and STAGE-1 are the first two jumps, whatever was inserted since (`arrangeUserFilterRule`, `EnsureJumpRule`)."""
        tables = self.tables
        tables.chain("filter", "DOCKER-USER")
        tables.append("filter", "DOCKER-USER", "-j", "RETURN")
        for chain in (ONE, "DOCKER-USER"):
            tables.delete("filter", "FORWARD", "-j", chain)
            tables.must("-I", "FORWARD", "-j", chain)

    def add_network(self, wants: NetworkWants) -> None:
        """NAT, forwarding and isolation of one bridge."""
        bridge, tables = wants.bridge, self.tables
        assert wants.ipv4 is not None
        subnet = str(wants.ipv4.subnet)
        if wants.internal:
            tables.insert("filter", ONE, "!", "-s", subnet, "-o", bridge, "-j", "DROP")
            tables.insert("filter", ONE, "!", "-d", subnet, "-i", bridge, "-j", "DROP")
            self._icc(wants)
            self._user_chain()
            return
        for rule in self._nat(wants):
            tables.insert("nat", "POSTROUTING", *rule)
        if wants.masquerade and not wants.hairpin:
            tables.insert("nat", "DOCKER", "-i", bridge, "-j", "RETURN")
        self._icc(wants)
        tables.insert("filter", "FORWARD", "-i", bridge, "!", "-o", bridge, "-j", "ACCEPT")
        local = () if wants.hairpin else ("!", "-d", "127.0.0.0/8")
        tables.append("nat", "PREROUTING", *LOCAL, "-j", "DOCKER")
        tables.append("nat", "OUTPUT", *LOCAL, *local, "-j", "DOCKER")
        tables.insert("filter", "FORWARD", "-o", bridge, "-j", "DOCKER")
        tables.insert("filter", "FORWARD", "-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT")
        tables.insert("filter", ONE, "-i", bridge, "!", "-o", bridge, "-j", TWO)
        tables.insert("filter", TWO, "-o", bridge, "-j", "DROP")
        self._user_chain()

    def _nat(self, wants: NetworkWants) -> list[tuple[str, ...]]:
        assert wants.ipv4 is not None
        subnet, bridge, address = str(wants.ipv4.subnet), wants.bridge, wants.ipv4.host_address
        rules: list[tuple[str, ...]] = []
        if wants.masquerade:
            target = ("SNAT", "--to-source", str(address)) if address is not None else ("MASQUERADE",)
            rules.append(("-s", subnet, "!", "-o", bridge, "-j", *target))
        if wants.hairpin:
            rules.append(("-m", "addrtype", "--src-type", "LOCAL", "-o", bridge, "-j", "MASQUERADE"))
        return rules

    def _icc(self, wants: NetworkWants) -> None:
        """Between containers of one bridge: accepted at the top, or dropped at the very end."""
        between = ("-i", wants.bridge, "-o", wants.bridge, "-j")
        if wants.icc:
            self.tables.insert("filter", "FORWARD", *between, "ACCEPT")
        else:
            self.tables.append("filter", "FORWARD", *between, "DROP")

    def del_network(self, wants: NetworkWants) -> None:
        """Take out what `add_network` put in."""
        bridge, tables = wants.bridge, self.tables
        assert wants.ipv4 is not None
        subnet = str(wants.ipv4.subnet)
        tables.delete("filter", "FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT" if wants.icc else "DROP")
        if wants.internal:
            tables.delete("filter", ONE, "!", "-s", subnet, "-o", bridge, "-j", "DROP")
            tables.delete("filter", ONE, "!", "-d", subnet, "-i", bridge, "-j", "DROP")
            return
        for rule in self._nat(wants):
            tables.delete("nat", "POSTROUTING", *rule)
        tables.delete("nat", "DOCKER", "-i", bridge, "-j", "RETURN")
        tables.delete("filter", "FORWARD", "-i", bridge, "!", "-o", bridge, "-j", "ACCEPT")
        tables.delete("filter", "FORWARD", "-o", bridge, "-j", "DOCKER")
        tables.delete("filter", "FORWARD", "-o", bridge, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT")
        tables.delete("filter", ONE, "-i", bridge, "!", "-o", bridge, "-j", TWO)
        tables.delete("filter", TWO, "-o", bridge, "-j", "DROP")

    def add_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """DNAT, acceptance and the container's way to itself, each appended."""
        for port in ports:
            for table, chain, rule in self._port(wants, port):
                self.tables.append(table, chain, *rule)

    def del_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Take them out."""
        for port in ports:
            for table, chain, rule in self._port(wants, port):
                self.tables.delete(table, chain, *rule)

    def _port(self, wants: NetworkWants, port: PortWants) -> list[tuple[str, str, tuple[str, ...]]]:
        if not isinstance(port.container, IPv4):
            return []
        bridge, inside, outside = wants.bridge, str(port.container), str(port.host_ip)
        protocol, number = ("-p", port.port.protocol), str(port.port.number)
        to = ("!", "-i", bridge) if not wants.hairpin else ()
        where = ("0/0",) if outside == "0.0.0.0" else (outside,)
        return [
            ("nat", "DOCKER", (*protocol, "-d", *where, "--dport", str(port.host_port), "-j", "DNAT", "--to-destination", f"{inside}:{number}", *to)),
            ("filter", "DOCKER", ("!", "-i", bridge, "-o", bridge, *protocol, "-d", inside, "--dport", number, "-j", "ACCEPT")),
            ("nat", "POSTROUTING", (*protocol, "-s", inside, "-d", inside, "--dport", number, "-j", "MASQUERADE")),
        ]

    def add_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Both directions of each exposed port (`iptables.ProgramChain`, `linkContainers`)."""
        for rule in self._link(wants, link):
            self.tables.append("filter", "DOCKER", *rule)

    def del_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Take them out."""
        for rule in self._link(wants, link):
            self.tables.delete("filter", "DOCKER", *rule)

    def _link(self, wants: NetworkWants, link: LinkWants) -> list[tuple[str, ...]]:
        rules: list[tuple[str, ...]] = []
        for port in link.ports:
            between, protocol, number = ("-i", wants.bridge, "-o", wants.bridge), ("-p", port.protocol), str(port.number)
            rules.append((*between, *protocol, "-s", str(link.parent), "-d", str(link.child), "--dport", number, "-j", "ACCEPT"))
            rules.append((*between, *protocol, "-s", str(link.child), "-d", str(link.parent), "--sport", number, "-j", "ACCEPT"))
        return rules
