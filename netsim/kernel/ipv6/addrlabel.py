"""The policy table of RFC 6724: labels of addresses, which source selection compares (`addrlabel.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netsim.addr import IPv6, mask6
from netsim.errors import EEXIST, EINVAL, ESRCH, NetError
from netsim.kernel.tables.inet6 import AddrLabel

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

DEFAULT_LABEL = 0xFFFFFFFF


def label_of(labels: Sequence[AddrLabel], address: IPv6, ifindex: int = 0) -> int:
    """The label of an address: that of the longest prefix that holds it (`ipv6_addr_label`)."""
    for entry in labels:
        if entry.ifindex and entry.ifindex != ifindex:
            continue
        if not (address ^ entry.prefix) & mask6(entry.length):
            return entry.label
    return DEFAULT_LABEL


def add_label(netns: Netns, entry: AddrLabel) -> None:
    """RTM_NEWADDRLABEL (`ip6addrlbl_add`); EINVAL for a label that means none, EEXIST."""
    labels = netns.inet6.labels
    if entry.label == DEFAULT_LABEL or entry.length > 128:
        raise NetError(EINVAL)
    if any((known.prefix, known.length, known.ifindex) == (entry.prefix, entry.length, entry.ifindex) for known in labels):
        raise NetError(EEXIST)
    place = next((number for number, known in enumerate(labels) if known.length <= entry.length), len(labels))
    netns.inet6.labels = (*labels[:place], entry, *labels[place:])


def delete_label(netns: Netns, prefix: IPv6, length: int, ifindex: int) -> None:
    """RTM_DELADDRLABEL (`ip6addrlbl_del`); ESRCH."""
    labels = netns.inet6.labels
    for known in labels:
        if (known.prefix, known.length, known.ifindex) == (prefix, length, ifindex):
            netns.inet6.labels = tuple(other for other in labels if other is not known)
            return
    raise NetError(ESRCH)
