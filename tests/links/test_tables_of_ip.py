"""ip ntable, token, tcp_metrics, mroute and maddress, as Linux 6.18 and iproute2 6.1 answer."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.api import Host
from netsim.transcript import profile_of

ROW = """inet arp_cache 
    dev v0 
    refcnt 1 reachable {} base_reachable 20000 retrans 2000 
    gc_stale 30000 delay_probe 4000 queue 5 
    app_probes 1 ucast_probes 4 mcast_probes 5 
    anycast_delay 500 proxy_delay 600 proxy_queue 7 locktime 800 

"""  # noqa: W291
CHANGE = """ip ntable change name arp_cache dev v0 queue 5 retrans 2000 base_reachable 20000 gc_stale 30000 delay_probe 4000 app_probes 1 ucast_probes 4 \
mcast_probes 5 anycast_delay 500 proxy_delay 600 proxy_queue 7 locktime 800"""


@pytest.fixture
def host() -> Host:
    made = World(seed=1).host("h", profile_of({"kernel": "host"}))
    made.run("ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up")
    return made


def said(host: Host, line: str) -> tuple[int, str]:
    answer = host.run(line)
    return answer.status, answer.stdout + answer.stderr


def test_what_neighbours_are_treated_by_is_changed_and_told(host: Host) -> None:
    assert said(host, CHANGE) == (0, "")
    told = host.run("ip ntable show name arp_cache dev v0").stdout
    reachable = int(told.split("reachable ")[1].split()[0])
    assert told == ROW.format(reachable)
    assert 10000 <= reachable < 30000
    assert said(host, "sysctl -n net.ipv4.neigh.v0.retrans_time_ms net.ipv4.neigh.v0.locktime net.ipv4.neigh.v0.unres_qlen_bytes") == (
        0,
        "2000\n80\n10450\n",
    )
    order = [line.split()[-1] for line in host.run("ip -4 ntable").stdout.splitlines() if line.startswith("    dev")]
    assert order == ["v0", "v1", "lo"]


def test_defaults_belong_to_the_first_namespace(host: Host) -> None:
    assert said(host, "ip ntable change name arp_cache retrans 3000; ip -o -4 ntable | head -1 | grep -o 'retrans [0-9]*'") == (0, "retrans 3000\n")
    host.run("ip netns add n")
    assert said(host, "ip -n n ntable change name arp_cache thresh1 10") == (2, "RTNETLINK answers: No such file or directory\n")
    assert said(host, "ip ntable change name nope dev v0 queue 5") == (2, "RTNETLINK answers: No such file or directory\n")
    assert said(host, "ip ntable change name arp_cache") == (255, "Not enough information: changeable attributes required.\n")
    assert said(host, "ip ntable show dev nope") == (255, 'Error: argument "nope" is wrong: "DEV" is invalid\n')


def test_an_address_that_is_made_ends_in_the_token(host: Host) -> None:
    host.run("ip netns add r; ip link set v1 netns r; ip -n r addr add 2001:db8::1/64 dev v1; ip -n r link set v1 up")
    host.run("printf 'interface v1 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8::/64 { }; };' > /tmp/r.conf")
    host.run("ip netns exec r sysctl -w net.ipv6.conf.all.forwarding=1; ip netns exec r radvd -C /tmp/r.conf; sleep 5")
    assert "inet6 2001:db8::" in host.run("ip -6 addr show dev v0").stdout
    assert said(host, "ip token set fe80::1:2:3:4 dev v0; ip token list; sleep 5") == (0, "token ::1:2:3:4 dev v0\n")
    assert "inet6 2001:db8::1:2:3:4/64 scope global" in host.run("ip -6 addr show dev v0").stdout
    host.run("ip token set ::9 dev v0")
    assert "2001:db8::1:2:3:4" not in host.run("ip -6 addr show dev v0").stdout


def test_a_token_is_refused_where_no_router_is_listened_to(host: Host) -> None:
    assert said(host, "ip token set ::5 dev lo") == (2, "Error: ipv6: Device is loopback.\n")
    host.run("sysctl -w net.ipv6.conf.v0.accept_ra=0")
    assert said(host, "ip token set ::5 dev v0") == (2, "Error: ipv6: Router advertisement is disabled on device.\n")
    assert said(host, "ip token set 1.2.3.4 dev v0") == (1, 'Error: inet6 prefix is expected rather than "1.2.3.4".\n')


def test_a_device_listens_to_a_mac_once_however_often_that_is_asked(host: Host) -> None:
    for _ in range(2):
        assert said(host, "ip maddr add 33:33:00:00:00:05 dev v0") == (0, "")
    assert "\tlink  33:33:00:00:00:05 static\n" in host.run("ip maddr show dev v0").stdout
    assert said(host, "ip maddr del 33:33:00:00:00:05 dev v0; ip maddr show dev v0 | grep -c static") == (1, "0\n")
    assert said(host, "ip maddr del 33:33:00:00:00:05 dev v0") == (1, "ioctl: No such file or directory\n")
    assert said(host, "ip maddr add 33:33:00:00:00:05 dev lo") == (1, "ioctl: Invalid argument\n")


def test_tables_nobody_fills_are_empty_and_their_errors_real(host: Host) -> None:
    assert said(host, "ip tcp_metrics; ip mroute; ip -j mroute; ip tcp_metrics flush all") == (0, "[]\n")
    assert said(host, "ip tcp_metrics del 1.2.3.4") == (2, "RTNETLINK answers: No such process\n")
    assert said(host, "ip mroute add") == (255, 'Command "add" is unknown, try "ip mroute help".\n')
