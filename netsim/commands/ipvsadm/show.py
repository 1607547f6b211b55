"""What ipvsadm prints: services with their destinations, connections, and rules to be restored."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.commands.ipvsadm.grammar import OF_SCHEDULER, SCHEDULER_FLAGS
from netsim.commands.ipvsadm.request import as_address
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.ipvs import estimate
from netsim.kernel.netfilter.ipvs.states import state_name
from netsim.kernel.tables.ipvs import (
    COUNTED,
    DROUTE,
    MASQ,
    SVC_ONEPACKET,
    SVC_PERSISTENT,
    TUNNEL,
    Destination,
    IpvsState,
    Service,
    Stats,
    VsConnection,
)
from netsim.machine.process import Process
from netsim.machine.resolver import name_of
from netsim.machine.services import services_file
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

BANNER = "IP Virtual Server version 1.2.1 (size=4096)\n"
METHODS = {MASQ: "Masq", TUNNEL: "Tunnel", DROUTE: "Route"}
LETTERS = {MASQ: "-m", TUNNEL: "-i", DROUTE: "-g"}
PROTOCOLS = {IPPROTO_TCP: "TCP", IPPROTO_UDP: "UDP", 0: "IP"}
ALL_ONES = {2: 0xFFFFFFFF, 10: 128}
SERVER_HEAD = "  -> RemoteAddress:Port"
HEADS = {
    "plain": f"Prot LocalAddress:Port Scheduler Flags\n{SERVER_HEAD}           Forward Weight ActiveConn InActConn\n",
    "stats": f"Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n{SERVER_HEAD}\n",
    "rate": f"Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n{SERVER_HEAD}\n",
    "thresholds": f"Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n{SERVER_HEAD}\n",
    "persistent-conn": f"Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n{SERVER_HEAD}\n",
    "tun-info": f"Prot LocalAddress:Port Scheduler Flags\n{SERVER_HEAD}           Forward TunnelInfo    Weight ActiveConn InActConn\n",
}
CONNECTIONS_HEAD = "IPVS connection entries\npro expire state       source             virtual            destination"


@attrs.frozen
class Look:
    """How to print: for whom (who knows names), as numbers or not, which columns, and whether counters are printed in full."""

    proc: Process
    is_numeric: bool
    form: str = "plain"
    is_exact: bool = False

    @property
    def netns(self) -> Netns:
        """The namespace looked at."""
        return self.proc.netns

    def end(self, family: int, address: int, port: int, protocol: int) -> str:
        """Address and port as numbers or names (`addrport_to_anyname`)."""
        value = as_address(family, address)
        name = None if self.is_numeric else name_of(self.proc, value)
        host = name if name is not None else str(value) if isinstance(value, IPv4) else f"[{value}]"
        return f"{host}:{self._port(port, protocol)}"

    def _port(self, port: int, protocol: int) -> str:
        kind = {IPPROTO_TCP: "tcp", IPPROTO_UDP: "udp"}.get(protocol)
        if not self.is_numeric and kind is not None and port:
            wanted = f"{port}/{kind}"
            for line in services_file().splitlines():
                name, where = line.split()
                if where == wanted:
                    return name
        return str(port)


def in_order(services: list[Service]) -> list[Service]:
    """As ipvsadm sorts them: by mark (a signed number to it), family, protocol, address and port."""
    return sorted(services, key=_service_key)


def _service_key(service: Service) -> tuple[int, int, int, int, int]:
    return signed(service.fwmark), service.family, service.protocol, service.address, service.port


def _server_key(destination: Destination) -> tuple[int, int, int]:
    return destination.family, destination.address, destination.port


def signed(mark: int) -> int:
    """A mark as a C int."""
    return mark - (1 << 32) if mark >> 31 else mark


def listing(look: Look, services: list[Service]) -> str:
    """Services with their servers, in the columns asked for."""
    return HEADS[look.form] + "".join(_service(look, service) for service in services)


def _service(look: Look, service: Service) -> str:
    name = f"FWM  {signed(service.fwmark)}" if service.fwmark else f"{PROTOCOLS[service.protocol]:<4s} " + _address(look, service)
    if look.form in ("stats", "rate"):
        text = f"{name:<33s}{_columns(look, service.stats)}\n"
    else:
        text = f"{name} {service.scheduler}{_details(service)}\n"
    return text + "".join(_server(look, service, destination) for destination in sorted(service.destinations, key=_server_key))


def _address(look: Look, service: Service) -> str:
    return look.end(service.family, service.address, service.port, service.protocol)


def flag_names(service: Service) -> str:
    """The scheduler's flags by name."""
    names = dict(SCHEDULER_FLAGS)
    for name, bit in OF_SCHEDULER.get(service.scheduler[:2], {}).items():
        names = {name if known == bit else word: known for word, known in names.items()}
    return ",".join(name for name, bit in names.items() if service.flags & bit)


def _has_mask(service: Service) -> bool:
    return service.netmask != ALL_ONES[service.family]


def _mask(service: Service) -> str:
    return str(IPv4(service.netmask)) if service.family == PF_INET else str(service.netmask)


def _details(service: Service) -> str:
    flags = flag_names(service)
    text = f" ({flags})" if flags else ""
    if service.flags & SVC_PERSISTENT:
        text += f" persistent {service.timeout}"
        text += f" mask {_mask(service)}" if _has_mask(service) else ""
    return text + (" ops" if service.flags & SVC_ONEPACKET else "")


def _server(look: Look, service: Service, destination: Destination) -> str:
    d = destination
    name = look.end(d.family, d.address, d.port, service.protocol)
    if look.form in ("stats", "rate"):
        return f"  -> {name:<28s}{_columns(look, d.stats)}\n"
    if look.form == "thresholds":
        return f"  -> {name:<28s} {d.upper:<10d} {d.lower:<10d} {d.active:<10d} {d.inactive:<10d}\n"
    if look.form == "persistent-conn":
        return f"  -> {name:<28s} {d.weight:<9d} {d.persistent:<11d} {d.active:<10d} {d.inactive:<10d}\n"
    method = METHODS[d.method]
    if look.form == "tun-info":
        about = "ipip" if d.method == TUNNEL else "n/a"
        return f"  -> {name:<28s} {method:<7s} {about:<13s} {d.weight:<6d} {d.active:<10d} {d.inactive:<10d}\n"
    return f"  -> {name:<28s} {method:<7s} {d.weight:<6d} {d.active:<10d} {d.inactive:<10d}\n"


def _columns(look: Look, stats: Stats) -> str:
    estimate.settle(look.netns, stats)
    numbers = estimate.counts(stats) if look.form == "stats" else estimate.rates(stats)
    return "".join(" " + large(numbers[name], look) for name in COUNTED)


def large(number: int, look: Look) -> str:
    """Eight columns: in full, or with K, M, G or T for thousands (`print_largenum`)."""
    if look.is_exact or number < 100_000_000:
        return f"{number:8d}"
    steps = 1
    while number // 1000**steps >= 10_000_000 and steps < 4:
        steps += 1
    return f"{number // 1000**steps:7d}{'KMGT'[steps - 1]}"


# rules -----------------------------------------------------------------------------------------------------------------


def saved(look: Look, services: list[Service]) -> str:
    """Command lines that make these services (`-S`)."""
    return "".join(_saved(look, service) for service in services)


def _saved(look: Look, service: Service) -> str:
    if service.fwmark:
        name = f"-f {signed(service.fwmark)}" + (" -6" if service.family != PF_INET else "")
    else:
        name = f"{'-u' if service.protocol == IPPROTO_UDP else '-t'} {_address(look, service)}"
    text = f"-A {name} -s {service.scheduler}"
    if service.flags & SVC_PERSISTENT:
        text += f" -p {service.timeout}" + (f" -M {_mask(service)}" if _has_mask(service) else "")
    text += " -o" if service.flags & SVC_ONEPACKET else ""
    flags = flag_names(service)
    text += f" -b {flags}\n" if flags else "\n"
    for d in sorted(service.destinations, key=_server_key):
        end = look.end(d.family, d.address, d.port, service.protocol)
        text += f"-a {name} -r {end} {LETTERS[d.method]} -w {d.weight}{' --tun-type ipip' if d.method == TUNNEL else ''}\n"
    return text


# connections -----------------------------------------------------------------------------------------------------------


def connections(look: Look, state: IpvsState) -> str:
    """The table of connections and templates, oldest first (the kernel's order is that of a seeded hash)."""
    with_engine = look.form == "persistent-conn"
    head = CONNECTIONS_HEAD + ("        pe name          pe_data" if with_engine else "") + "\n"
    now = look.netns.kernel.clock.now
    return head + "".join(_connection(look, known, now) for known in (*state.templates.values(), *state.incoming.values()))


def seconds_left(connection: VsConnection, now: int) -> int:
    """Whole seconds until it is forgotten."""
    return max(0, connection.expires - now) // SECOND


def _connection(look: Look, connection: VsConnection, now: int) -> str:
    c = connection
    left = seconds_left(c, now)
    source = look.end(c.family, c.caddr, c.cport, c.protocol)
    virtual = look.end(PF_INET if not c.protocol else c.family, c.vaddr, c.vport, c.protocol)
    server = look.end(c.dfamily, c.daddr, c.dport, c.protocol)
    return f"{PROTOCOLS[c.protocol]:<3s} {left // 60:02d}:{left % 60:02d}  {state_name(c):<11s} {source:<18s} {virtual:<18s} {server}\n"
