"""Streams between two kernels: handshake, data, endings and failures."""

from __future__ import annotations

import pytest

from netsim.addr import IPV4_LOOPBACK, IPv4
from netsim.clock import MS, SECOND
from netsim.errors import EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, EPIPE, ETIMEDOUT, NetError
from netsim.kernel.inet.tcp_states import CLOSE, CLOSE_WAIT, ESTABLISHED, FIN_WAIT2, SYN_RECV, SYN_SENT, TIME_WAIT
from tests.inet.pair import LEFT, RIGHT, STREAM, Pair


@pytest.fixture
def pair() -> Pair:
    return Pair()


def established(pair: Pair, port: int = 80):  # type: ignore[no-untyped-def]
    listener = pair.listener(port)
    client = pair.connect(port)
    pair.run(5 * MS)
    return listener, client, listener.accept()


def test_a_handshake_gives_both_ends_an_established_connection(pair: Pair) -> None:
    _, client, server = established(pair)
    assert (client.state, server.state) == (ESTABLISHED, ESTABLISHED)
    assert server.getpeername() == client.getsockname()


def test_bytes_arrive_whole_and_in_order_whatever_their_number(pair: Pair) -> None:
    _, client, server = established(pair)
    data = bytes(range(256)) * 2000
    client.send(data)
    got = b""
    for _ in range(50):
        pair.run(20 * MS)
        got += server.recv() or b""
    assert got == data


def test_a_reader_that_sleeps_stops_the_sender_until_it_reads(pair: Pair) -> None:
    _, client, server = established(pair)
    client.send(b"x" * 8_000_000)
    pair.run(2 * SECOND)
    held = len(server.incoming)
    assert client.outgoing
    assert held < 8_000_000
    total = 0
    for _ in range(400):
        total += len(server.recv() or b"")
        pair.run(20 * MS)
    assert total == 8_000_000


def test_nobody_listening_refuses(pair: Pair) -> None:
    client = pair.connect(81)
    pair.run(5 * MS)
    assert (client.state, client.so_error) == (CLOSE, ECONNREFUSED)


def test_a_silent_neighbour_ends_the_attempt_after_three_seconds(pair: Pair) -> None:
    client = pair.connect(80, IPv4.parse("10.0.0.77"))
    pair.run(2 * SECOND)
    assert client.state == SYN_SENT
    pair.run(2 * SECOND)
    assert client.so_error == EHOSTUNREACH


def test_no_route_is_told_at_once(pair: Pair) -> None:
    with pytest.raises(NetError) as caught:
        pair.connect(80, IPv4.parse("9.9.9.9"))
    assert caught.value.errno == ENETUNREACH


def test_syns_into_a_hole_are_given_up_after_131_seconds(pair: Pair) -> None:
    pair.host.run("ip netns exec far iptables -A INPUT -p tcp -j DROP")
    client = pair.connect(80)
    pair.run(130 * SECOND)
    assert client.state == SYN_SENT
    pair.run(2 * SECOND)
    assert client.so_error == ETIMEDOUT


def test_tcp_syn_retries_shortens_the_attempt(pair: Pair) -> None:
    pair.host.run("ip netns exec far iptables -A INPUT -p tcp -j DROP; sysctl -qw net.ipv4.tcp_syn_retries=1")
    client = pair.connect(80)
    pair.run(8 * SECOND)
    assert client.so_error == ETIMEDOUT


def test_what_is_lost_is_sent_again(pair: Pair) -> None:
    _, client, server = established(pair)
    pair.host.run("ip netns exec far iptables -A INPUT -p tcp -j DROP")
    client.send(b"lost and found")
    pair.run(100 * MS)
    assert server.recv() is None
    pair.host.run("ip netns exec far iptables -F")
    pair.run(2 * SECOND)
    assert server.recv() == b"lost and found"
    assert client.retransmitted >= 1


def test_half_a_close_lets_the_other_half_talk_on(pair: Pair) -> None:
    _, client, server = established(pair)
    client.shutdown()
    pair.run(50 * MS)
    assert (client.state, server.state) == (FIN_WAIT2, CLOSE_WAIT)
    assert server.recv() == b""
    server.send(b"still here")
    pair.run(5 * MS)
    assert client.recv() == b"still here"
    with pytest.raises(NetError) as caught:
        client.send(b"x")
    assert caught.value.errno == EPIPE


def test_who_closes_first_waits_a_minute(pair: Pair) -> None:
    _, client, server = established(pair)
    client.close()
    pair.run(5 * MS)
    server.close()
    pair.run(5 * MS)
    assert (client.state, server.state) == (TIME_WAIT, CLOSE)
    pair.run(61 * SECOND)
    assert client.state == CLOSE
    assert not client.netns.sockets.connected


def test_closing_with_unread_data_resets(pair: Pair) -> None:
    _, client, server = established(pair)
    client.send(b"never read")
    pair.run(5 * MS)
    server.close()
    pair.run(5 * MS)
    with pytest.raises(NetError) as caught:
        client.recv()
    assert caught.value.errno == ECONNRESET


def test_a_full_backlog_leaves_the_next_ones_half_open(pair: Pair) -> None:
    listener = pair.listener(80, backlog=1)
    clients = [pair.connect(80) for _ in range(4)]
    pair.run(50 * MS)
    assert len(listener.accept_queue) == 2
    assert listener.accept() is not None
    pair.run(5 * SECOND)
    assert sum(client.state == ESTABLISHED for client in clients) >= 3


def test_two_listeners_on_one_port_are_refused(pair: Pair) -> None:
    pair.listener(80)
    with pytest.raises(NetError) as caught:
        pair.listener(80)
    assert caught.value.errno == EADDRINUSE


def test_a_strangers_address_cannot_be_bound(pair: Pair) -> None:
    sock = pair.socket(pair.near, STREAM)
    with pytest.raises(NetError) as caught:
        sock.bind(RIGHT, 80)
    assert caught.value.errno == EADDRNOTAVAIL


def test_a_port_in_time_wait_needs_reuseaddr(pair: Pair) -> None:
    listener, client, server = established(pair)
    server.close()
    pair.run(5 * MS)
    client.close()
    pair.run(5 * MS)
    listener.close()
    plain = pair.socket(pair.far, STREAM)
    with pytest.raises(NetError) as caught:
        plain.bind(IPv4(0), 80)
    assert caught.value.errno == EADDRINUSE
    pair.listener(80)


def test_a_host_reaches_itself_by_each_of_its_addresses(pair: Pair) -> None:
    listener = pair.socket(pair.near, STREAM)
    listener.bind(IPv4(0), 80)
    listener.listen(5)
    for address in (IPV4_LOOPBACK, LEFT, IPv4(0)):
        client = pair.connect(80, address)
        pair.run(5 * MS)
        assert client.state == ESTABLISHED
        assert listener.accept() is not None


def test_a_listener_bound_to_a_device_hears_only_that_device(pair: Pair) -> None:
    listener = pair.socket(pair.far, STREAM)
    listener.bind_to_device("lo")
    listener.bind(IPv4(0), 80)
    listener.listen(5)
    client = pair.connect(80)
    pair.run(5 * MS)
    assert client.so_error == ECONNREFUSED


def test_a_half_open_connection_is_forgotten(pair: Pair) -> None:
    listener = pair.listener(80)
    pair.host.run("iptables -A INPUT -p tcp -j DROP")
    pair.connect(80)
    pair.run(5 * MS)
    states = [sock.state for sock in listener.netns.sockets.connected.values()]
    assert states == [SYN_RECV]
    pair.run(200 * SECOND)
    assert not listener.netns.sockets.connected


def test_the_path_mtu_cuts_segments_smaller(pair: Pair) -> None:
    pair.host.run("ip netns exec far ip link set right mtu 1000; ip link set left mtu 1000")
    _, client, server = established(pair)
    assert client.peer_mss == 960
    client.send(b"y" * 5000)
    pair.run(50 * MS)
    assert server.recv() == b"y" * 5000


def test_what_answers_at_once_has_answered_when_connect_returns(pair: Pair) -> None:
    pair.listener(80)
    assert pair.connect(80).state == ESTABLISHED
    assert pair.connect(81).state == CLOSE


@pytest.mark.parametrize(("port", "status"), [(80, 0), (81, 1)])
def test_a_wait_of_no_time_at_all_looks_before_it_gives_up(pair: Pair, port: int, status: int) -> None:
    pair.host.run("ip netns exec far nc -l 80 > /tmp/got &")
    done = pair.host.run(f"sh -c 'echo hi | nc -w0 10.0.0.2 {port}'")
    assert (done.status, pair.host.run("cat /tmp/got").stdout) == (status, "hi\n" if port == 80 else "")
