"""flower's words (iproute2 `tc/f_flower.c`)."""

from __future__ import annotations

import re
from typing import Any

import attrs

from netsim.addr import MAC, IPv4, IPv6, mask4, mask6
from netsim.commands.ip.words import Stop, Words, prefix
from netsim.commands.tc import units
from netsim.commands.tc.usage_classes import FLOWER
from netsim.kernel.sched.cls_kinds import FlowerMatch

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmpv6": 58}
ETH_TYPES = {0x800: "ipv4", 0x86DD: "ipv6", 0x806: "arp"}
ORDER = (
    "dst_mac",
    "src_mac",
    "eth_type",
    "ip_proto",
    "ip_tos",
    "ip_ttl",
    "dst_ip",
    "src_ip",
    "dst_port",
    "src_port",
    "tcp_flags",
    "icmp_type",
    "icmp_code",
)
UNMODELLED = re.compile(r"(c?vlan|mpls|pppoe|ppp_|arp_|enc_|geneve|vxlan|erspan|gtp|ct_|ip_flags|num_of|verbose|l2tp|hw_tc)")


@attrs.define(eq=False)
class Reading:
    """Keys by name: what they must be, and a mask or the end of a range."""

    keys: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    indev: str = ""
    flags: tuple[str, ...] = ()

    def match(self, protocol: int) -> FlowerMatch:
        """What the rule looks at, the protocol of its priority too."""
        if protocol != 3:
            self.keys["eth_type"] = protocol, 0xFFFF
        return FlowerMatch(tuple([(name, *self.keys[name]) for name in ORDER if name in self.keys]), self.indev, self.flags)


def _illegal(name: str) -> Stop:
    return Stop(f'Illegal "{name}"\n', 1)


def read(reading: Reading, cursor: Words, word: str, protocol: int) -> None:
    """One word and its value (`flower_parse_opt`)."""
    if word in ("src_ip", "dst_ip"):
        _address(reading, cursor, word, protocol)
    elif word in ("src_mac", "dst_mac"):
        _mac(reading, cursor, word)
    elif word == "ip_proto":
        value = cursor.argument()
        number = PROTOCOLS.get(value)
        if number is None:
            number = int(value, 16) if re.fullmatch(r"(0x)?[0-9a-fA-F]{1,2}", value) else None
        if number is None or protocol not in (0x800, 0x86DD):
            raise _illegal(word)
        reading.keys[word] = number, 0xFF
    elif word in ("src_port", "dst_port"):
        _port(reading, cursor, word)
    elif word in ("ip_tos", "ip_ttl", "tcp_flags"):
        _masked(reading, cursor, word, 0xFFF if word == "tcp_flags" else 0xFF)
    elif word in ("type", "code"):
        if reading.keys.get("ip_proto", (0, 0))[0] not in (1, 58):
            raise _illegal("icmp type" if word == "type" else "icmp code")
        _masked(reading, cursor, f"icmp_{word}", 0xFF)
    elif word == "indev":
        reading.indev = cursor.argument()
    elif word in ("skip_hw", "skip_sw"):
        reading.flags = (*reading.flags, word)
    elif UNMODELLED.match(word):
        raise Stop(f'netsim: "tc filter flower {word}" is not modelled\n', 1)
    elif word == "help":
        raise Stop(FLOWER, 1)
    else:
        raise Stop(f'What is "{word}"?\n{FLOWER}', 1)


def _address(reading: Reading, cursor: Words, word: str, protocol: int) -> None:
    family = {0x800: 2, 0x86DD: 10}.get(protocol)
    argument = cursor.argument()
    if family is None:
        raise _illegal(word)
    found = prefix(argument, family)
    mask = mask4(found.length) if family == 2 else mask6(found.length)
    reading.keys[word] = int(found.address or 0) & mask, mask


def _mac(reading: Reading, cursor: Words, word: str) -> None:
    address, slash, mask = cursor.argument().partition("/")
    try:
        value = MAC.parse(address)
        if not slash:
            width = (1 << 48) - 1
        elif mask.isdigit():
            width = (1 << 48) - (1 << (48 - int(mask)))
        else:
            width = int(MAC.parse(mask))
    except ValueError:
        raise _illegal(word) from None
    reading.keys[word] = int(value), width


def _port(reading: Reading, cursor: Words, word: str) -> None:
    told = re.fullmatch(r"(\d+)(-(\d+))?", cursor.argument())
    if told is None or reading.keys.get("ip_proto", (0, 0))[0] not in (6, 17, 132) or int(told[3] or told[1]) > 0xFFFF:
        raise _illegal(word)
    first, last = int(told[1]), int(told[3] or told[1])
    if last < first or (told[3] and first == last):
        raise _illegal(word)
    reading.keys[word] = first, last


def _masked(reading: Reading, cursor: Words, name: str, most: int) -> None:
    value, slash, mask = cursor.argument().partition("/")
    found = units.get_number(value, 0, most)
    width = most if not slash else units.get_number(mask, 0, most)
    if found is None or width is None:
        raise _illegal(name)
    reading.keys[name] = found, width


def lines(match: FlowerMatch) -> list[str]:
    """The keys as tc prints them, one to a line (`flower_print_opt`)."""
    told = [f"indev {match.indev}"] if match.indev else []
    family = 6
    for name, value, mask in match.keys:
        if name == "eth_type":
            family = 4 if value == 0x800 else 6
            told.append(f"eth_type {ETH_TYPES.get(value, f'{value:04x}')}")
        elif name == "ip_proto":
            told.append(f"ip_proto {next((known for known, number in PROTOCOLS.items() if number == value), f'{value:02x}')}")
        elif name in ("src_ip", "dst_ip"):
            told.append(f"{name} {_prefix(value, mask, family)}")
        elif name in ("src_mac", "dst_mac"):
            bits = mask.bit_count()
            told.append(f"{name} {MAC(value)}" + (f"/{bits}" if bits < 48 else ""))
        elif name in ("src_port", "dst_port"):
            told.append(f"{name} {value}" + (f"-{mask}" if mask != value else ""))
        elif name == "tcp_flags":
            told.append(f"tcp_flags 0x{value:x}" + (f"/{mask:x}" if mask != 0xFFF else ""))
        else:
            told.append(f"{name} {value}" + (f"/0x{mask:x}" if mask != 0xFF else ""))
    return told


def _prefix(value: int, mask: int, family: int) -> str:
    bits, width = mask.bit_count(), 32 if family == 4 else 128
    address: Any = IPv4(value) if family == 4 else IPv6(value)
    return str(address) if bits == width else f"{address}/{bits}"
