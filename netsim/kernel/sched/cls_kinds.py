"""The kinds of filters: u32, fw, matchall and flower (`cls_u32.c`, `cls_fw.c`, `cls_matchall.c`, `cls_flower.c`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import attrs

from netsim.errors import EEXIST, EINVAL, NetError
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.cls import FIRST_HASH_TABLE, GO_ON, TC_ACT_OK, Proto, Rule, Verdict
from netsim.kernel.sched.qdisc import MAJOR
from netsim.packet import Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, Ip, Ip6, Tcp, Udp
from netsim.packet.encode import encode

FW_BUCKETS = 256


@attrs.frozen
class U32Key:
    """So many bits of 32 at an offset from the network header, or from the header behind it (`struct tc_u32_key`)."""

    value: int
    mask: int
    offset: int
    is_behind: int = 0


@attrs.frozen
class U32Match:
    """All keys of one rule."""

    keys: tuple[U32Key, ...] = ()
    is_old_police: int = 0
    """Whether what becomes of a frame was said by `police` alone."""

    def found(self, skb: SkBuff) -> int:
        """How many keys, from the first on, are in the frame's bytes (`u32_classify`)."""
        packet = skb.packet
        data = packet if type(packet) is bytes else encode(packet)
        for place, key in enumerate(self.keys):
            at = key.offset
            if key.is_behind:
                at += (data[0] & 0xF) * 4 if data and data[0] >> 4 == 4 else 40
            if at < 0 or at + 4 > len(data) or (int.from_bytes(data[at : at + 4], "big") ^ key.value) & key.mask:
                return place
        return len(self.keys)


@attrs.define(eq=False)
class U32(Proto):
    """Rules with keys, in a table of its own whose number begins their handles."""

    kind: ClassVar[str] = "u32"

    table: int = FIRST_HASH_TABLE

    def free_handle(self) -> int:
        """800 and what follows, in this table (`gen_new_kid`)."""
        return next(self.table << 20 | number for number in range(0x800, 0x1000) if self.table << 20 | number not in self.rules)

    def put(self, rule: Rule) -> None:
        """A rule that is there keeps its keys, whatever is said (`u32_change`)."""
        known = self.rules.get(rule.handle)
        if known is not None:
            rule.match = known.match
        super().put(rule)

    def listed(self) -> Iterator[Rule]:
        """By their numbers."""
        return iter([self.rules[handle] for handle in sorted(self.rules)])

    def classify(self, skb: SkBuff, length: int) -> Verdict:
        """What the first rule by number says that matches and has something to say; one without class and actions never has."""
        for rule in self.listed():
            rule.hits += 1
            found = rule.match.found(skb)
            rule.key_hits = [count + (place < found) for place, count in enumerate(rule.key_hits or [0] * len(rule.match.keys))]
            if found == len(rule.match.keys):
                rule.successes += 1
                if not rule.classid and not rule.actions:
                    continue
                verdict = rule.execute(skb, length)
                if verdict >= 0:
                    return verdict, rule.classid
        return GO_ON


@attrs.frozen
class FwMatch:
    """A mark under a mask."""

    mark: int
    mask: int = 0xFFFFFFFF

    def matches(self, skb: SkBuff) -> bool:
        """Whether the frame has it."""
        return skb.mark & self.mask == self.mark


@attrs.define(eq=False)
class Fw(Proto):
    """Marks that choose classes; without any rule a mark is the class itself."""

    kind: ClassVar[str] = "fw"

    def classify(self, skb: SkBuff, length: int) -> Verdict:
        """What the rule of its mark says (`fw_classify`)."""
        if self.rules:
            return super().classify(skb, length)
        if skb.mark and skb.mark & MAJOR in (0, self.block.qdisc.handle):
            return TC_ACT_OK, skb.mark
        return GO_ON

    def put(self, rule: Rule) -> None:
        """All rules of a priority have one mask; EINVAL."""
        if any(known.match.mask != rule.match.mask for known in self.rules.values()):
            raise NetError(EINVAL)
        super().put(rule)

    def listed(self) -> Iterator[Rule]:
        """By the kernel's hash, the newest first."""
        newest_first = list(self.rules.values())[::-1]
        return iter(sorted(newest_first, key=_fw_bucket))


def _fw_bucket(rule: Rule) -> int:
    return (rule.handle ^ rule.handle >> 8) % FW_BUCKETS


@attrs.define(eq=False)
class Matchall(Proto):
    """One rule for all frames."""

    kind: ClassVar[str] = "matchall"

    def put(self, rule: Rule) -> None:
        """There is only one; EEXIST."""
        if any(handle != rule.handle for handle in self.rules):
            raise NetError(EEXIST)
        super().put(rule)


@attrs.frozen
class FlowerMatch:
    """Fields of the headers and what they must be, in the order they are told; each with a mask or the end of a range (`struct fl_flow_key`)."""

    keys: tuple[tuple[str, int, int], ...] = ()
    indev: str = ""
    flags: tuple[str, ...] = ()

    def matches(self, skb: SkBuff) -> bool:
        """Whether the frame's headers say so (`fl_classify`)."""
        if self.indev:
            dev = skb.dev.netns.devices.get(skb.iif)
            if dev is None or dev.name != self.indev:
                return False
        if not self.keys:
            return True
        found = dissect(skb)
        for name, value, mask in self.keys:
            have = found.get(name)
            if have is None:
                return False
            if name in ("src_port", "dst_port"):
                if not value <= have <= mask:
                    return False
            elif (have ^ value) & mask:
                return False
        return True


def dissect(skb: SkBuff) -> dict[str, int]:
    """The fields of a frame by flower's names (`skb_flow_dissect`)."""
    found: dict[str, int] = {"dst_mac": skb.dst, "src_mac": skb.src, "eth_type": skb.vlan >> 16 if skb.vlan else skb.protocol}
    packet = skb.packet
    if isinstance(packet, Ip):
        found |= {"src_ip": packet.src, "dst_ip": packet.dst, "ip_proto": packet.protocol, "ip_tos": packet.tos, "ip_ttl": packet.ttl}
    elif isinstance(packet, Ip6):
        found |= {"src_ip": packet.src, "dst_ip": packet.dst, "ip_proto": packet.nexthdr, "ip_tos": packet.tclass, "ip_ttl": packet.hop_limit}
    else:
        return found
    header: Any = packet.payload
    if isinstance(header, Tcp | Udp):
        found |= {"src_port": header.sport, "dst_port": header.dport}
        if isinstance(header, Tcp):
            found["tcp_flags"] = header.flags
    elif isinstance(header, IcmpEcho | IcmpError | Icmp6Echo | Icmp6Error):
        found |= {"icmp_type": header.type, "icmp_code": getattr(header, "code", 0)}
    return found


@attrs.define(eq=False)
class Flower(Proto):
    """Rules by fields of headers."""

    kind: ClassVar[str] = "flower"

    def put(self, rule: Rule) -> None:
        """No two rules of a priority have the same keys; EEXIST (`fl_ht_insert_unique`)."""
        if any(known.match.keys == rule.match.keys and handle != rule.handle for handle, known in self.rules.items()):
            raise NetError(EEXIST)
        super().put(rule)


KINDS: dict[str, type[Proto]] = {"u32": U32, "fw": Fw, "matchall": Matchall, "flower": Flower}
