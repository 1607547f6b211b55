"""Duplicate address detection: a new address waits until nobody has objected (`addrconf.c`, RFC 4862)."""

from __future__ import annotations

from netsim.addr import IPV6_ANY, MAC, IPv6
from netsim.clock import MS, SECOND
from netsim.kernel.core.netdevice import ARPHRD_TUNNEL, IFF_LOOPBACK, IFF_NOARP, NetDevice
from netsim.kernel.ipv6 import mcast, ndisc
from netsim.kernel.ipv6.host_route import configured
from netsim.kernel.ipv6.saddr import linklocal_of
from netsim.kernel.tables.inet6 import (
    IFA_F_DADFAILED,
    IFA_F_NODAD,
    IFA_F_OPTIMISTIC,
    IFA_F_PERMANENT,
    IFA_F_TENTATIVE,
    DadTrial,
    Ifa6,
)

MIN_RETRANS = 10 * MS


def find(dev: NetDevice, address: IPv6) -> Ifa6 | None:
    """The address as it stands on a device."""
    for ifa in dev.inet6.addresses if dev.inet6 is not None else ():
        if ifa.address == address:
            return ifa
    return None


def change(dev: NetDevice, ifa: Ifa6, flags: int) -> Ifa6:
    """Give an address other flags."""
    assert dev.inet6 is not None
    if flags == ifa.flags:
        return ifa
    changed = ifa.with_flags(flags)
    dev.inet6.addresses[dev.inet6.addresses.index(ifa)] = changed
    return changed


def begin(dev: NetDevice, ifa: Ifa6) -> None:
    """Listen for the address's questions, and try it unless nothing asks for that (`addrconf_dad_begin`)."""
    assert dev.inet6 is not None
    if not dev.flags & IFF_LOOPBACK:
        mcast.join(dev, ifa.address.solicited_node())
    conf, every = dev.inet6.conf, dev.netns.inet6.conf_all
    exempt = dev.flags & (IFF_NOARP | IFF_LOOPBACK) or (every.accept_dad < 1 and conf.accept_dad < 1) or ifa.flags & IFA_F_NODAD
    if exempt or not ifa.flags & IFA_F_TENTATIVE:
        was_tentative = ifa.flags & IFA_F_TENTATIVE
        ifa = change(dev, ifa, ifa.flags & ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED))
        completed(dev, ifa, was_tentative)
    elif dev.inet6.ready:
        if ifa.flags & IFA_F_OPTIMISTIC:
            configured(dev, ifa)
        kick(dev, ifa)


def run(dev: NetDevice) -> None:
    """The device got ready: what waited for that is tried now (`addrconf_dad_run`)."""
    assert dev.inet6 is not None
    for ifa in list(dev.inet6.addresses):
        if ifa.flags & IFA_F_TENTATIVE and not ifa.flags & IFA_F_DADFAILED and dev.inet6.trial(ifa.address) is None:
            kick(dev, ifa)


def kick(dev: NetDevice, ifa: Ifa6) -> None:
    """Wait a moment by chance, then ask (`addrconf_dad_kick`)."""
    assert dev.inet6 is not None
    kernel = dev.netns.kernel
    state, conf = dev.inet6, dev.inet6.conf
    delay = 0 if ifa.flags & IFA_F_OPTIMISTIC else kernel.below(conf.router_solicitation_delay * SECOND or 1)
    if state.trials is None:
        state.trials = {}
    if ifa.address in state.trials:
        trial = state.trials[ifa.address]
    else:
        trial = state.trials[ifa.address] = DadTrial()
    trial.left = conf.dad_transmits
    trial.nonce = _nonce(dev) if conf.enhanced_dad or dev.netns.inet6.conf_all.enhanced_dad else b""
    _work_later(dev, ifa.address, trial, delay)


def _work_later(dev: NetDevice, address: IPv6, trial: DadTrial, delay: int) -> None:
    """One thing waits for each address (`addrconf_mod_dad_work`)."""
    if trial.timer is not None:
        trial.timer.cancel()
    trial.timer = dev.netns.kernel.clock.call_later(delay, _work, dev, address)


def _nonce(dev: NetDevice) -> bytes:
    """Six bytes that no other device of the world uses just now; the kernel draws them."""
    return (dev.netns.cookie << 24 ^ dev.ifindex << 40 ^ dev.netns.kernel.clock.now & 0xFFFFFF | 1).to_bytes(16, "big")[-6:]


def _work(dev: NetDevice, address: IPv6) -> None:
    """Ask once more, or be content (`addrconf_dad_work`)."""
    ifa = find(dev, address)
    if ifa is None or dev.inet6 is None or not ifa.flags & IFA_F_TENTATIVE or ifa.flags & IFA_F_DADFAILED:
        return
    trial = dev.inet6.trial(address)
    if trial is None:
        return
    trial.left -= 1
    if trial.left < 0:
        completed(dev, change(dev, ifa, ifa.flags & ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)), not ifa.flags & IFA_F_OPTIMISTIC)
        return
    wait = max(dev.inet6.nd.retrans_time_ms * MS, MIN_RETRANS)
    _work_later(dev, address, trial, wait)
    ndisc.send_ns(dev, address, address.solicited_node(), IPV6_ANY, trial.nonce)


def completed(dev: NetDevice, ifa: Ifa6, is_new: int) -> None:
    """The address may be used: its routes, its announcement, and the search for routers (`addrconf_dad_completed`)."""
    assert dev.inet6 is not None
    configured(dev, ifa)
    if is_new and not dev.flags & IFF_LOOPBACK and (dev.inet6.conf.ndisc_notify or dev.netns.inet6.conf_all.ndisc_notify):
        ndisc.announce(dev, ifa.address)
    if not ifa.address.is_linklocal or dev.flags & IFF_LOOPBACK:
        return
    others = [other for other in dev.inet6.addresses if other.address.is_linklocal and other is not ifa and not other.flags & IFA_F_TENTATIVE]
    if others:
        return
    mcast.dad_complete(dev)
    if accepts_ra(dev) and dev.inet6.conf.router_solicitations and dev.type != ARPHRD_TUNNEL:
        source = linklocal_of(dev)
        if source is not None:
            first = dev.inet6.conf.router_solicitation_interval * SECOND
            _solicit_routers(dev, 1, first + _jitter(dev, first))
            ndisc.send_rs(dev, source)


def accepts_ra(dev: NetDevice) -> bool:
    """Whether a device listens to routers: hosts do, routers only when told to twice (`ipv6_accept_ra`)."""
    if dev.inet6 is None:
        return False
    conf = dev.inet6.conf
    return conf.accept_ra == 2 if conf.forwarding else bool(conf.accept_ra)


def _jitter(dev: NetDevice, wait: int) -> int:
    """A tenth more or less (RFC 3315, section 14)."""
    return dev.netns.kernel.below(max(1, wait // 5)) - wait // 10


def _solicit_routers(dev: NetDevice, sent: int, wait: int) -> None:
    assert dev.inet6 is not None
    if dev.inet6.rs_timer is not None:
        dev.inet6.rs_timer.cancel()
    dev.inet6.rs_timer = dev.netns.kernel.clock.call_later(wait, _ask_routers, dev, sent, wait)


def _ask_routers(dev: NetDevice, sent: int, wait: int) -> None:
    """Ask for routers again, ever more rarely, until one has spoken (`addrconf_rs_timer`)."""
    state = dev.inet6
    if state is None or not state.ready or not accepts_ra(dev) or state.ra_received:
        return
    most = state.conf.router_solicitations
    source = linklocal_of(dev)
    if source is None or (most >= 0 and sent >= most):
        return
    ndisc.send_rs(dev, source)
    longest = state.conf.router_solicitation_max_interval * SECOND
    following = min(2 * wait + _jitter(dev, wait), longest + _jitter(dev, longest) if longest else 1 << 62)
    _solicit_routers(dev, sent + 1, following)


def dad_failure(dev: NetDevice, ifa: Ifa6, whose: MAC) -> None:
    """Somebody else has it: a permanent address stays tentative for good, another one goes (`addrconf_dad_failure`)."""
    assert dev.inet6 is not None
    trial = dev.inet6.trial(ifa.address)
    if trial is None:
        return
    trial.left = -1
    kernel = dev.netns.kernel
    kernel.log.append((kernel.clock.now, f"IPv6: {dev.name}: IPv6 duplicate address {ifa.address} used by {whose} detected!"))
    if ifa.flags & IFA_F_PERMANENT:
        change(dev, ifa, ifa.flags | IFA_F_DADFAILED | IFA_F_TENTATIVE)
        return
    from netsim.kernel.ipv6.addresses import remove

    remove(dev, ifa)
