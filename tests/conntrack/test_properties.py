"""Whatever the rules and the flows: translation is undone for answers, and no two connections are mistaken for each other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netsim.addr import IPv4
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.packet_socket import PacketSocket
from netsim.kernel.ipv4.raw import RawSocket
from netsim.kernel.netfilter.conntrack.tuples import tuple_of
from netsim.kernel.tables.conntrack import IPS_CONFIRMED, ORIGINAL, REPLY, ConntrackTable
from netsim.packet import IcmpEcho, Ip, Tcp, Udp
from netsim.packet.numbers import TCP_ACK, TCP_SYN
from tests.conntrack.lab import three

ETH_P_IP = 0x0800
SOURCES = [f"10.1.0.{number}" for number in (10, 21, 22)]
TARGETS = ["10.2.0.10", "10.2.0.11", "10.77.0.1"]
RULES = [
    "POSTROUTING -o eth1 -j MASQUERADE",
    "POSTROUTING -o eth1 -j MASQUERADE --random",
    "POSTROUTING -o eth1 -p udp -j MASQUERADE --to-ports 7000-7001",
    "POSTROUTING -o eth1 -p tcp -j SNAT --to-source 10.2.0.1-10.2.0.2:80-90",
    "POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.1-10.2.0.3",
    "POSTROUTING -o eth1 -s 10.1.0.21 -j SNAT --to-source 10.2.0.1 --random-fully",
    "POSTROUTING -o eth1 -j NETMAP --to 10.55.0.0/24",
    "PREROUTING -d 10.77.0.1 -j DNAT --to-destination 10.2.0.10-10.2.0.12",
    "PREROUTING -d 10.77.0.1 -p udp -j DNAT --to-destination 10.2.0.10:53-55",
    "PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.2.0.11:80",
    "PREROUTING -d 10.77.0.0/24 -j NETMAP --to 10.2.0.0/24",
]
rules = st.lists(st.sampled_from(RULES), min_size=1, max_size=4)
flows = st.lists(
    st.tuples(
        st.sampled_from(["tcp", "udp", "icmp"]), st.sampled_from(SOURCES), st.sampled_from([1000, 1001, 40000]), st.sampled_from(TARGETS),
        st.sampled_from([53, 80]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def namespaces(host: Any) -> list[Netns]:
    """h1, r1, h2."""
    found = {}
    for netns in host.machine.kernel.namespaces:
        dev = netns.device("eth0")
        if dev is not None and dev.inet is not None and dev.inet.addresses:
            found[str(dev.inet.addresses[0].local)] = netns
    return [found["10.1.0.10"], found["10.1.0.1"], found["10.2.0.10"]]


def packet(flow: tuple[str, str, int, str, int]) -> Ip:
    kind, source, sport, target, dport = flow
    src, dst = IPv4.parse(source), IPv4.parse(target)
    if kind == "udp":
        return Ip(src, dst, 17, payload=Udp(sport, dport, b"x"))
    if kind == "tcp":
        return Ip(src, dst, 6, payload=Tcp(sport, dport, 100, 0, TCP_SYN, 1000))
    return Ip(src, dst, 1, payload=IcmpEcho(8, 0, sport, dport, b""))


def answer(to: Ip) -> Ip:
    header: Any = to.payload
    if isinstance(header, Udp):
        return Ip(to.dst, to.src, 17, payload=Udp(header.dport, header.sport, b"y"))
    if isinstance(header, Tcp):
        return Ip(to.dst, to.src, 6, payload=Tcp(header.dport, header.sport, 500, header.seq + 1, TCP_SYN | TCP_ACK, 1000))
    return Ip(to.dst, to.src, 1, payload=IcmpEcho(0, 0, header.ident, header.seq, b""))


def listening(netns: Netns) -> PacketSocket:
    sock = PacketSocket(netns, 3, ETH_P_IP)
    dev = netns.device("eth0")
    assert dev is not None
    sock.bind(dev.ifindex)
    return sock


def send(netns: Netns, what: Ip) -> None:
    sock = RawSocket(netns, 2, 3, 255)
    sock.hdrincl = 1
    sock.sendto(what, what.dst)
    sock.close()


def heard(sock: PacketSocket, incoming: int = 0) -> list[Ip]:
    found = []
    while (seen := sock.recv()) is not None:
        if (
            seen.pkt_type == incoming
            and isinstance(seen.packet, Ip)
            and not (seen.packet.protocol == 1 and not isinstance(seen.packet.payload, IcmpEcho))
        ):
            found.append(seen.packet)
    return found


def check_table(table: ConntrackTable) -> None:
    """Each connection stands under both its tuples and under no other's."""
    for tuple_, (connection, direction) in table.entries.items():
        assert connection.status & IPS_CONFIRMED
        assert connection.tuples[direction] == tuple_
        assert table.entries[connection.tuples[ORIGINAL]] == (connection, ORIGINAL)
        assert table.entries[connection.tuples[REPLY]] == (connection, REPLY)
    assert table.count * 2 == len(table.entries)


def lab(chosen: list[str]) -> tuple[Any, Any, list[Netns]]:
    world, host = three("\n".join(f"iptables -t nat -A {rule}" for rule in chosen))
    host.run_script(
        "ip -n h2 route add default via 10.2.0.1\nip -n h2 addr add 10.2.0.11/24 dev eth0\nip -n h2 addr add 10.2.0.12/24 dev eth0\n"
        "ip netns exec h2 iptables -A INPUT -j DROP\nip netns exec h1 iptables -A INPUT -j DROP\n"
        "ip -n r1 addr add 10.2.0.2/24 dev eth1\nip -n r1 addr add 10.2.0.3/24 dev eth1\n"
        "ip -n h1 addr add 10.1.0.21/24 dev eth0\nip -n h1 addr add 10.1.0.22/24 dev eth0"
    )
    return world, host, namespaces(host)


@given(rules, flows)
def test_what_leaves_translated_comes_back_as_if_nothing_had_been(chosen: list[str], drawn: list[tuple[str, str, int, str, int]]) -> None:
    world, _, (client, router, server) = lab(chosen)
    inside, outside = listening(client), listening(server)
    for flow in drawn:
        sent = packet(flow)
        heard(inside), heard(outside)
        send(client, sent)
        world.run_for(3_000_000)
        arrived = [one for one in heard(outside) if one.protocol == sent.protocol]
        check_table(router.netfilter.conntrack)
        if not arrived:
            continue  # the clash of two flows, or a target that is not there
        out = tuple_of(arrived[0])
        assert out is not None
        found = router.netfilter.conntrack.find(out.answered(), world.clock.now)
        original = tuple_of(sent)
        if found is None:
            continue  # a TCP segment that the connection's state refused is let through untranslated
        connection, direction = found
        assert (direction, connection.original) == (REPLY, original)
        back = answer(arrived[0])
        send(server, back)
        world.run_for(3_000_000)
        returned = [tuple_of(one) for one in heard(inside)]
        assert original is not None and original.inverted() in returned


@given(flows)
def test_a_fork_tracks_its_own_connections(drawn: list[tuple[str, str, int, str, int]]) -> None:
    world, _, (client, router, _) = lab([RULES[0]])
    send(client, packet(("udp", SOURCES[0], 999, TARGETS[0], 53)))
    world.run_for(3_000_000)
    before = dict(router.netfilter.conntrack.entries)
    trial = world.fork()
    their_client, their_router, _ = namespaces(next(iter(trial.hosts.values())))
    for flow in drawn:
        send(their_client, packet(flow))
        trial.run_for(3_000_000)
    check_table(their_router.netfilter.conntrack)
    assert router.netfilter.conntrack.entries == before
    for connection, _ in their_router.netfilter.conntrack.entries.values():
        assert all(connection is not ours for ours, _ in before.values())
