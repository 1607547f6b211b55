"""What device events and settings mean to IPv6: addresses every device gets by itself, and what goes when it goes (`addrconf.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPV6_ALL_NODES, IPV6_ALL_ROUTERS, IPV6_LOOPBACK, IPv6
from netsim.kernel.core.device_life import dev_mc_add
from netsim.kernel.core.neighbour import neigh_carrier_down, neigh_ifdown
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IF_OPER_UNKNOWN,
    IF_OPER_UP,
    IFF_LOOPBACK,
    IFF_MULTICAST,
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
from netsim.kernel.ipv6 import dad, fib, mcast, ndisc, router
from netsim.kernel.ipv6.addresses import SCOPE_HOST, SCOPE_LINK, add, rt_scope_of
from netsim.kernel.ipv6.host_route import join_anycast, leave_anycast, multicast_route, prefix_route, unconfigured
from netsim.kernel.tables.fib import RTNH_F_DEAD, RTNH_F_LINKDOWN
from netsim.kernel.tables.inet6 import (
    IFA_F_DADFAILED,
    IFA_F_NODAD,
    IFA_F_NOPREFIXROUTE,
    IFA_F_PERMANENT,
    IFA_F_STABLE_PRIVACY,
    IFA_F_TENTATIVE,
    Ifa6,
    Inet6Dev,
)
from netsim.kernel.tables.settings import Holder, having

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

MIN_MTU = 1280
EUI64, NONE, STABLE_PRIVACY, RANDOM = range(4)
"""How a device makes its own addresses (`addr_gen_mode`)."""
INTERFACE_ALL_NODES = IPv6(0xFF01 << 112 | 1)
ALL_NODES_MAC = IPV6_ALL_NODES.multicast_mac()
ROUTER_GROUPS = (IPV6_ALL_ROUTERS, IPv6(0xFF01 << 112 | 2), IPv6(0xFF05 << 112 | 2))


def _opened(dev: NetDevice) -> None:
    _up(dev)
    if dev.inet6 is not None:
        for group in dev.own_groups6():
            mcast.join(dev, group)


def _closed(dev: NetDevice) -> None:
    if dev.inet6 is not None:
        for group in dev.own_groups6():
            mcast.leave(dev, group)
    addrconf_ifdown(dev)


def _attach(dev: NetDevice) -> None:
    """IPv6 on a device whose MTU is large enough: its settings from the defaults, the groups that every node is in (`ipv6_add_dev`)."""
    if dev.mtu < MIN_MTU:
        return
    inet6 = dev.netns.inet6
    conf = inet6.conf_default
    if inet6.conf_all.disable_ipv6 > conf.disable_ipv6:
        conf = having(conf, disable_ipv6=inet6.conf_all.disable_ipv6)
    dev.stir()
    dev.inet6 = Inet6Dev([], conf, inet6.nd_default, dev.mtu, 0, 0, {INTERFACE_ALL_NODES: 1, IPV6_ALL_NODES: 1})  # of these nobody is told
    dev.addr_gen_mode = dev.addr_gen_mode or conf.addr_gen_mode
    if dev.type == ARPHRD_ETHER:
        dev_mc_add(dev, ALL_NODES_MAC)
    if conf.forwarding and dev.flags & IFF_MULTICAST:
        for group in ROUTER_GROUPS:
            mcast.join(dev, group)


def _is_link_ready(dev: NetDevice) -> bool:
    """Whether packets can pass (`addrconf_link_ready`)."""
    return dev.operstate in (IF_OPER_UP, IF_OPER_UNKNOWN) and dev.carrier and dev.is_active


def _is_left_alone(dev: NetDevice) -> bool:
    """Ports of bonds have no addresses of their own (`IFF_NO_ADDRCONF`)."""
    return bool(dev.flags & IFF_SLAVE) or (dev.master is not None and dev.master.kind == "bond")


def _up(dev: NetDevice) -> None:
    state = dev.inet6
    if (state is not None and state.conf.disable_ipv6) or _is_left_alone(dev):
        return
    if state is not None:
        mcast.ipv6_mc_up(dev)
        _restore(dev)
    if not _is_link_ready(dev):
        return
    if dev.inet6 is None:
        _attach(dev)
    if dev.inet6 is not None:
        dev.inet6.ready = True
        _configure(dev)


def _change(dev: NetDevice) -> None:
    state = dev.inet6
    if state is None or state.conf.disable_ipv6 or not dev.flags & IFF_UP or _is_left_alone(dev):
        return
    if not _is_link_ready(dev):
        fib.carrier_down(dev.netns, dev)
        if state.conf.ndisc_evict_nocarrier and dev.netns.inet6.conf_all.ndisc_evict_nocarrier and not dev.carrier:
            neigh_carrier_down(dev.netns.inet6.neigh, dev)
        return
    if state.ready:
        mcast.report_all(dev)
        fib.device_up(dev.netns, dev, RTNH_F_LINKDOWN)
        return
    state.ready = True
    _configure(dev)


def _restore(dev: NetDevice) -> None:
    """Addresses that stayed, or came while the device was down, get their routes (`addrconf_permanent_addr`)."""
    assert dev.inet6 is not None
    for ifa in list(dev.inet6.addresses):
        if not ifa.flags & IFA_F_PERMANENT:
            continue
        if not ifa.flags & IFA_F_NOPREFIXROUTE and ifa.address != IPV6_LOOPBACK:
            prefix_route(dev, ifa.address, ifa.length, ifa.metric)
        if ifa.address in dev.inet6.predad:
            dev.inet6.predad = tuple(address for address in dev.inet6.predad if address != ifa.address)
            dad.begin(dev, ifa)


def _configure(dev: NetDevice) -> None:
    """The device is ready: its own addresses, and the trial of those that waited (`addrconf_init_auto_addrs`, `addrconf_dad_run`)."""
    assert dev.inet6 is not None
    if dev.flags & IFF_LOOPBACK:
        if dad.find(dev, IPV6_LOOPBACK) is None:
            now = dev.netns.kernel.clock.now
            add(dev, Ifa6(IPV6_LOOPBACK, 128, SCOPE_HOST, IFA_F_PERMANENT | IFA_F_NODAD, created=now, updated=now))
            own = dad.find(dev, IPV6_LOOPBACK)
            assert own is not None
            dad.change(dev, own, own.flags & ~IFA_F_NODAD)
        fib.device_up(dev.netns, dev, RTNH_F_DEAD)
        return
    mcast.report_all(dev)
    multicast_route(dev)
    if dev.type == ARPHRD_ETHER and dev.address:
        _linklocal(dev)
    else:
        made = dev.linklocal()
        if made is not None and dev.addr_gen_mode != NONE and dad.find(dev, made) is None:
            add(dev, Ifa6(made, 64, rt_scope_of(made), IFA_F_PERMANENT))
    dad.run(dev)
    fib.device_up(dev.netns, dev, RTNH_F_DEAD)
    dev.inet6.mtu = dev.mtu if dev.mtu > MIN_MTU else MIN_MTU


def _linklocal(dev: NetDevice) -> None:
    """The address every link has, but not the L3 master of some (`addrconf_addr_gen`)."""
    assert dev.inet6 is not None
    if dev.addr_gen_mode == NONE or dev.l3mdev_table:
        return
    address, flags = IPv6(0xFE80 << 112 | interface_id(dev, 0xFE80 << 112)), IFA_F_PERMANENT
    if dev.addr_gen_mode in (STABLE_PRIVACY, RANDOM):
        flags |= IFA_F_STABLE_PRIVACY
    if dad.find(dev, address) is None:
        now = dev.netns.kernel.clock.now
        add(dev, Ifa6(address, 64, SCOPE_LINK, flags | IFA_F_TENTATIVE, created=now, updated=now))


def interface_id(dev: NetDevice, prefix: int) -> int:
    """The lower half of an address a device makes for a prefix: from its hardware address, or kept stable but private (RFC 7217)."""
    if dev.addr_gen_mode == EUI64:
        return dev.eui64()
    assert dev.inet6 is not None
    if dev.inet6.interface_ids is None:
        dev.inet6.interface_ids = {}
    known = dev.inet6.interface_ids.get(prefix)
    if known is None:
        known = dev.inet6.interface_ids[prefix] = dev.netns.kernel.rng.getrandbits(64)
    return known


def addrconf_ifdown(dev: NetDevice) -> None:
    """Routes, neighbours and addresses go; permanent ones of wider scope may stay (`addrconf_ifdown`)."""
    state = dev.inet6
    inet6 = dev.netns.inet6
    fib.device_down(dev.netns, dev)
    neigh_ifdown(inet6.neigh, dev)
    if state is None:
        return
    _stop_timers(state)
    keeps = state.conf.keep_addr_on_down or inet6.conf_all.keep_addr_on_down
    for ifa in tuple(state.addresses):
        unconfigured(dev, ifa)
        if keeps and ifa.flags & IFA_F_PERMANENT and not ifa.address.is_linklocal and not ifa.address.is_loopback:
            state.predad = (*state.predad, ifa.address)
            flags = ifa.flags & ~IFA_F_DADFAILED
            dad.change(dev, ifa, flags if flags & IFA_F_NODAD else flags | IFA_F_TENTATIVE)
        else:
            state.addresses.remove(ifa)
    mcast.ipv6_mc_down(dev)
    state.ready = state.ra_received = False


def _stop_timers(state: Inet6Dev) -> None:
    if state.rs_timer is not None:
        state.rs_timer.cancel()
    if state.mc_dad_timer is not None:
        state.mc_dad_timer.cancel()
    if state.report_timer is not None:
        state.report_timer.cancel()
    if state.expiry is not None:
        state.expiry.cancel()
    if state.trials is not None:
        for trial in state.trials.values():
            if trial.timer is not None:
                trial.timer.cancel()
            trial.left, trial.timer = -1, None
    state.rs_timer = state.mc_dad_timer = state.report_timer = state.expiry = None
    state.changes = None


def _gone(dev: NetDevice) -> None:
    """IPv6 leaves the device for good (`addrconf_ifdown` with unregister)."""
    state = dev.inet6
    fib.device_gone(dev.netns, dev)
    neigh_ifdown(dev.netns.inet6.neigh, dev)
    if state is None:
        return
    _stop_timers(state)
    for ifa in tuple(state.addresses):
        unconfigured(dev, ifa)
    state.addresses.clear()
    mcast.forget_all(dev)
    dev.inet6 = None


def _mtu(dev: NetDevice) -> None:
    """Below 1280 there is no IPv6; what routes learnt about the path is right no more (`addrconf_notify`, `rt6_mtu_change`)."""
    if dev.mtu < MIN_MTU:
        _gone(dev)
        return
    if dev.inet6 is None:
        _attach(dev)
        if dev.flags & IFF_UP:
            _up(dev)
        return
    before, dev.inet6.mtu = dev.inet6.mtu, dev.mtu
    for route in dev.netns.inet6.fib.routes():
        if route.ifindex == dev.ifindex:
            for learnt in route.exceptions.values():
                if learnt.mtu >= dev.mtu or learnt.mtu == before:
                    learnt.mtu = dev.mtu


EVENTS = {
    NETDEV_REGISTER: _attach,
    NETDEV_UP: _opened,
    NETDEV_CHANGE: _change,
    NETDEV_DOWN: _closed,
    NETDEV_UNREGISTER: _gone,
    NETDEV_CHANGEMTU: _mtu,
    NETDEV_CHANGEADDR: ndisc.address_changed,
}
"""What device events mean to IPv6 (`addrconf_notify`)."""


# settings --------------------------------------------------------------------------------------------------------------


def conf_changed(netns: Netns, holder: Holder, attribute: str, value: int) -> None:
    """A setting under net.ipv6.conf that acts (`addrconf_fixup_forwarding`, `addrconf_disable_ipv6`, `addrconf_sysctl_*`)."""
    if attribute == "mtu":
        _set_mtu(netns, holder, value)
        return
    before = getattr(holder.settings, attribute)
    holder.change(attribute, value)
    if attribute == "forwarding":
        _forwarding(netns, holder, before, value)
    elif attribute == "disable_ipv6":
        _disable(netns, holder, value)
    elif attribute == "addr_gen_mode":
        for dev in _held(netns, holder):
            dev.addr_gen_mode = value
            if dev.flags & IFF_UP and dev.inet6 is not None and dev.inet6.ready:
                _linklocal(dev)


def _set_mtu(netns: Netns, holder: Holder, value: int) -> None:
    if not isinstance(holder.owner, Inet6Dev):
        holder.change("mtu", value)
    for dev in _held(netns, holder):
        assert dev.inet6 is not None
        dev.inet6.mtu = value


def _is_all(holder: Holder) -> bool:
    return holder.slot == "conf_all"


def _held(netns: Netns, holder: Holder) -> list[NetDevice]:
    """The devices a set of settings is about: one, or with `all` every one."""
    if _is_all(holder):
        return [dev for dev in netns.devices.values() if dev.inet6 is not None]
    owner = holder.owner
    return [dev for dev in netns.devices.values() if dev.inet6 is owner]


def _forwarding(netns: Netns, holder: Holder, before: int, value: int) -> None:
    """`all` reaches the default and every device; a device that changes sides joins or leaves what routers are in (`dev_forward_change`)."""
    if _is_all(holder):
        netns.inet6.conf_default = having(netns.inet6.conf_default, forwarding=value)
    for dev in _held(netns, holder):
        assert dev.inet6 is not None
        was = before if dev.inet6 is holder.owner else dev.inet6.conf.forwarding
        dev.inet6.conf = having(dev.inet6.conf, forwarding=value)
        if bool(was) != bool(value):
            _changes_sides(dev, dev.inet6)
    if holder.slot != "conf_default" and before and not value:
        return
    if _is_all(holder) and value and not before:
        router.purge_default_routers(netns)


def _changes_sides(dev: NetDevice, state: Inet6Dev) -> None:
    change = mcast.join if state.conf.forwarding else mcast.leave
    for group in ROUTER_GROUPS if dev.flags & IFF_MULTICAST else ():
        change(dev, group)
    for ifa in state.addresses:
        if not ifa.flags & IFA_F_TENTATIVE:
            (join_anycast if state.conf.forwarding else leave_anycast)(dev, ifa)


def _disable(netns: Netns, holder: Holder, value: int) -> None:
    every = _is_all(holder)
    if every:
        netns.inet6.conf_default = having(netns.inet6.conf_default, disable_ipv6=value)
    for dev in _held(netns, holder):
        assert dev.inet6 is not None
        changed = not every or bool(dev.inet6.conf.disable_ipv6) != bool(value)
        dev.stir()
        if every:
            dev.inet6.conf = having(dev.inet6.conf, disable_ipv6=value)
        if value and changed:
            addrconf_ifdown(dev)
            if not dev.flags & IFF_UP:
                mcast.ipv6_mc_up(dev)  # a device that is not up goes on listening to its groups
            dev.inet6.addresses.clear()
            dev.inet6.predad = ()
        elif changed and dev.flags & IFF_UP:
            _up(dev)
