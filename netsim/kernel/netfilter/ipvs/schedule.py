"""A packet that belongs to no connection: is it for a service, and who is to serve it (`ip_vs_schedule`, `ip_vs_sched_persist`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.netfilter.ipvs.conn import control, forget, keep, new
from netsim.kernel.netfilter.ipvs.count import conn_stats
from netsim.kernel.netfilter.ipvs.sched import SCHEDULERS, Asked
from netsim.kernel.tables.ipvs import F_ONE_PACKET, F_TEMPLATE, SVC_ONEPACKET, SVC_PERSISTENT, Destination, IpvsState, Key, Service, VsConnection
from netsim.packet import Tcp
from netsim.packet.numbers import IPPROTO_UDP, TCP_RST, TCP_SYN

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

NO_DESTINATION, REFUSED_PACKET = range(2)
"""Nobody to serve it (the client is told); not to be scheduled (dropped)."""
FTP = 21
WORD6 = (1 << 128) - 1


def service_find(state: IpvsState, family: int, mark: int, protocol: int, address: int, port: int) -> Service | None:
    """The service a packet asks for: by its mark, by address and port, by address alone (`ip_vs_service_find`)."""
    service = state.marked.get((family, mark)) if mark else None
    if service is None:
        service = state.services.get((family, protocol, address, port))
    if service is None and state.catch_alls[protocol]:
        service = state.services.get((family, protocol, address, 0))
    return service


def try_to_schedule(netns: Netns, state: IpvsState, key: Key, skb: SkBuff, header: object) -> VsConnection | int | None:
    """A new connection; None: no service is asked; else why there is none (`ip_vs_try_to_schedule`)."""
    family, protocol, _, _, vaddr, vport = key
    if isinstance(header, Tcp) and (header.flags & TCP_RST or not (header.flags & TCP_SYN or state.conf.sloppy_tcp)):
        return None
    service = service_find(state, family, skb.mark, protocol, vaddr, vport)
    if service is None or _is_answer(state, key, skb):
        return None
    if service.flags & SVC_PERSISTENT:
        connection = _persistent(netns, state, service, key, skb)
    else:
        connection = _plain(netns, state, service, key, skb)
    if connection is None:
        return None if service.port == FTP and vport != FTP else NO_DESTINATION
    conn_stats(netns, state, connection)
    return connection


def _is_answer(state: IpvsState, key: Key, skb: SkBuff) -> bool:
    """Whether a real server on this host answers."""
    if skb.dev is not None and not skb.dev.flags & IFF_LOOPBACK:
        return False
    return key in state.outgoing


def _choose(service: Service, key: Key) -> Destination | None:
    return SCHEDULERS[service.scheduler](service, Asked(key[2], key[4], key[3]))


def _flags(service: Service, protocol: int) -> int:
    return F_ONE_PACKET if service.flags & SVC_ONEPACKET and protocol == IPPROTO_UDP else 0


def _plain(netns: Netns, state: IpvsState, service: Service, key: Key, skb: SkBuff) -> VsConnection | None:
    vport = key[5]
    if not service.fwmark and vport != service.port:
        return None  # all ports, but not persistent
    destination = _choose(service, key)
    if destination is None:
        return None
    return new(netns, state, key, destination, destination.port or vport, _flags(service, key[1]), skb.mark)


def _persistent(netns: Netns, state: IpvsState, service: Service, key: Key, skb: SkBuff) -> VsConnection | None:
    """To the destination the client (or its network) had before (`ip_vs_sched_persist`)."""
    vport = key[5]
    wanted = _template_key(service, key)
    template = state.templates.get(wanted)
    if template is not None and not _is_valid(netns, state, template):
        template = None
    if template is None:
        destination = _choose(service, key)
        if destination is None:
            return None
        port = destination.port if vport == service.port and service.port != FTP else 0
        template = new(netns, state, wanted, destination, port, F_TEMPLATE, skb.mark)
        template.timeout = service.timeout
    destination = template.destination
    port = destination.port if vport == service.port and destination.port else vport
    connection = new(netns, state, key, destination, port, _flags(service, key[1]), skb.mark)
    control(template, connection)
    keep(netns, state, template)
    return connection


def _template_key(service: Service, key: Key) -> Key:
    family, protocol, caddr, _, vaddr, vport = key
    network = _network(family, caddr, service.netmask)
    if vport == service.port:
        return family, protocol, network, 0, vaddr, vport if service.port != FTP else 0
    if service.fwmark:
        return family, 0, network, 0, service.fwmark, 0
    return family, protocol, network, 0, vaddr, 0


def _network(family: int, address: int, netmask: int) -> int:
    if family == PF_INET:
        return address & (netmask or 0xFFFFFFFF)
    return address & WORD6 << 128 - (netmask or 128) & WORD6


def _is_valid(netns: Netns, state: IpvsState, template: VsConnection) -> bool:
    """Whether a template's destination still serves; one that does not is forgotten (`ip_vs_check_template`)."""
    destination = template.destination
    if destination.is_available and (destination.weight or not state.conf.expire_quiescent_template):
        return True
    if not template.controlled:
        forget(netns, state, template)
    else:
        state.templates = {key: kept for key, kept in state.templates.items() if kept is not template}
    return False
