"""Choosing a source address (RFC 6724, as `ipv6_dev_get_saddr` does it): a pure function of candidates, and who the candidates are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ANY, IPv6
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv6.addrlabel import label_of
from netsim.kernel.tables.inet6 import (
    IFA_F_DEPRECATED,
    IFA_F_OPTIMISTIC,
    IFA_F_TEMPORARY,
    IFA_F_TENTATIVE,
    AddrLabel,
    Ifa6,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

SCOPE_INTERFACE, SCOPE_LINK, SCOPE_SITE, SCOPE_GLOBAL = 1, 2, 5, 14


@attrs.frozen
class Candidate:
    """An address that could be the source, the device it is on, and the device's `use_tempaddr`."""

    ifa: Ifa6
    ifindex: int
    use_tempaddr: int = 0


def scope_of(address: IPv6) -> int:
    """The scope of an address as RFC 4007 numbers them; -1 for `::` (`__ipv6_addr_src_scope`)."""
    if address == IPV6_ANY:
        return -1
    if address.is_multicast:
        return address >> 112 & 0xF
    if address.is_linklocal or address.is_loopback:
        return SCOPE_LINK
    return SCOPE_SITE if address.is_sitelocal else SCOPE_GLOBAL


def common_prefix(one: IPv6, other: IPv6) -> int:
    """How many leading bits two addresses share (`ipv6_addr_diff`)."""
    return 128 - (one ^ other).bit_length()


def choose_source(dst: IPv6, ifindex: int, candidates: Iterable[Candidate], labels: Sequence[AddrLabel]) -> IPv6 | None:
    """The best candidate for a destination out of a device (0: any), None when there is none (RFC 6724, section 5)."""
    best: Candidate | None = None
    best_score: tuple[int, ...] = ()
    wanted_label = label_of(labels, dst, ifindex)
    for candidate in candidates:
        score = _score(dst, ifindex, candidate, wanted_label, labels)
        if best is None or score > best_score:
            best, best_score = candidate, score
    return None if best is None else best.ifa.address


def _score(dst: IPv6, ifindex: int, candidate: Candidate, wanted_label: int, labels: Sequence[AddrLabel]) -> tuple[int, ...]:
    """The rules in order, each as a number that is better when greater (`ipv6_get_saddr_eval`)."""
    ifa = candidate.ifa
    scope, wanted = scope_of(ifa.address), scope_of(dst)
    prefers_temporary = candidate.use_tempaddr >= 2
    return (
        ifa.address == dst,
        -scope if scope >= wanted else scope - 128,
        ifa.address.is_loopback or not ifa.flags & (IFA_F_DEPRECATED | IFA_F_OPTIMISTIC),
        not ifindex or candidate.ifindex == ifindex,
        label_of(labels, ifa.address, candidate.ifindex) == wanted_label,
        (not ifa.flags & IFA_F_TEMPORARY) ^ prefers_temporary,
        _is_orchid(ifa.address) == _is_orchid(dst),
        min(common_prefix(ifa.address, dst), ifa.length),
        not ifa.flags & IFA_F_OPTIMISTIC,
    )


def _is_orchid(address: IPv6) -> bool:
    return address >> 100 == 0x2001001


def candidates_of(devices: Iterable[NetDevice]) -> Iterable[Candidate]:
    """Every address of some devices that may be a source: those being tried may not, unless optimistic."""
    for dev in devices:
        if dev.inet6 is None:
            continue
        for ifa in dev.inet6.addresses:
            if ifa.flags & IFA_F_TENTATIVE and not ifa.flags & IFA_F_OPTIMISTIC:
                continue
            if not ifa.address.is_multicast:
                yield Candidate(ifa, dev.ifindex, dev.inet6.conf.use_tempaddr)


def ipv6_dev_get_saddr(netns: Netns, dev: NetDevice | None, dst: IPv6) -> IPv6 | None:
    """The source for a destination out of a device; None when the host has no address to offer (EADDRNOTAVAIL in the kernel)."""
    devices: Iterable[NetDevice] = netns.devices.values() if not netns.l3mdevs else _domain(netns, dev, dst)
    if dev is not None:
        only_here = dst.is_multicast or scope_of(dst) <= SCOPE_LINK or (dev.inet6 is not None and dev.inet6.conf.use_oif_addrs_only)
        if only_here:
            devices = (dev,)
    return choose_source(dst, dev.ifindex if dev is not None else 0, candidates_of(devices), netns.inet6.labels)


def _domain(netns: Netns, dev: NetDevice | None, dst: IPv6) -> Iterable[NetDevice]:
    """Sources stay within the VRF, and are the way out's own or the VRF's if those reach far enough (`ipv6_get_saddr_master`)."""
    master = dev.l3mdev if dev is not None else None
    if master is not None:
        nearest = [one for one in (dev, master) if one is not None]
        if any(scope_of(candidate.ifa.address) >= scope_of(dst) for candidate in candidates_of(nearest)):
            return nearest
    return [other for other in netns.devices.values() if other.l3mdev is master]


def linklocal_of(dev: NetDevice, banned: int = IFA_F_TENTATIVE) -> IPv6 | None:
    """A link-local address of the device without the given flags (`ipv6_get_lladdr`)."""
    if dev.inet6 is None:
        return None
    for ifa in reversed(dev.inet6.addresses):
        if not ifa.flags & banned and ifa.address.is_linklocal:
            return ifa.address
    return None
