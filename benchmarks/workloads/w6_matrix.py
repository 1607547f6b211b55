"""W6: C places in C/10 networks, every tenth place in two; each listens on TCP 80. Who reaches whom?

Networks are bridges of one machine, kept apart by a FORWARD policy of DROP as Docker does.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
from collections.abc import Iterator

from benchmarks.workloads.isolation import cpu, sh
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W6: the matrix of who reaches whom on TCP 80"
CLONE_NEWNET = 0x40000000


def networks_of(count: int) -> list[list[int]]:
    """The networks of every place."""
    nets = max(2, count // 10)
    return [[place % nets, *([(place + 1) % nets] if place % 10 == 0 else [])] for place in range(count)]


def address_in(place: int, net: int, slot: int, nets: int) -> str:
    """The address of a place's SLOTth device."""
    return f"10.1.{net}.{place // nets * 2 + slot + 2}"


def script(count: int) -> Iterator[str]:
    """The commands one would type."""
    nets = max(2, count // 10)
    for net in range(nets):
        yield f"ip link add br{net} type bridge"
        yield f"ip addr add 10.1.{net}.1/24 dev br{net}"
        yield f"ip link set br{net} up"
    for place, members in enumerate(networks_of(count)):
        yield f"ip netns add c{place}"
        yield f"ip -n c{place} link set lo up"
        for slot, net in enumerate(members):
            yield f"ip link add v{place}x{slot} type veth peer name eth{slot} netns c{place}"
            yield f"ip link set v{place}x{slot} master br{net} up"
            yield f"ip -n c{place} addr add {address_in(place, net, slot, nets)}/24 dev eth{slot}"
            yield f"ip -n c{place} link set eth{slot} up"
        yield f"ip -n c{place} route add default via 10.1.{members[0]}.1"
    yield "sysctl -qw net.ipv4.ip_forward=1"
    yield "iptables -P FORWARD DROP"
    for net in range(nets):
        yield f"iptables -A FORWARD -i br{net} -o br{net} -j ACCEPT"


def expected(count: int) -> int:
    """How many ordered pairs share a network."""
    members = [set(nets) for nets in networks_of(count)]
    return sum(bool(members[one] & members[other]) for one in range(count) for other in range(count) if one != other)


def netsim(count: int) -> Figures:
    import netsim as library

    world = library.World()
    host = world.host("h1")
    for line in script(count):
        assert host.run(line).status == 0, line
    places = [f"c{place}" for place in range(count)]
    for name in places:
        host.start("nc -lk -p 80", netns=host.netns(name).netns)
    world.run_for(2_000_000_000)
    before = cpu()
    matrix = library.reach(world, places, places)
    took = cpu() - before
    reached = sum(matrix.cell(one, other, "tcp", 80).verdict == "reached" for one in places for other in places if one != other)
    assert reached == expected(count), (reached, expected(count))
    return {"cpu_s": took, "count": count * (count - 1)}


def _enter(place: int) -> None:
    handle = os.open(f"/run/netns/c{place}", os.O_RDONLY)
    assert ctypes.CDLL(None).setns(handle, CLONE_NEWNET) == 0
    os.close(handle)


def connects(count: int) -> Figures:
    """One non-blocking connect a pair on the kernel."""
    sh("sh", "-e", text="\n".join(script(count)) + "\n")
    members, nets = networks_of(count), max(2, count // 10)
    listeners, reached = [], 0
    for place in range(count):
        _enter(place)
        listener = socket.create_server(("", 80), backlog=512)
        listeners.append(listener)
    before = cpu()
    for one in range(count):
        _enter(one)
        waiting, poll = {}, select.poll()
        for other in range(count):
            if one == other:
                continue
            shared = sorted(set(members[one]) & set(members[other])) or members[other][:1]
            slot = members[other].index(shared[0])
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex((address_in(other, shared[0], slot, nets), 80))
            waiting[sock.fileno()] = sock
            poll.register(sock, select.POLLOUT)
        while waiting:
            events = poll.poll(300)  # a dropped SYN says nothing: only waiting tells
            if not events:
                break
            for handle, _ in events:
                sock = waiting.pop(handle)
                poll.unregister(handle)
                reached += sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
                sock.close()
        for sock in waiting.values():
            sock.close()
    took = cpu() - before
    assert reached == expected(count), (reached, expected(count))
    return {"cpu_s": took, "count": count * (count - 1)}


def networkx(count: int) -> Figures:
    """Descendants in a graph: no ports, no filters, no NAT: a lower bound."""
    import networkx as nx

    before = cpu()
    graph = nx.DiGraph()
    for place, members in enumerate(networks_of(count)):
        for net in members:  # the leaving and the entering side apart: a place does not forward
            graph.add_edge(("out", place), ("net", net))
            graph.add_edge(("net", net), ("in", place))
    reached = sum(kind == "in" and other != place for place in range(count) for kind, other in nx.descendants(graph, ("out", place)))
    took = cpu() - before
    assert reached == expected(count)
    return {"cpu_s": took, "count": count * (count - 1)}


SIDES = {
    "netsim": Side(netsim),
    "connects on the kernel": Side(connects, ("ip", "iptables"), isolated=True),
    "networkx, links only": Side(networkx, modules=("networkx",)),
}
CASES = (Case(20, tuple(SIDES), "20 places, 2 networks", "pair"), Case(50, tuple(SIDES), "50 places, 5 networks", "pair", rounds=1))
