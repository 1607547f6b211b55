"""dnsmasq in a world: it answers what it knows, asks others for the rest, and refuses by name what is not here."""

from __future__ import annotations

import pytest

import netsim
from netsim.machine.call import Result


def dig(host: netsim.Host, question: str) -> str:
    return host.run(f"dig +short +time=1 +tries=1 @127.0.0.1 {question}").stdout


def server(words: str, before: str = "") -> tuple[netsim.Host, Result]:
    host = netsim.World().host("h1")
    done = host.run_script(f"ip link set lo up\n{before}\ndnsmasq {words}\n")
    return host, done


def test_a_stub_asks_the_server_of_the_domain_and_the_file_s_servers_for_the_rest() -> None:
    world = netsim.World()
    stub, one, other = world.host("stub"), world.host("one"), world.host("other")
    world.lan("net", stub, one, other, names="eth0")
    for number, host in enumerate((stub, one, other), 1):
        assert not host.run_script(f"ip addr add 10.0.0.{number}/24 dev eth0; ip link set eth0 up; ip link set lo up").status
    assert not one.run("dnsmasq -R -h -A /corp.example/10.1.1.1").status
    assert not other.run("dnsmasq -R -h -A /#/10.2.2.2").status
    assert not stub.run_script("echo nameserver 10.0.0.3 > /etc/resolv.conf; dnsmasq -h -S /corp.example/10.0.0.2").status
    assert (dig(stub, "wiki.corp.example"), dig(stub, "elsewhere.example")) == ("10.1.1.1\n", "10.2.2.2\n")
    with world.fork() as trial:
        assert dig(trial.host("stub"), "wiki.corp.example") == "10.1.1.1\n"


def test_it_reads_its_file_and_the_hosts_file() -> None:
    files = "echo '10.9.9.9 printer' >> /etc/hosts; printf 'no-resolv\\naddress=/a.example/10.0.0.1 \\n# a comment\\ncname=b.example,printer\\n' > /etc/dnsmasq.conf"
    host, done = server("", files)
    assert not done.status, done
    assert (dig(host, "x.a.example"), dig(host, "printer"), dig(host, "b.example")) == ("10.0.0.1\n", "10.9.9.9\n", "printer.\n10.9.9.9\n")
    assert dig(host, "-x 10.9.9.9") == "printer.\n"


def test_it_answers_on_a_connection_too() -> None:
    host, done = server("-R -A /x/10.0.0.1")
    assert not done.status, done
    question = r"\000\023\000\001\001\000\000\001\000\000\000\000\000\000\001x\000\000\001\000\001"
    assert host.run(f"printf '{question}' | nc -w 1 127.0.0.1 53 | wc -c").stdout == f"{2 + 19 + 16}\n"


@pytest.mark.parametrize("words", ["-F 10.0.0.10,10.0.0.20", "--dhcp-range=10.0.0.10,10.0.0.20", "--dhcp-anything=1"])
def test_the_dhcp_half_is_refused_by_name(words: str) -> None:
    _, done = server(words)
    assert done.status == 1 and done.stderr.startswith("netsim: dnsmasq: --dhcp-")


def test_what_is_taken_and_not_modelled_is_told() -> None:
    host, done = server("-R --log-queries")
    assert not done.status
    assert host.world.unmodelled == ["h1: dnsmasq --log-queries"]


def test_one_port_is_for_one_server() -> None:
    host, done = server("-R -a 127.0.0.1 -z")
    assert not done.status
    again = host.run("dnsmasq -R -a 127.0.0.1 -z")
    assert (again.status, again.stderr) == (2, "\ndnsmasq: failed to create listening socket for 127.0.0.1: Address already in use\n")
    assert host.run("pkill -x dnsmasq; sleep 0.1; dnsmasq -R -a 127.0.0.1 -z").status == 0


def test_it_does_not_ask_itself() -> None:
    host, done = server("-h -a 127.0.0.1 -A /known.example/10.1.1.1", "echo nameserver 127.0.0.1 > /etc/resolv.conf")
    assert not done.status
    assert dig(host, "known.example") == "10.1.1.1\n"
    assert "status: REFUSED" in host.run("dig +time=1 +tries=1 @127.0.0.1 other.example").stdout
