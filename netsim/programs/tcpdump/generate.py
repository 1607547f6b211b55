"""From what a filter says to conditions on bytes (libpcap's `gencode.c`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.programs.tcpdump.frames import COOKED1, COOKED2, ETHERNET
from netsim.programs.tcpdump.predicate import MASK, Always, And, Condition, Constant, Field, Load, Not, Or, Outgoing, Relation, Wide
from netsim.programs.tcpdump.words import FilterError

ETHERTYPES = {"ip": 0x0800, "arp": 0x0806, "rarp": 0x8035, "ip6": 0x86DD, "atalk": 0x809B, "aarp": 0x80F3, "decnet": 0x6003, "lat": 0x6004,
              "sca": 0x6007, "moprc": 0x6002, "mopdl": 0x6001}  # fmt: skip
PROTOCOLS = {
    "tcp": 6,
    "udp": 17,
    "sctp": 132,
    "icmp": 1,
    "igmp": 2,
    "igrp": 9,
    "pim": 103,
    "vrrp": 112,
    "carp": 112,
    "ah": 51,
    "esp": 50,
    "icmp6": 58,
}
BOTH_FAMILIES = ("tcp", "udp", "sctp", "pim", "ah", "esp")
LINKS = {ETHERNET: (12, 14), COOKED2: (0, 20), COOKED1: (14, 16)}
TAGS = (0x8100, 0x88A8, 0x9100)
STP_SAP = 0x42
NO_ETHERNET = "ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel"
NO_MULTICAST = "link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel"


@attrs.frozen
class Qualifiers:
    """What stands before a name or number: protocol, direction, kind ("" where nothing stands)."""

    proto: str = ""
    direction: str = ""
    kind: str = ""


@attrs.define
class Generator:
    """Makes conditions; `vlan` moves where the rest looks, so it counts what came before. `netmask` is the captured device's, None unknown."""

    link: int = ETHERNET
    netmask: int | None = None
    is_live: bool = True
    type_at: int = 12
    network: int = 14

    def __attrs_post_init__(self) -> None:
        self.type_at, self.network = LINKS[self.link]

    # link layer ----------------------------------------------------------------------------------------------------------

    def ethertype(self, number: int) -> Condition:
        """Frames of a type."""
        return Relation("=", Field(self.type_at, 2), Constant(number))

    def stp(self) -> Condition:
        """Spanning tree frames."""
        return And(Relation("<=", Field(self.type_at, 2), Constant(1500)), Relation("=", Field(self.network, 1), Constant(STP_SAP)))

    def mac(self, address: bytes, direction: str) -> Condition:
        """Frames to or from an Ethernet address."""
        if self.link != ETHERNET:
            raise FilterError(NO_ETHERNET)
        number = int.from_bytes(address, "big")
        everything = (1 << 48) - 1
        return _directed(direction, Relation("=", Wide(6, 6, everything), Constant(number)), Relation("=", Wide(0, 6, everything), Constant(number)))

    def broadcast(self, proto: str) -> Condition:
        """Frames to everybody, or packets to a network's broadcast addresses."""
        if proto in ("", "ether"):
            if self.link != ETHERNET:
                raise FilterError("not a broadcast link")
            return self.mac(b"\xff" * 6, "dst")
        if proto == "ip":
            if self.netmask is None:
                raise FilterError("netmask not known, so 'ip broadcast' not supported")
            hosts = ~self.netmask & MASK
            target = Field(self.network + 16, 4, hosts)
            return And(self.ethertype(0x0800), Or(Relation("=", target, Constant(0)), Relation("=", target, Constant(hosts))))
        raise FilterError("only link-layer/IP broadcast filters supported")

    def multicast(self, proto: str) -> Condition:
        """Frames or packets to groups."""
        if proto in ("", "ether"):
            if self.link != ETHERNET:
                raise FilterError(NO_MULTICAST)
            return Relation("!=", Field(0, 1, 1), Constant(0))
        if proto == "ip":
            return And(self.ethertype(0x0800), Relation(">=", Field(self.network + 16, 1), Constant(224)))
        if proto == "ip6":
            return And(self.ethertype(0x86DD), Relation("=", Field(self.network + 24, 1), Constant(255)))
        raise FilterError(NO_MULTICAST)

    def outgoing(self, wanted: bool) -> Condition:  # noqa: FBT001 (a word of the language: outbound or inbound)
        """Frames by direction, which only a live capture knows."""
        if self.link == COOKED2:
            sent = Relation("=", Field(10, 1), Constant(4))
            return sent if wanted else Not(sent)
        if self.link == COOKED1:
            sent = Relation("=", Field(0, 2), Constant(4))
            return sent if wanted else Not(sent)
        if not self.is_live:
            raise FilterError("inbound/outbound not supported on Ethernet when reading savefiles")
        return Outgoing(wanted)

    def vlan(self, number: int | None) -> Condition:
        """Tagged frames; what follows in the expression looks behind the tag."""
        if number is not None and number > 4095:
            raise FilterError(f"VLAN tag {number} greater than maximum 4095")
        if self.link != ETHERNET:
            raise FilterError("no VLAN support for Linux cooked v2" if self.link == COOKED2 else "no VLAN support for Linux cooked v1")
        tagged = _any([self.ethertype(tag) for tag in TAGS])
        if number is not None:
            tagged = And(tagged, Relation("=", Field(self.network, 2, 0x0FFF), Constant(number)))
        self.type_at += 4
        self.network += 4
        return tagged

    # protocols -----------------------------------------------------------------------------------------------------------

    def protocol(self, name: str) -> Condition:
        """A protocol's name alone."""
        if name == "ether":
            return Always(answer=True)
        if name in ETHERTYPES:
            return self.ethertype(ETHERTYPES[name])
        if name == "stp":
            return self.stp()
        number = PROTOCOLS[name]
        if name in BOTH_FAMILIES:
            return Or(self.carried(number, "ip"), self.carried(number, "ip6"))
        return self.carried(number, "ip6" if name == "icmp6" else "ip")

    def carried(self, number: int, family: str) -> Condition:
        """IP packets that carry a protocol."""
        if family == "ip":
            return And(self.ethertype(0x0800), Relation("=", Field(self.network + 9, 1), Constant(number)))
        following = Field(self.network + 6, 1)
        fragment = And(Relation("=", following, Constant(44)), Relation("=", Field(self.network + 40, 1), Constant(number)))
        return And(self.ethertype(0x86DD), Or(fragment, Relation("=", following, Constant(number))))

    def numbered(self, number: int, proto: str) -> Condition:
        """`proto NUMBER` with what stands before it."""
        if proto == "":
            return Or(self.carried(number, "ip"), self.carried(number, "ip6"))
        if proto in ("ip", "ip6"):
            return self.carried(number, proto)
        if proto == "ether":
            return self.ethertype(number)
        if proto in ("arp", "rarp", "atalk", "decnet", "lat", "sca", "moprc", "mopdl"):
            raise FilterError(f"{proto} does not encapsulate another protocol")
        raise FilterError(f"'{proto} proto' is bogus")

    def unfragmented(self) -> Condition:
        """First or only fragments."""
        return Relation("=", Field(self.network + 6, 2, 0x1FFF), Constant(0))

    # addresses -----------------------------------------------------------------------------------------------------------

    def host(self, address: int, mask: int, quals: Qualifiers) -> Condition:
        """IPv4 addresses under a mask; ARP's too."""
        kind = "net" if quals.kind == "net" else "host"
        if quals.proto == "":
            return _any([self._host4(address, mask, quals.direction, name) for name in ("ip", "arp", "rarp")])
        if quals.proto in ("ip", "arp", "rarp"):
            return self._host4(address, mask, quals.direction, quals.proto)
        if quals.proto == "ether":
            raise FilterError("link layer applied in wrong context")
        if quals.proto == "ip6":
            raise FilterError("'ip6' modifier applied to ip host")
        raise FilterError(f"'{quals.proto}' modifier applied to {kind}")

    def _host4(self, address: int, mask: int, direction: str, name: str) -> Condition:
        source, target = (12, 16) if name == "ip" else (14, 24)
        wanted = Constant(address & mask)
        pair = _directed(
            direction,
            Relation("=", Field(self.network + source, 4, mask), wanted),
            Relation("=", Field(self.network + target, 4, mask), wanted),
        )
        return And(self.ethertype(ETHERTYPES[name]), pair)

    def host6(self, address: int, mask: int, quals: Qualifiers) -> Condition:
        """IPv6 addresses under a mask."""
        if quals.proto not in ("", "ip6"):
            if quals.proto == "ether":
                raise FilterError("link layer applied in wrong context")
            kind = "ip6 host" if quals.proto in ("ip", "arp", "rarp") else ("net" if quals.kind == "net" else "host")
            raise FilterError(f"'{quals.proto}' modifier applied to {kind}")
        # Words that the mask leaves out are not read at all.
        words = sum(1 for place in range(4) if mask >> (96 - 32 * place) & MASK)
        if not words:
            return self.ethertype(0x86DD)
        cut = 128 - 32 * words
        wanted = Constant((address & mask) >> cut)
        pair = _directed(
            quals.direction,
            Relation("=", Wide(self.network + 8, 4 * words, mask >> cut), wanted),
            Relation("=", Wide(self.network + 24, 4 * words, mask >> cut), wanted),
        )
        return And(self.ethertype(0x86DD), pair)

    def hosts(self, addresses: Sequence[IPv4 | IPv6], quals: Qualifiers) -> Condition:
        """Any of several addresses, as a name has."""
        found: list[Condition] = []
        for address in addresses:
            if isinstance(address, IPv6):
                if quals.proto not in ("ip", "arp", "rarp"):
                    found.append(self.host6(int(address), (1 << 128) - 1, quals))
            elif quals.proto != "ip6":
                found.append(self.host(int(address), MASK, quals))
        if not found:
            raise FilterError("unknown host")
        return _any(found)

    # ports ---------------------------------------------------------------------------------------------------------------

    def ports(self, low: int, high: int, quals: Qualifiers, transports: Sequence[str]) -> Condition:
        """Ports of TCP, UDP and SCTP in both families; later fragments have none."""
        return Or(
            _any([self._ports(low, high, quals.direction, PROTOCOLS[name], "ip") for name in transports]),
            _any([self._ports(low, high, quals.direction, PROTOCOLS[name], "ip6") for name in transports]),
        )

    def _ports(self, low: int, high: int, direction: str, protocol: int, family: str) -> Condition:
        if family == "ip":
            known: Condition = And(self.carried(protocol, "ip"), self.unfragmented())
            source, target = Field(0, 2, MASK, self.network), Field(2, 2, MASK, self.network)
        else:
            known = And(self.ethertype(0x86DD), Relation("=", Field(self.network + 6, 1), Constant(protocol)))
            source, target = Field(self.network + 40, 2), Field(self.network + 42, 2)
        return And(known, _directed(direction, _within(source, low, high), _within(target, low, high)))

    # arithmetic ----------------------------------------------------------------------------------------------------------

    def load(self, proto: str, index: Any, size: int) -> tuple[Any, Condition | None]:
        """A number of a protocol's header, and what must be so for it to be there."""
        if proto == "ether":
            return Load(index, size, 0), None
        if proto in ("ip", "ip6", "arp", "rarp", "atalk", "decnet", "lat", "sca", "moprc", "mopdl"):
            return Load(index, size, self.network), self.ethertype(ETHERTYPES[proto])
        if proto == "icmp6":
            return Load(index, size, self.network + 40), self.carried(58, "ip6")
        if proto in ("tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp"):
            return Load(index, size, self.network, behind_ipv4=True), And(self.carried(PROTOCOLS[proto], "ip"), self.unfragmented())
        raise FilterError("unsupported index operation")


def _any(conditions: Sequence[Condition]) -> Condition:
    found = conditions[0]
    for condition in conditions[1:]:
        found = Or(found, condition)
    return found


def _within(field: Any, low: int, high: int) -> Condition:
    if low == high:
        return Relation("=", field, Constant(low))
    return And(Relation(">=", field, Constant(low)), Relation("<=", field, Constant(high)))


_COMBINED: dict[str, Callable[[Condition, Condition], Condition]] = {"and": And, "or": Or, "": Or}


def _directed(direction: str, source: Condition, target: Condition) -> Condition:
    """One or both ends, as asked."""
    if direction == "src":
        return source
    if direction == "dst":
        return target
    return _COMBINED[direction](source, target)
