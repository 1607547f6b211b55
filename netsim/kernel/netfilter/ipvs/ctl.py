"""Configuring services and destinations: what the generic netlink family IPVS takes (`ip_vs_ctl.c`). Errors are errnos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENOENT, ERANGE, ESRCH, NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.modules import load
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.netfilter.ipvs import estimate, sched
from netsim.kernel.netfilter.ipvs.conn import expire
from netsim.kernel.netfilter.ipvs.core import hang
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST
from netsim.kernel.tables.ipvs import DROUTE, SVC_HASHED, SVC_PERSISTENT, TUNNEL, Destination, IpvsState, Service

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

MODULE = "ip_vs"


@attrs.frozen
class ServiceName:
    """Which service: an address and port of a protocol, or a mark (then the others are 0)."""

    family: int
    protocol: int = 0
    address: int = 0
    port: int = 0
    fwmark: int = 0


@attrs.frozen
class ServiceWish:
    """How a service shall be; `timeout` (seconds) and `netmask` (IPv4 mask, or IPv6 prefix length) of persistent ones."""

    scheduler: str = "wlc"
    flags: int = 0
    timeout: int = 0
    netmask: int = 0


@attrs.frozen
class DestinationWish:
    """A destination and how it shall be; `upper` and `lower` bound its connections (0: not)."""

    family: int
    address: int
    port: int
    weight: int = 1
    method: int = DROUTE
    upper: int = 0
    lower: int = 0


def ipvs_of(netns: Netns) -> IpvsState:
    """The namespace's virtual services, what has timed out forgotten; the module is loaded by being asked."""
    load(netns.kernel, MODULE)
    state = state_of(netns).ipvs
    expire(netns, state)
    return state


def find(netns: Netns, name: ServiceName) -> Service | None:
    """A service by its name (`ip_vs_genl_find_service`)."""
    state = ipvs_of(netns)
    if name.fwmark:
        return state.marked.get((name.family, name.fwmark))
    return state.services.get((name.family, name.protocol, name.address, name.port))


def get(netns: Netns, name: ServiceName) -> Service:
    """A service by its name; ESRCH."""
    service = find(netns, name)
    if service is None:
        raise NetError(ESRCH)
    return service


def services_of(netns: Netns) -> list[Service]:
    """All services (`ip_vs_genl_dump_services`): by address first, then by mark; the kernel's order is that of a hash."""
    state = ipvs_of(netns)
    return [*state.services.values(), *state.marked.values()]


def _scheduler(netns: Netns, name: str) -> str:
    """A scheduler the kernel has, its module loaded; ENOENT (`ip_vs_scheduler_get`)."""
    if name not in sched.SCHEDULERS:
        raise NetError(ENOENT)
    load(netns.kernel, f"{MODULE}_{name}")
    return name


def add_service(netns: Netns, name: ServiceName, wish: ServiceWish) -> Service:
    """Make a service (`ip_vs_add_service`); EEXIST, ENOENT without its scheduler, EINVAL for an IPv6 mask that is none."""
    if find(netns, name) is not None:
        raise NetError(EEXIST)
    state = ipvs_of(netns)
    scheduler = _scheduler(netns, wish.scheduler)
    if name.family != PF_INET and wish.netmask and not 1 <= wish.netmask <= 128:
        raise NetError(EINVAL)
    service = Service(name.family, name.protocol, name.address, name.port, name.fwmark)
    _configure(service, wish, scheduler)
    hang(netns, name.family)
    if name.fwmark:
        state.marked[name.family, name.fwmark] = service
    else:
        state.services[name.family, name.protocol, name.address, name.port] = service
        if not name.port:
            state.catch_alls[name.protocol] += 1
    return service


def edit_service(netns: Netns, name: ServiceName, wish: ServiceWish) -> None:
    """Change a service (`ip_vs_edit_service`); ESRCH, ENOENT."""
    service = get(netns, name)
    _configure(service, wish, _scheduler(netns, wish.scheduler))


def _configure(service: Service, wish: ServiceWish, scheduler: str) -> None:
    if service.scheduler != scheduler:
        service.place, service.weight_now, service.buckets = None, 0, []
    service.scheduler, service.flags = scheduler, wish.flags | SVC_HASHED
    service.timeout, service.netmask = wish.timeout, wish.netmask
    sched.changed(service)


def delete_service(netns: Netns, name: ServiceName) -> None:
    """Take a service out (`ip_vs_del_service`); its connections stay, but go nowhere. ESRCH."""
    service = get(netns, name)
    state = ipvs_of(netns)
    for destination in list(service.destinations):
        _unlink(state, service, destination)
    if name.fwmark:
        del state.marked[name.family, name.fwmark]
    else:
        del state.services[name.family, name.protocol, name.address, name.port]
        if not name.port:
            state.catch_alls[name.protocol] -= 1


def flush(netns: Netns) -> None:
    """Take all services out (`ip_vs_flush`)."""
    for service in services_of(netns):
        delete_service(netns, name_of(service))


def name_of(service: Service) -> ServiceName:
    """What a service is called by."""
    return ServiceName(service.family, service.protocol, service.address, service.port, service.fwmark)


# destinations ----------------------------------------------------------------------------------------------------------


def _lookup(service: Service, wish: DestinationWish) -> Destination | None:
    wanted = (wish.family, wish.address, wish.port)
    return next((known for known in service.destinations if (known.family, known.address, known.port) == wanted), None)


def _check(netns: Netns, service: Service, wish: DestinationWish) -> None:
    """ERANGE for weights below 0 and bounds that cross, EINVAL for another family without a tunnel and for what is no host's address."""
    if wish.weight < 0 or wish.lower > wish.upper:
        raise NetError(ERANGE)
    if wish.family != service.family and wish.method != TUNNEL:
        raise NetError(EINVAL)
    if wish.family == PF_INET:
        is_host = inet_addr_type(netns, IPv4(wish.address)) in (RTN_LOCAL, RTN_UNICAST)
    else:
        is_host = not IPv6(wish.address).is_multicast and wish.address != 0
    if not is_host:
        raise NetError(EINVAL)


def add_destination(netns: Netns, name: ServiceName, wish: DestinationWish) -> Destination:
    """Give a service one more destination (`ip_vs_add_dest`); one known from before comes back with its connections. ESRCH, EEXIST, ERANGE, EINVAL."""
    service, state = get(netns, name), ipvs_of(netns)
    _check(netns, service, wish)
    if _lookup(service, wish) is not None:
        raise NetError(EEXIST)
    destination = _from_trash(state, service, wish) or Destination(wish.family, wish.address, wish.port)
    if destination.service is not service:
        estimate.zero(destination.stats)
    destination.service, destination.is_available = service, True
    service.destinations.insert(0, destination)
    _update(service, destination, wish)
    return destination


def _from_trash(state: IpvsState, service: Service, wish: DestinationWish) -> Destination | None:
    """A destination of such a service that was taken out while it had connections (`ip_vs_trash_get_dest`)."""
    for destination in state.trash:
        was = destination.service
        if was is not None and name_of(was) == name_of(service) and (destination.address, destination.port) == (wish.address, wish.port):
            state.trash.remove(destination)
            return destination
    return None


def _update(service: Service, destination: Destination, wish: DestinationWish) -> None:
    """Settings of a destination (`__ip_vs_update_dest`)."""
    destination.weight, destination.method = wish.weight, wish.method
    if not wish.upper or wish.upper > destination.upper:
        destination.is_overloaded = False
    destination.upper, destination.lower = wish.upper, wish.lower
    sched.changed(service)


def edit_destination(netns: Netns, name: ServiceName, wish: DestinationWish) -> None:
    """Change a destination (`ip_vs_edit_dest`); ESRCH, ENOENT, ERANGE, EINVAL."""
    service = get(netns, name)
    _check(netns, service, wish)
    destination = _lookup(service, wish)
    if destination is None:
        raise NetError(ENOENT)
    _update(service, destination, wish)


def delete_destination(netns: Netns, name: ServiceName, wish: DestinationWish) -> None:
    """Take a destination out (`ip_vs_del_dest`); ESRCH, ENOENT."""
    service = get(netns, name)
    destination = _lookup(service, wish)
    if destination is None:
        raise NetError(ENOENT)
    _unlink(ipvs_of(netns), service, destination)


def _unlink(state: IpvsState, service: Service, destination: Destination) -> None:
    destination.is_available = False
    sched.removed(service, destination)
    service.destinations.remove(destination)
    sched.changed(service)
    if destination.connections or destination.persistent:
        state.trash.append(destination)


# counters and timeouts -------------------------------------------------------------------------------------------------


def zero(netns: Netns, service: Service) -> None:
    """Counters of a service and its destinations begin at nothing (`ip_vs_zero_service`)."""
    for stats in (service.stats, *(destination.stats for destination in service.destinations)):
        estimate.settle(netns, stats)
        estimate.zero(stats)


def zero_all(netns: Netns) -> None:
    """The same for all services and the sum (`ip_vs_zero_all`)."""
    for service in services_of(netns):
        zero(netns, service)
    total = ipvs_of(netns).stats
    estimate.settle(netns, total)
    estimate.zero(total)


def set_timeouts(netns: Netns, tcp: int, tcpfin: int, udp: int) -> None:
    """Seconds established, closing and datagram connections last; 0 leaves one as it is (`ip_vs_set_timeout`). EINVAL."""
    state = ipvs_of(netns)
    if min(tcp, tcpfin, udp) < 0:
        raise NetError(EINVAL)
    for name, seconds in (("tcp", tcp), ("tcpfin", tcpfin), ("udp", udp)):
        if seconds:
            state.timeouts[name] = seconds


def is_persistent(service: Service) -> bool:
    """Whether clients stay with their destination."""
    return bool(service.flags & SVC_PERSISTENT)
