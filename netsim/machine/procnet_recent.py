"""/proc/net/xt_recent/NAME: the lists of `-m recent`, to read and to write (`recent_seq_show`, `recent_mt_proc_write`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import EINVAL, NetError
from netsim.kernel.netfilter.conntrack.users import shared_names
from netsim.kernel.netfilter.matches.recent import address_of, recent_table

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

BEFORE_WRAP = 300
"""Seconds after the start at which the kernel's ticks pass 2 ** 32 (`INITIAL_JIFFIES`)."""


def lists_of(netns: Netns) -> list[str]:
    """The names that rules of the namespace use."""
    return [] if netns.netfilter is None else sorted(name for kind, name in shared_names(netns) if kind == "recent")


def recent_text(netns: Netns, name: str) -> str:
    """One line for each address; times are ticks since the machine started."""
    hz, table = netns.kernel.profile.hz, recent_table(netns, name)
    text = ""
    for key, entry in table.entries.items():
        stamps = [2**32 - BEFORE_WRAP * hz + stamp * hz // SECOND for stamp in entry.stamps]
        text += (
            f"src={address_of(key)} ttl: {entry.ttl} last_seen: {stamps[entry.index - 1]} oldest_pkt: {entry.index} {', '.join(map(str, stamps))}\n"
        )
    return text


def recent_command(netns: Netns, name: str, text: str) -> None:
    """`+ADDRESS`, `-ADDRESS` or `/`; EINVAL for anything else."""
    table, now = recent_table(netns, name), netns.kernel.clock.now
    sign, word = text[:1], text[1:].strip()
    if sign == "/":
        table.entries.clear()
        return
    try:
        address = IPv6.parse(word) if ":" in word else IPv4.parse(word)
    except ValueError:
        raise NetError(EINVAL) from None
    if sign not in ("+", "-"):
        raise NetError(EINVAL)
    key = 32 if isinstance(address, IPv4) else 128, int(address)
    if sign == "-":
        table.entries.pop(key, None)
    elif key in table.entries:
        table.touch(key, now)
    else:
        table.add(key, 0, now)
