"""The rules of 29 with nftables (`drivers/bridge/internal/nftabler`): two tables of the daemon's own, verdict maps by interface.

A change is one transaction: chains that change are emptied and written anew, so their counters start again, as with the real daemon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from netsim.addr import IPv4
from netsim.docker.errors import failed
from netsim.docker.firewall.mark import for_nftables
from netsim.docker.firewall.wants import NAT, NAT_UNPROTECTED, ROUTED, FamilyWants, LinkWants, NetworkWants, PortWants
from netsim.docker.firewall.writer import Firewall, Runner

FORWARD_IN, FORWARD_OUT, POST_IN, POST_OUT = "filter-forward-in", "filter-forward-out", "nat-postrouting-in", "nat-postrouting-out"
MAPS = (FORWARD_IN, FORWARD_OUT, POST_IN, POST_OUT)
DNAT, RAW = "nat-prerouting-and-output", "raw-PREROUTING"
FIRST, ICMP, MARK, LINKS, BETWEEN, PORTS, LAST = range(7)
"""Places of rules in a chain: rules of one place stand in the order in which they came."""
BASE = {
    "filter-FORWARD": "filter hook forward priority filter",
    "nat-OUTPUT": "nat hook output priority -100",
    "nat-POSTROUTING": "nat hook postrouting priority srcnat",
    "nat-PREROUTING": "nat hook prerouting priority dstnat",
    DNAT: "",
    RAW: "filter hook prerouting priority raw",
}
Rule = tuple[str, int, str]
"""Chain, place, text."""


@attrs.define(eq=False)
class Table:
    """One of the two tables as it should be, and which chains differ from what the kernel has."""

    run: Runner
    family: str
    chains: dict[str, list[tuple[int, str]]] = attrs.field(factory=dict)
    changed: set[str] = attrs.field(factory=set)
    pending: list[str] = attrs.field(factory=list)

    @property
    def name(self) -> str:
        """The family and the table's name."""
        return f"{self.family} docker-bridges"

    def add(self, rules: Iterator[Rule]) -> None:
        """Put rules in."""
        for chain, place, text in rules:
            self.chains[chain].append((place, text))
            self.changed.add(chain)

    def remove(self, rules: Iterator[Rule]) -> None:
        """Take rules out."""
        for chain, place, text in rules:
            if (place, text) in self.chains.get(chain, ()):
                self.chains[chain].remove((place, text))
                self.changed.add(chain)

    def apply(self) -> None:
        """Hand the change to the kernel."""
        commands = [*self.pending]
        for chain in self.chains:
            if chain in self.changed:
                commands.append(f"flush chain {self.name} {chain}")
                commands += [f"add rule {self.name} {chain} {text}" for _, text in sorted(self.chains[chain], key=_place)]
        self.pending, self.changed = [], set()
        if commands:
            done = self.run(("nft", "; ".join(commands)))
            if done.status:
                raise failed(f"failed to update nftables: {done.stderr.strip()}")


def _place(rule: tuple[int, str]) -> int:
    return rule[0]


@attrs.define(eq=False)
class Nftabler(Firewall):
    """One engine's rules. The fields are `Iptabler`'s."""

    run: Runner
    hairpin: int = 0
    direct: int = 0
    wsl2: int = 0
    has_ipv6: int = 1
    has_ipv4: int = 1
    four: Table = attrs.field(init=False)
    six: Table = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.four, self.six = Table(self.run, "ip"), Table(self.run, "ip6")

    def start(self, forward_drop: int) -> None:
        """The tables with their base chains and empty maps."""
        for table, loopback in ((self.four, "ip daddr != 127.0.0.0/8 "), (self.six, "ip6 daddr != ::1 ")):
            if not (self.has_ipv6 if table is self.six else self.has_ipv4):
                continue
            table.pending = [f"add table {table.name}", f"delete table {table.name}", f"add table {table.name}"]
            table.pending += [f"add map {table.name} {name}-jumps {{ type ifname : verdict; }}" for name in MAPS]
            for chain, hook in BASE.items():
                table.chains[chain] = []
                table.pending.append(f"add chain {table.name} {chain}" + (f" {{ type {hook}; policy accept; }}" if hook else ""))
            table.add(iter(self._base(table, "" if self.hairpin else loopback)))
            table.apply()

    def _base(self, table: Table, loopback: str) -> list[Rule]:
        rules = [
            ("filter-FORWARD", FIRST, f"oifname vmap @{FORWARD_IN}-jumps"), ("filter-FORWARD", FIRST, f"iifname vmap @{FORWARD_OUT}-jumps"),
            ("nat-OUTPUT", FIRST, f"{loopback}fib daddr type local counter jump {DNAT}"),
            ("nat-POSTROUTING", FIRST, f"iifname vmap @{POST_OUT}-jumps"), ("nat-POSTROUTING", FIRST, f"oifname vmap @{POST_IN}-jumps"),
            ("nat-PREROUTING", FIRST, f"fib daddr type local counter jump {DNAT}"),
        ]  # fmt: skip
        if self.wsl2 and not self.hairpin and table is self.four:
            rules.append((DNAT, FIRST, 'iifname "loopback0" ip daddr 127.0.0.0/8 counter return'))
        return rules

    def _each(self, wants: NetworkWants) -> Iterator[tuple[Table, FamilyWants]]:
        if wants.ipv4 is not None and self.has_ipv4:
            yield self.four, wants.ipv4
        if wants.ipv6 is not None and self.has_ipv6:
            yield self.six, wants.ipv6

    def add_network(self, wants: NetworkWants) -> None:
        """Four chains, and the maps' ways to them."""
        for table, family in self._each(wants):
            for name in MAPS:
                chain = f"{name}__{wants.bridge}"
                table.chains[chain] = []
                table.pending += [f"add chain {table.name} {chain}", f'add element {table.name} {name}-jumps {{ "{wants.bridge}" : jump {chain} }}']
            table.add(self._network(wants, family, table))
            table.apply()

    def del_network(self, wants: NetworkWants) -> None:
        """Take them out."""
        for table, _ in self._each(wants):
            gone: list[str] = []
            for name in MAPS:
                chain = f"{name}__{wants.bridge}"
                if table.chains.pop(chain, None) is not None:
                    table.pending.append(f'delete element {table.name} {name}-jumps {{ "{wants.bridge}" }}')
                    gone += [f"flush chain {table.name} {chain}", f"delete chain {table.name} {chain}"]
            table.pending += gone
            table.apply()

    def _network(self, wants: NetworkWants, family: FamilyWants, table: Table) -> Iterator[Rule]:
        br, ip = wants.bridge, table.family
        into, out = f"{FORWARD_IN}__{br}", f"{FORWARD_OUT}__{br}"
        verdict = "accept" if wants.icc else "drop"
        for chain in (into, out):
            yield chain, FIRST, "ct state established,related counter accept"
        if wants.internal:
            yield into, FIRST, f'iifname != "{br}" counter drop comment "INTERNAL NETWORK INGRESS"'
            yield into, BETWEEN, f'counter {verdict} comment "ICC"'
            yield out, FIRST, f'oifname != "{br}" counter drop comment "INTERNAL NETWORK EGRESS"'
            return
        if family.mode == ROUTED:
            yield into, ICMP, f'{"ip protocol icmp" if ip == "ip" else "meta l4proto ipv6-icmp"} counter accept comment "ICMP"'
        if wants.fwmark:
            yield into, MARK, f'meta mark {for_nftables(wants.fwmark)} counter accept comment "ALLOW FW MARK"'
        yield into, BETWEEN, f'iifname "{br}" counter {verdict} comment "ICC"'
        yield into, LAST, 'counter accept comment "UNPROTECTED"' if family.mode == NAT_UNPROTECTED else 'counter drop comment "UNPUBLISHED PORT DROP"'
        yield out, LAST, 'counter accept comment "OUTGOING"'
        host = family.host_address
        if wants.hairpin:
            target = 'masquerade comment "MASQUERADE FROM HOST"' if host is None else f'snat to {host} comment "SNAT FROM HOST"'
            yield f"{POST_IN}__{br}", FIRST, f"fib saddr type local counter {target}"
        if wants.masquerade and family.mode != ROUTED:
            target = 'masquerade comment "MASQUERADE"' if host is None else f'snat to {host} comment "SNAT"'
            yield f"{POST_OUT}__{br}", FIRST, f'oifname != "{br}" {ip} saddr {family.subnet} counter {target}'

    # endpoints and ports -------------------------------------------------------------------------------------------------

    def add_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """Nobody reaches the address past its network."""
        for table, family in self._each(wants):
            table.add(self._endpoint(wants, family, table, addresses))
            table.apply()

    def del_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """Take that out."""
        for table, family in self._each(wants):
            table.remove(self._endpoint(wants, family, table, addresses))
            table.apply()

    def _endpoint(self, wants: NetworkWants, family: FamilyWants, table: Table, addresses: Sequence[object]) -> Iterator[Rule]:
        if self.direct or wants.internal or family.mode != NAT:
            return
        for address in addresses:
            if isinstance(address, IPv4) == (table is self.four):
                own = {wants.bridge, *wants.trusted}
                names = f'"{wants.bridge}"' if len(own) == 1 else "{ " + ", ".join(f'"{name}"' for name in sorted(own)) + " }"
                yield RAW, FIRST, f'{table.family} daddr {address} iifname != {names} counter drop comment "DROP DIRECT ACCESS"'

    def add_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Translation, acceptance, and the container's way to itself."""
        for table, _ in self._each(wants):
            table.add(rule for port in ports for rule in self._port(wants, table, port))
            table.apply()

    def del_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Take them out."""
        for table, _ in self._each(wants):
            table.remove(rule for port in ports for rule in self._port(wants, table, port))
            table.apply()

    def _port(self, wants: NetworkWants, table: Table, port: PortWants) -> Iterator[Rule]:
        is_four = isinstance(port.container, IPv4)
        family = wants.ipv4 if is_four else wants.ipv6
        if is_four != (table is self.four) or type(port.host_ip) is not type(port.container) or family is None:
            return
        ip, br, inside, number, protocol = table.family, wants.bridge, port.container, port.port.number, port.port.protocol
        if port.host_port:
            words = [] if wants.hairpin else [f'iifname != "{br}"']
            words += [] if is_four else ["ip6 saddr != fe80::/10"]
            words += [] if port.host_ip == 0 else [f"{ip} daddr {port.host_ip}"]
            target = f"{inside}:{number}" if is_four else f"[{inside}]:{number}"
            yield DNAT, PORTS, f'{" ".join([*words, f"{protocol} dport {port.host_port}"])} counter dnat to {target} comment "DNAT"'
            if wants.hairpin:
                own = f"{ip} saddr {inside} {ip} daddr {inside} {protocol} dport {number}"
                yield f"{POST_IN}__{br}", PORTS, f'{own} counter masquerade comment "MASQ TO OWN PORT"'
        if is_four and port.host_ip >> 24 == 127 and port.host_port:
            near = f"ip daddr {port.host_ip} {protocol} dport {port.host_port} counter"
            if self.wsl2:
                yield RAW, FIRST, f'iifname "loopback0" {near} accept comment "ACCEPT WSL2 LOOPBACK"'
            yield RAW, FIRST, f'iifname != "lo" {near} drop comment "DROP REMOTE LOOPBACK"'
        if family.mode != NAT_UNPROTECTED:
            yield f"{FORWARD_IN}__{br}", PORTS, f"{ip} daddr {inside} {protocol} dport {number} counter accept"

    # links ---------------------------------------------------------------------------------------------------------------

    def add_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Both directions of each exposed port."""
        if not self.has_ipv4:
            return
        self.four.add(self._link(wants, link))
        self.four.apply()

    def del_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """Take them out."""
        self.four.remove(self._link(wants, link))
        self.four.apply()

    def _link(self, wants: NetworkWants, link: LinkWants) -> Iterator[Rule]:
        chain = f"{FORWARD_IN}__{wants.bridge}"
        for port in link.ports:
            way = f"{port.protocol} dport {port.number} counter accept"
            yield chain, LINKS, f'ip saddr {link.parent} ip daddr {link.child} {way} comment "LINK"'
            back = f"{port.protocol} sport {port.number} counter accept"
            yield chain, LINKS, f'ip saddr {link.child} ip daddr {link.parent} {back} comment "LINK"'
