"""nslookup and ping of images of the busybox dialect, and iputils' ping, ask the name server."""

from __future__ import annotations

import pytest

import netsim
from netsim.addr import IPv4, IPv6
from netsim.api import Host
from netsim.packet.dns import TYPE_A, TYPE_AAAA, TYPE_MX, TYPE_PTR, Mx, Record
from netsim.programs.dns.server import DnsServer

RECORDS = [
    Record("both.example", TYPE_A, 60, IPv4.parse("10.1.0.7")),
    Record("both.example", TYPE_AAAA, 60, IPv6.parse("fd00::7")),
    Record("four.example", TYPE_A, 60, IPv4.parse("127.0.0.1")),
    Record("four.example", TYPE_MX, 60, Mx(10, "mail.example")),
    Record("7.0.1.10.in-addr.arpa", TYPE_PTR, 60, "both.example"),
]


@pytest.fixture
def host() -> Host:
    host = netsim.World(seed=0).host("h1")
    host.run("ip link set lo up")
    host.run("echo nameserver 127.0.0.1 > /etc/resolv.conf")
    host.machine.spawn(host.machine.init, ("dnsd",), program=DnsServer(list(RECORDS)))
    return host


def test_nslookup_tells_the_answers_to_both_questions(host: Host) -> None:
    told = host.run("busybox nslookup both.example")
    assert told.stdout == (
        "Server:\t\t127.0.0.1\nAddress:\t127.0.0.1:53\n\nName:\tboth.example\nAddress: 10.1.0.7\n\nName:\tboth.example\nAddress: fd00::7\n\n"
    )
    assert told.status == 0


def test_nslookup_of_an_unknown_name_complains_about_each_question(host: Host) -> None:
    told = host.run("busybox nslookup nosuch")
    assert told.stdout.endswith("\n\n** server can't find nosuch: NXDOMAIN\n\n** server can't find nosuch: NXDOMAIN\n\n")
    assert told.status == 1


def test_nslookup_of_an_address_asks_for_its_name(host: Host) -> None:
    assert "7.0.1.10.in-addr.arpa\tname = both.example\n" in host.run("busybox nslookup 10.1.0.7").stdout


def test_nslookup_asks_for_the_types_named(host: Host) -> None:
    assert "four.example\tmail exchanger = 10 mail.example\n" in host.run("busybox nslookup -type=mx four.example 127.0.0.1").stdout
    assert host.run("busybox nslookup -type=foo four.example").stderr == 'nslookup: invalid query type "foo"\n'


def test_a_label_over_63_letters_cannot_be_asked_for(host: Host) -> None:
    told = host.run(f"busybox nslookup {'a' * 64}")
    assert told.stderr == "nslookup: write to '127.0.0.1': Message too long\n"
    assert told.stdout == ";; connection timed out; no servers could be reached\n\n"


def test_where_nobody_answers_nslookup_waits_five_seconds(host: Host) -> None:
    start = host.world.clock.now
    host.run(
        "ip link add d0 type bridge; ip link add p0 type veth peer name q0; ip link set p0 up; ip link set q0 up; ip addr add 10.2.0.1/24 dev p0"
    )
    told = host.run("busybox nslookup four.example 10.2.0.9")
    assert (told.stdout, told.status) == (";; connection timed out; no servers could be reached\n\n", 1)
    assert 5 <= (host.world.clock.now - start) / 1e9 < 6


def test_ping_of_busybox_finds_the_address_by_dns(host: Host) -> None:
    assert host.run("busybox ping -c1 four.example").stdout.startswith("PING four.example (127.0.0.1): 56 data bytes\n64 bytes from 127.0.0.1: seq=0")
    assert host.run("busybox ping -c1 nosuch.example").stderr == "ping: bad address 'nosuch.example'\n"


def test_ping_of_iputils_finds_the_address_by_dns(host: Host) -> None:
    told = host.run("ping -c1 four.example").stdout
    assert told.startswith("PING four.example (127.0.0.1) 56(84) bytes of data.\n64 bytes from localhost (127.0.0.1): icmp_seq=1")
    told = host.run("ping -c1 nosuch.example")
    assert (told.stderr, told.status) == ("ping: nosuch.example: Name or service not known\n", 2)
