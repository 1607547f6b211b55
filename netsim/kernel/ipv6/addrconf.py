"""IPv6 addresses: those every device gets by itself, duplicate detection, and those given by hand (`addrconf.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ALL_NODES, IPV6_ANY, IPV6_LOOPBACK, IPv6
from netsim.clock import SECOND
from netsim.errors import EACCES, EADDRNOTAVAIL, EEXIST, EINVAL, NetError
from netsim.kernel.core.neighbour import neigh_changeaddr, neigh_ifdown
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_LOOPBACK,
    IFF_NOARP,
    IFF_SLAVE,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_REGISTER,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.ipv6 import mcast, ndisc
from netsim.kernel.tables.inet6 import Ifa6, Inet6Dev, Ipv6Conf

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.rtnl.addr import AddrRequest

IFA_F_NODAD, IFA_F_DADFAILED, IFA_F_TENTATIVE, IFA_F_PERMANENT = 0x02, 0x08, 0x40, 0x80
SCOPE_GLOBAL, SCOPE_LINK, SCOPE_HOST, SCOPE_SITE = 0, 253, 254, 200
MIN_MTU = 1280
NLM_F_REPLACE, NLM_F_EXCL = 0x100, 0x200
MAX_RS = 3600


def scope_of(address: IPv6) -> int:
    """The scope `ip` shows."""
    if address == IPV6_LOOPBACK:
        return SCOPE_HOST
    if address.is_linklocal:
        return SCOPE_LINK
    return SCOPE_SITE if address.is_sitelocal else SCOPE_GLOBAL


def enabled(dev: NetDevice) -> bool:
    """Whether IPv6 is on for a device."""
    return dev.inet6 is not None and not dev.inet6.conf.disable_ipv6


def device_event(event: int, dev: NetDevice) -> None:
    """What device events mean to IPv6 (`addrconf_notify`)."""
    if event == NETDEV_REGISTER:
        if dev.mtu >= MIN_MTU:
            dev.inet6 = Inet6Dev(conf=attrs.evolve(dev.netns.inet6.conf_default), nd=attrs.evolve(dev.netns.inet6.nd_default))
            dev.inet6.conf.disable_ipv6 = max(dev.inet6.conf.disable_ipv6, dev.netns.inet6.conf_all.disable_ipv6)
    elif event in (NETDEV_UP, NETDEV_CHANGE):
        _up(dev)
    elif event == NETDEV_DOWN:
        _down(dev)
    elif event == NETDEV_UNREGISTER:
        _down(dev)
        dev.inet6 = None
    elif event == NETDEV_CHANGEMTU:
        _mtu(dev)
    elif event == NETDEV_CHANGEADDR and dev.inet6 is not None:
        neigh_changeaddr(dev.netns.inet6.neigh, dev)


def _mtu(dev: NetDevice) -> None:
    if dev.mtu < MIN_MTU and dev.inet6 is not None:
        _down(dev)
        dev.inet6 = None
    elif dev.mtu >= MIN_MTU and dev.inet6 is None:
        device_event(NETDEV_REGISTER, dev)
        if dev.flags & IFF_UP:
            _up(dev)


def _up(dev: NetDevice) -> None:
    """The device may be used: ::1 on lo, a link-local address elsewhere once there is a carrier (`addrconf_dev_config`)."""
    state = dev.inet6
    if state is None or not enabled(dev) or not dev.flags & IFF_UP or dev.flags & IFF_SLAVE:
        return
    if dev.flags & IFF_LOOPBACK:
        if not any(ifa.address == IPV6_LOOPBACK for ifa in state.addresses):
            add(dev, Ifa6(IPV6_LOOPBACK, 128, SCOPE_HOST, IFA_F_PERMANENT))
        state.ready = True
        return
    if not dev.carrier or state.ready or (dev.master is not None and dev.master.kind == "bond"):
        return
    state.ready = True
    mcast.join(dev, IPV6_ALL_NODES)
    if dev.type == ARPHRD_ETHER and dev.addr_gen_mode == 0 and dev.address:
        link_local = dev.address.linklocal()
        if not any(ifa.address == link_local for ifa in state.addresses):
            add(dev, Ifa6(link_local, 64, SCOPE_LINK, IFA_F_PERMANENT | IFA_F_TENTATIVE))
    for ifa in list(state.addresses):
        if ifa.flags & IFA_F_TENTATIVE and not ifa.address.is_linklocal:
            start_dad(dev, ifa)


def _down(dev: NetDevice) -> None:
    """Addresses go (but those of a device that keeps them) with all that hangs on them (`addrconf_ifdown`)."""
    state = dev.inet6
    if state is None:
        return
    for timer in state.timers:
        timer.cancel()
    state.timers.clear()
    if not state.conf.keep_addr_on_down:
        state.addresses.clear()
    else:
        state.addresses = [ifa for ifa in state.addresses if not ifa.address.is_linklocal]
    for group in list(state.multicast):
        dev.multicast.pop(group.multicast_mac(), None)
    state.multicast.clear()
    state.ready = False
    neigh_ifdown(dev.netns.inet6.neigh, dev)


def add(dev: NetDevice, ifa: Ifa6) -> None:
    """Put an address on a device and make sure that it is alone (`ipv6_add_addr`, `addrconf_dad_start`)."""
    assert dev.inet6 is not None
    now = dev.netns.kernel.clock.now
    ifa = attrs.evolve(ifa, created=now, updated=now)
    position = next((place for place, other in enumerate(dev.inet6.addresses) if _rank(other) <= _rank(ifa)), len(dev.inet6.addresses))
    dev.inet6.addresses.insert(position, ifa)
    if not dev.flags & IFF_LOOPBACK:
        mcast.join(dev, ifa.address.solicited_node())
    if ifa.flags & IFA_F_TENTATIVE and dev.inet6.ready:
        start_dad(dev, ifa)


def _rank(ifa: Ifa6) -> int:
    """Listings show wider scopes first (`ipv6_link_dev_addr`)."""
    return {SCOPE_HOST: 0, SCOPE_LINK: 1, SCOPE_SITE: 2}.get(ifa.scope, 3)


def start_dad(dev: NetDevice, ifa: Ifa6) -> None:
    """Wait a moment, ask, wait, and use the address (`addrconf_dad_kick`, `addrconf_dad_work`)."""
    assert dev.inet6 is not None
    kernel = dev.netns.kernel
    delay = kernel.rng.randrange(max(1, dev.inet6.conf.router_solicitation_delay * SECOND))
    dev.inet6.timers.append(kernel.clock.call_later(delay, _dad_probe, dev, ifa))


def _current(dev: NetDevice, ifa: Ifa6) -> Ifa6 | None:
    if dev.inet6 is None:
        return None
    return next((other for other in dev.inet6.addresses if other.address == ifa.address and other.flags & IFA_F_TENTATIVE), None)


def _dad_probe(dev: NetDevice, ifa: Ifa6) -> None:
    current = _current(dev, ifa)
    if current is None or current.flags & IFA_F_DADFAILED:
        return
    assert dev.inet6 is not None
    ndisc.send_dad(dev, ifa.address)
    dev.inet6.timers.append(dev.netns.kernel.clock.call_later(dev.inet6.nd.retrans_time_ms * 1_000_000, _dad_done, dev, ifa))


def _dad_done(dev: NetDevice, ifa: Ifa6) -> None:
    """Nobody objected (`addrconf_dad_completed`)."""
    current = _current(dev, ifa)
    if current is None or current.flags & IFA_F_DADFAILED:
        return
    assert dev.inet6 is not None
    done = attrs.evolve(current, flags=current.flags & ~IFA_F_TENTATIVE)
    dev.inet6.addresses[dev.inet6.addresses.index(current)] = done
    if done.address.is_linklocal:
        mcast.report_all(dev)
        if not dev.inet6.conf.forwarding and dev.inet6.conf.accept_ra and dev.inet6.conf.router_solicitations:
            _solicit_routers(dev, done.address, dev.inet6.conf.router_solicitation_interval * SECOND)


def _solicit_routers(dev: NetDevice, source: IPv6, wait: int) -> None:
    """Ask for routers, ever more rarely (`addrconf_rs_timer`)."""
    if dev.inet6 is None or not dev.flags & IFF_UP or not any(ifa.address == source for ifa in dev.inet6.addresses):
        return
    ndisc.send_rs(dev, source)
    jitter = wait + dev.netns.kernel.rng.randrange(max(1, wait // 10)) - wait // 20
    dev.inet6.timers.append(dev.netns.kernel.clock.call_later(jitter, _solicit_routers, dev, source, min(2 * wait, MAX_RS * SECOND)))


def dad_failure(dev: NetDevice, ifa: Ifa6) -> None:
    """Somebody else has it: the address stays tentative for good (`addrconf_dad_failure`)."""
    assert dev.inet6 is not None
    if dev.inet6.conf.accept_dad:
        dev.inet6.addresses[dev.inet6.addresses.index(ifa)] = attrs.evolve(ifa, flags=ifa.flags | IFA_F_DADFAILED)


# by hand -----------------------------------------------------------------------------------------------------------------


def inet6_addr_add(dev: NetDevice, request: AddrRequest, flags: int) -> None:
    """RTM_NEWADDR (`inet6_rtm_newaddr`)."""
    if dev.inet6 is None or not enabled(dev):
        raise NetError(EACCES, "ipv6: IPv6 is disabled on this device")
    address = IPv6(request.local)
    if address == IPV6_ANY or address.is_multicast or (address == IPV6_LOOPBACK and not dev.flags & IFF_LOOPBACK):
        raise NetError(EADDRNOTAVAIL, "ipv6: Invalid address")
    if request.length > 128:
        raise NetError(EINVAL, "ipv6: Invalid prefix length")
    known = next((ifa for ifa in dev.inet6.addresses if ifa.address == address), None)
    if known is not None:
        if flags & NLM_F_EXCL or not flags & NLM_F_REPLACE:
            raise NetError(EEXIST, "ipv6: address already assigned")
        dev.inet6.addresses[dev.inet6.addresses.index(known)] = attrs.evolve(known, valid=request.valid, preferred=request.preferred)
        return
    permanent = IFA_F_PERMANENT if request.valid is None else 0
    needs_dad = not dev.flags & (IFF_LOOPBACK | IFF_NOARP) and not request.flags & IFA_F_NODAD and dev.inet6.conf.accept_dad
    tentative = IFA_F_TENTATIVE if needs_dad else 0
    add(dev, Ifa6(address, request.length, scope_of(address), request.flags | permanent | tentative, None, request.valid, request.preferred))


def inet6_addr_del(dev: NetDevice, request: AddrRequest) -> None:
    """RTM_DELADDR (`inet6_addr_del`); EADDRNOTAVAIL."""
    known = next((ifa for ifa in (dev.inet6.addresses if dev.inet6 else ()) if ifa.address == request.local and ifa.length == request.length), None)
    if known is None:
        raise NetError(EADDRNOTAVAIL, "ipv6: address not found")
    assert dev.inet6 is not None
    dev.inet6.addresses.remove(known)
    mcast.leave(dev, known.address.solicited_node())


def conf_changed(netns: Netns, holder: Ipv6Conf, attribute: str, value: int) -> None:
    """`disable_ipv6` and `forwarding` reach all devices from `all`, and act (`addrconf_sysctl_disable`, `addrconf_fixup_forwarding`)."""
    setattr(holder, attribute, value)
    devices = [dev for dev in netns.devices.values() if dev.inet6 is not None]
    if holder is netns.inet6.conf_all:
        setattr(netns.inet6.conf_default, attribute, value)
        for dev in devices:
            assert dev.inet6 is not None
            setattr(dev.inet6.conf, attribute, value)
            _applied(dev, attribute, value)
        return
    for dev in devices:
        if dev.inet6 is not None and dev.inet6.conf is holder:
            _applied(dev, attribute, value)


def _applied(dev: NetDevice, attribute: str, value: int) -> None:
    if attribute != "disable_ipv6":
        return
    if value:
        _down(dev)
        if dev.flags & IFF_LOOPBACK and dev.inet6 is not None:
            dev.inet6.addresses.clear()
    else:
        _up(dev)
