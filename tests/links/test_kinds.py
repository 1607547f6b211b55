"""What holds for kinds of device whatever kernel is asked: copies of worlds, programs behind tun, tunnels in themselves, words nobody knows."""

from __future__ import annotations

import json

import pytest

import netsim
from netsim import World
from netsim.api import Host
from netsim.clock import MS
from netsim.kernel.drivers.tun import Tun
from netsim.packet import IcmpEcho, Ip
from netsim.packet.codec import decode_ip, encode

ALL = (
    "ip link add e0 type veth peer name f0; ip link set e0 up; ip link set f0 up; ip addr add 10.0.0.1/24 dev e0",
    "ip link add gr1 type gre local 10.0.0.1 remote 10.0.0.2 key 5 csum seq; ip link set gr1 up",
    "ip link add ip1 type ipip remote 10.0.0.2; ip link add si1 type sit remote 10.0.0.2; ip link add tap1 type gretap remote 10.0.0.2",
    "ip link add vx type vxlan id 7 dstport 4789 remote 10.0.0.2; ip link set vx up",
    "ip link add br0 type bridge vlan_filtering 1; ip link set vx master br0; ip link set br0 up; bridge vlan add dev vx vid 5",
    "ip link add link e0 name e0.5 type vlan id 5; ip link set e0.5 up",
    "ip link add mv1 link e0 type macvlan mode bridge; ip link set mv1 up",
    "ip link add iv1 link f0 type ipvlan mode l3s; ip link set iv1 up",
    "ip link add red type vrf table 9; ip link set red up; ip link set e0.5 master red",
    "ip link add bo type bond mode active-backup; ip tuntap add tap0 mode tap; ip link set tap0 master bo; ip link set bo up",
    "sleep 1.2",
)
LISTINGS = ("ip -d -j link", "ip tunnel", "bridge vlan", "bridge -j fdb", "ip vrf", "ip rule", "ip route show table all", "cat /proc/net/bonding/bo")


def host_with(*lines: str) -> Host:
    """A host where these lines went through."""
    host = netsim.World(seed=0).host("h1")
    for line in lines:
        told = host.run(line)
        assert (told.stderr, told.status) == ("", 0), line
    return host


def listings(host: Host) -> list[str]:
    """What the host shows of its devices."""
    return [host.run(line).stdout for line in LISTINGS]


def test_a_fork_has_every_kind_of_device_and_goes_its_own_way() -> None:
    host = host_with(*ALL)
    twin = host.world.fork().hosts["h1"]
    assert listings(twin) == listings(host)
    twin.run("ip link del vx; ip link del red")
    assert "vx" in host.run("ip -br link").stdout and "vx" not in twin.run("ip -br link").stdout


def test_a_program_behind_a_tun_device_answers_pings() -> None:
    host = host_with("ip tuntap add tun0 mode tun; ip addr add 10.8.0.1/24 dev tun0; ip link set tun0 up")
    dev = host.machine.init.netns.device("tun0")
    assert isinstance(dev, Tun)
    tun = dev

    def answer(data: bytes) -> None:
        packet = decode_ip(data)
        if isinstance(packet, Ip) and isinstance(packet.payload, IcmpEcho):
            echo = packet.payload
            reply = Ip(packet.dst, packet.src, 1, 64, payload=IcmpEcho(0, 0, echo.ident, echo.seq, echo.data))
            tun.receive(encode(reply))

    assert host.run("ping -c1 -W1 10.8.0.9").status
    dev.attach(answer)
    host.world.run_for(1200 * MS)
    assert " 1 received" in host.run("ping -c1 -W1 10.8.0.9").stdout
    dev.detach()
    host.world.run_for(1200 * MS)
    assert "NO-CARRIER" in host.run("ip link show tun0").stdout


def test_a_tunnel_that_leads_into_itself_is_cut_off_and_said_so() -> None:
    host = host_with(
        "ip link add x1 type ipip local 10.1.0.1 remote 10.2.0.2; ip link add x2 type ipip local 10.2.0.1 remote 10.1.0.2",
        "ip addr add 10.1.0.1/24 dev x1; ip addr add 10.2.0.1/24 dev x2; ip link set x1 up; ip link set x2 up",
    )
    assert " 0 received" in host.run("ping -c1 -W1 10.1.0.9").stdout
    assert any("Dead loop on virtual device" in line for _, line in host.machine.kernel.log)


@pytest.mark.parametrize("kind", ["geneve", "ip6gre", "ip6tnl", "vti", "team", "macvtap", "ipvtap", "wireguard", "xfrm", "nlmon", "erspan"])
def test_what_is_not_modelled_is_refused_by_name(kind: str) -> None:
    told = host_with().run(f"ip link add x0 type {kind}")
    assert told.stderr == f'netsim: device type "{kind}" is not modelled\n' and told.status


@pytest.mark.parametrize("kind", ["gre", "gretap", "ipip", "sit", "vxlan", "vlan", "macvlan", "ipvlan", "vrf", "bond", "dummy", "ifb", "tun"])
@pytest.mark.parametrize("words", ["", "nosuchword", "help", "id", "remote", "mode 99", "table", "key x", "ttl -1", "dev lo", "local ::1"])
def test_a_kind_given_nonsense_answers_with_words_and_a_status(kind: str, words: str) -> None:
    told = host_with().run(f"ip link add x0 type {kind} {words}")
    assert "Traceback" not in told.stderr
    assert told.status in (0, 1, 2, 255) and (told.status == 0 or told.stderr or words == "help")


def test_a_capture_of_the_underlay_shows_the_tag_and_the_outer_headers() -> None:
    host = host_with(
        "ip netns add b; ip link add e0 type veth peer name e0 netns b; ip link set e0 up; ip -n b link set e0 up",
        "ip addr add 10.0.0.1/24 dev e0; ip -n b addr add 10.0.0.2/24 dev e0",
        "ip link add gr1 type gre remote 10.0.0.2 local 10.0.0.1 key 7 csum; ip link set gr1 up; ip addr add 10.6.0.1/24 dev gr1",
        "ip -n b link add gr1 type gre remote 10.0.0.1 local 10.0.0.2 key 7 csum; ip -n b link set gr1 up; ip -n b addr add 10.6.0.2/24 dev gr1",
        "ip link add link e0 name e0.5 type vlan id 5; ip link set e0.5 up; ip addr add 10.7.0.1/24 dev e0.5",
        "ip -n b link add link e0 name e0.5 type vlan id 5; ip -n b link set e0.5 up; ip -n b addr add 10.7.0.2/24 dev e0.5",
        "sleep 2",
    )
    job = host.start("tcpdump -nn -e -l -i e0 -c 40 ip proto 47 or vlan")
    host.world.run_for(400 * MS)
    host.run("ping -c1 -W1 10.6.0.2")
    host.run("ping -c1 -W1 10.7.0.2")
    host.world.run_for(400 * MS)
    told = job.result().stdout
    assert "10.0.0.1 > 10.0.0.2: GREv0" in told and "10.6.0.1 > 10.6.0.2: ICMP echo request" in told
    assert "vlan 5, p 0, ethertype IPv4" in told and "10.7.0.2 > 10.7.0.1: ICMP echo reply" in told


def test_a_lower_device_listens_to_the_addresses_of_macvlans_that_are_up() -> None:
    host = World().host("h1")
    host.run_script(
        "ip link add v0 type veth peer name v1; ip link add link v0 name m0 address 02:00:00:00:00:05 type macvlan mode bridge; ip link set v0 up"
    )
    assert "02:00:00:00:00:05" not in host.run("bridge fdb show").stdout
    host.run("ip link set m0 up")
    assert "02:00:00:00:00:05 dev v0 self permanent" in host.run("bridge fdb show").stdout
    host.run("ip link set m0 down")
    assert "02:00:00:00:00:05" not in host.run("bridge fdb show").stdout


def test_listings_and_flushes_of_all_tables_are_of_both_protocols() -> None:
    host = World().host("h1")
    host.run_script("ip link set lo up; ip -6 route add unreachable fd00::/8; ip route add unreachable 10.0.0.0/8")
    told = json.loads(host.run("ip -j route show table all").stdout)
    assert {"fd00::/8", "10.0.0.0/8", "::1", "127.0.0.1"} <= {route["dst"] for route in told}
    assert "fd00::/8" not in host.run("ip -j route show").stdout
    host.run("ip route flush table all type unreachable")
    assert "unreachable" not in host.run("ip route show table all").stdout


def test_tunnels_and_ipvlans_make_their_link_local_addresses_of_what_they_have() -> None:
    host = World().host("h1")
    host.run_script(
        "ip link add e0 type veth peer name e1 address 02:00:00:00:00:02; ip link set e0 address 02:00:00:00:00:01 up; ip link set e1 up\n"
        "ip link add t0 type ipip remote 192.0.2.1 local 203.0.113.2; ip link set t0 up; ip link add t1 type ipip remote 192.0.2.1; ip link set t1 up\n"
        "for n in 1 2; do ip link add link e0 name i$n type ipvlan mode l2; ip link set i$n up; done; sleep 2"
    )
    told = {name: host.run(f"ip -o -6 addr show dev {name}").stdout for name in ("t0", "t1", "i1", "i2")}
    assert "fe80::200:5efe:cb00:7102/64" in told["t0"]
    assert told["t1"] == ""
    assert "fe80::200:0:100:1/64" in told["i1"]
    assert "fe80::200:0:200:1/64" in told["i2"]


def test_a_vlan_device_passes_on_what_it_hears_for_those_on_top_while_it_is_up() -> None:
    host = World().host("h")
    host.run_script(
        "ip link add eth1 type veth peer name p1; ip link set eth1 up; ip link set p1 up; ip link add link eth1 name eth1.30 type vlan id 30\n"
        "ip link set eth1.30 up; ip link add link eth1.30 name m0 address 02:00:00:00:00:01 type macvlan mode bridge; ip link set m0 up"
    )
    heard = "bridge fdb show | grep ^02:00:00:00:00:01 | cut -d ' ' -f 3"
    assert host.run(heard).stdout.split() == ["eth1", "eth1.30"]
    host.run("ip link set eth1.30 down")
    assert host.run(heard).stdout.split() == ["eth1.30"]
    host.run("ip link set eth1.30 up; ip link set m0 down")
    assert host.run(heard).stdout == ""
