"""Where the tools of a machine are found: nothing is kept for them in its file system, whoever asks by name or path is told what Debian's packages put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsim.machine.process import Process

BINARY_PLACES = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
ELF = b"\x7fELF\x02\x01\x01"
ONLY_ROOTS = frozenset(
    [
        "arp",
        "arptables",
        "brctl",
        "bridge",
        "conntrack",
        "dnsmasq",
        "dockerd",
        "ebtables",
        "ethtool",
        "ifconfig",
        "ipset",
        "ipvsadm",
        "lsmod",
        "modprobe",
        "nft",
        "radvd",
        "rmmod",
        "route",
        "service",
        "sysctl",
        "tc",
        "ufw",
        "xtables-monitor",
        "dhclient",
        "udhcpd",
    ]
) | frozenset(f"{family}tables{build}{verb}" for family in ("ip", "ip6") for build in ("", "-nft", "-legacy") for verb in ("", "-save", "-restore"))
"""Tools that Debian's packages put into /usr/sbin."""
ROOTS_TOO = ("ip", "traceroute")
"""Tools that are in /usr/sbin and in /usr/bin."""


def places_of(process: Process, name: str) -> tuple[str, ...]:
    """The directories a tool is in, the one that comes first on the usual PATH first; an image's tools are in all of them."""
    if name in ROOTS_TOO or process.jail is not None:
        return BINARY_PLACES if process.jail is None else ("/usr/bin", "/bin", "/usr/sbin", "/sbin")
    return ("/usr/sbin", "/sbin") if name in ONLY_ROOTS else ("/usr/bin", "/bin")


def found_at(process: Process, name: str, path: str) -> str:
    """Where a command is found along a PATH: a file that is there, or the tool; one on no part of it, where its package put it."""
    files, is_machine = process.machine.files, process.jail is None
    for place in path.split(":"):
        node = files.stat(process, f"{place}/{name}")
        if node is not None and (is_machine or not getattr(node, "tool", "")):
            return f"{place}/{name}"
    return f"{places_of(process, name)[0]}/{name}"


def script_at(process: Process, name: str, path: str) -> str:
    """The file on a PATH that may be run by its name alone, "" where there is none; tools are none of these."""
    for place in path.split(":"):
        node = process.machine.files.stat(process, f"{place}/{name}")
        if node is not None and node.mode & 0o111 and hasattr(node, "content") and not getattr(node, "tool", ""):
            return f"{place}/{name}"
    return ""
