"""The networks that rules are drawn for: a router in both families and with nft's own rules, and a bridge whose packets iptables sees."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import attrs

from netsim.addr import IPv4
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6
from tests.netfilter_real import frames, frames6
from tests.netfilter_real.wires import BRIDGE, BRIDGED, GATEWAYS, HOSTS, MACS, STRANGER, WIRES, WIRES6


def _to_ipv6(text: str) -> str:
    """The same words about IPv6: 10.1.0.10 becomes fd01::10, and what only IPv4 has becomes its like."""
    text = re.sub(r"10\.([129])\.0\.(\d+)(/\d+)?(:\d+)?", _address6, text)
    for before, after in SIXES:
        text = re.sub(before, after, text)
    return text


LENGTHS = {None: "", "/32": "/128", "/24": "/120", "/25": "/121", "/16": "/112"}
SIXES = (
    (r"0\.0\.0\.0/0", "::/0"), (r"-p icmp\b", "-p icmpv6"), (r"--icmp-type echo-request", "--icmpv6-type echo-request"), (r"--icmp-type 0", "--icmpv6-type 129"),
    (r"--icmp-type 3/3", "--icmpv6-type 1/4"), (r"--icmp-type 3", "--icmpv6-type 1"), (r"icmp-host-unreachable", "icmp6-addr-unreachable"),
    (r"icmp-admin-prohibited", "icmp6-adm-prohibited"), (r"icmp-net-prohibited", "icmp6-no-route"), (r"icmp-proto-unreachable", "icmp6-port-unreachable"),
    (r"-m ttl --ttl-", "-m hl --hl-"), (r"-j TTL --ttl-", "-j HL --hl-"), (r"(--length) 29", r"\1 49"), (r"(--length) 0:40", r"\1 0:60"), (r"(--length) 40:", r"\1 60:"),
    (r"(?<=-A )(\w+) (.*?)(?:! )?-f(?= |$)", r"\1 \2"),
)  # fmt: skip


def _address6(found: re.Match[str]) -> str:
    net, host, length, port = found.groups()
    text = f"fd0{net}::{host}{LENGTHS[length]}"
    return f"[{text}]{port}" if port else text


def _to_bridge(text: str) -> str:
    """The same words about one LAN over a bridge: the hosts of h2 are 10.1.0.20 and on, devices are ports of the bridge."""
    text = re.sub(r"10\.2\.0\.(10|11|12)\b", lambda found: f"10.1.0.{int(found[1]) + 10}", text)
    text = (
        text.replace("10.2.0.0/24", "10.1.0.16/28").replace("10.2.0.0/25", "10.1.0.16/29").replace("10.2.0.", "10.1.0.").replace(STRANGER, MACS["h1"])
    )
    text = re.sub(r"^(-A (?:PREROUTING|INPUT|FORWARD)\b.*?)(! )?-i (eth\S+)", _port_in, text, flags=re.M)
    return (
        re.sub(r"^(-A (?:FORWARD|POSTROUTING)\b.*?)(! )?-o (eth\S+)", _port_out, text, flags=re.M)
        .replace("-o eth", "-o br")
        .replace("-i eth", "-i br")
    )


def _port_in(found: re.Match[str]) -> str:
    return f"{found[1]}-m physdev {found[2] or ''}--physdev-in {found[3]}"


def _port_out(found: re.Match[str]) -> str:
    return f"{found[1]}-m physdev --physdev-is-bridged {found[2] or ''}--physdev-out {found[3]}"


def _same(text: str) -> str:
    return text


@attrs.frozen
class Scene:
    """A network of the same shape on both sides: how it is made, which packets cross it, and what the drawn words become there."""

    name: str
    wires: list[str]
    restore: str
    """The command that loads rules from the file named after it."""
    save: str
    said: Callable[[str], str] = _same
    frames: ModuleType = frames
    ethertype: int = ETH_P_IP
    is_native: bool = False
    is_bridged: bool = False

    def macs(self, place: str, packet: bytes) -> tuple[str, str]:
        """Where a frame of a host goes first, and what it says it comes from."""
        if not self.is_bridged:
            return GATEWAYS[place], STRANGER
        other = "h2" if place == "h1" else "h1"
        near = [IPv4.parse(self.said(address)).to_bytes(4, "big") for address in HOSTS[other]]
        return (MACS[other] if packet[16:20] in near else BRIDGE), MACS[place]


SCENES = {
    scene.name: scene
    for scene in (
        Scene("legacy", WIRES, "iptables-legacy-restore", "iptables-legacy-save -c"),
        Scene("nft", WIRES, "iptables-nft-restore", "iptables-nft-save -c"),
        Scene("native", WIRES, "nft -f", "nft list ruleset", is_native=True),
        Scene("six", WIRES6, "ip6tables-legacy-restore", "ip6tables-legacy-save -c", _to_ipv6, frames6, ETH_P_IPV6),
        Scene("six-nft", WIRES6, "ip6tables-nft-restore", "ip6tables-nft-save -c", _to_ipv6, frames6, ETH_P_IPV6),
        Scene("bridge", BRIDGED, "iptables-legacy-restore", "iptables-legacy-save -c", _to_bridge, is_bridged=True),
    )
}
BRIDGE_FILTERS = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


def turns() -> tuple[str, ...]:
    """The scenes in the order of their chunks, without bridges on a kernel that cannot show bridged packets to iptables."""
    if shutil.which("modprobe"):
        subprocess.run(["modprobe", "br_netfilter"], check=False, capture_output=True)
    return TURNS if BRIDGE_FILTERS.exists() else tuple(name for name in TURNS if name != "bridge")


TURNS = ("legacy", "six", "bridge", "native", "legacy", "six-nft", "nft", "bridge")
"""Which scene each chunk of draws is for."""
