"""Machines joined by cables and switches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netsim import World, explain
from netsim.__main__ import main
from netsim.api import Host
from netsim.clock import MS, SECOND
from netsim.errors import NetError

QUIET = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1"


def address(host: Host, text: str, dev: str = "eth0") -> None:
    host.run_script(f"{QUIET}\nip addr add {text} dev {dev}\nip link set {dev} up\n")


def times(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"time=([\d.]+) ms", text)]


@pytest.fixture
def world() -> World:
    made = World(seed=5)
    made.lan("office", *(made.host(name) for name in ("h1", "h2", "h3")))
    for number, host in enumerate(made.hosts.values(), 1):
        address(host, f"10.0.0.{number}/24")
    return made


def test_a_cable_joins_two_machines_and_delays_in_each_direction() -> None:
    world = World()
    a, b = world.host("a"), world.host("b", kernel="6.1")
    cable = world.cable(a, b, names=("lan0", "lan0"), macs=("02:00:00:00:00:01", "02:00:00:00:00:02"), delay=20 * MS)
    address(a, "10.0.0.1/24", "lan0")
    address(b, "10.0.0.2/24", "lan0")
    assert "link/ether 02:00:00:00:00:01" in a.run("ip link show lan0").stdout
    assert times(a.run("ping -c2 10.0.0.2").stdout)[1] == pytest.approx(40, abs=0.1)
    assert cable.total("delivered") == cable.total("delayed") == cable.total("sent") > 4


def test_a_switch_floods_what_it_does_not_know_and_learns_where_stations_are(world: World) -> None:
    lan = world.lans["office"]
    h1, h3 = world.hosts["h1"], world.hosts["h3"]
    assert "2 received" in h1.run("ping -c2 10.0.0.2").stdout
    assert lan.flooded == 1  # the question who has it
    heard = h3.wiring.device("eth0").stats.rx_packets
    assert heard == 1
    assert len(lan.stations) == 2


def test_an_unplugged_cable_takes_the_carrier_away_and_what_is_under_way_is_lost(world: World) -> None:
    lan, h1, h2 = world.lans["office"], world.hosts["h1"], world.hosts["h2"]
    h1.run("ping -c1 10.0.0.2")
    lan.unplug("h2")
    world.run_for(SECOND)
    assert "NO-CARRIER" in h2.run("ip link show eth0").stdout
    assert "0 received" in h1.run("ping -c1 -W1 10.0.0.2").stdout
    lan.plug("h2")
    world.run_for(SECOND)
    assert "1 received" in h1.run("ping -c1 -W1 10.0.0.2").stdout


def test_a_cards_queue_waits_for_the_line_and_no_frame_is_lost() -> None:
    world = World()
    cable = world.cable(world.host("a"), world.host("b"), rate=1_000_000)
    for number, host in enumerate(world.hosts.values(), 1):
        address(host, f"10.0.0.{number}/24")
    a = world.hosts["a"]
    a.run("ping -c1 10.0.0.2")
    [one] = times(a.run("ping -c1 -s 1462 10.0.0.2").stdout)
    assert one == pytest.approx(2 * (1462 + 28 + 38) * 8 / 1000, abs=0.2)  # there and back at a megabit a second
    assert "pipe" in a.run("ping -q -c20 -i0.002 -s 1462 10.0.0.2").stdout
    world.run_for(SECOND)
    assert cable.total("sent") == cable.total("delivered")


def test_a_line_loses_its_share_and_counts_it() -> None:
    world = World(seed=1)
    cable = world.cable(world.host("a"), world.host("b"), loss=0.25)
    for number, host in enumerate(world.hosts.values(), 1):
        address(host, f"10.0.0.{number}/24")
    out = world.hosts["a"].run("ping -q -c200 -i0.005 -W1 10.0.0.2").stdout
    received = int(re.findall(r"(\d+) received", out)[0])
    assert 90 < received < 140  # three quarters of three quarters
    assert cable.total("lost") >= 200 - received


def test_a_line_does_not_carry_what_is_longer_than_its_mtu_whatever_the_cards_think(world: World) -> None:
    h1 = world.hosts["h1"]
    cable = world.cable(h1, world.hosts["h2"], mtu=1400)
    assert "mtu 1400" in h1.run("ip link show eth1").stdout
    for number, host in enumerate((h1, world.hosts["h2"]), 1):
        host.run_script(f"ip link set eth1 mtu 1500 up; ip addr add 10.9.0.{number}/24 dev eth1")
    assert "1 received" in h1.run("ping -c1 -W1 -s 1372 10.9.0.2").stdout
    assert "0 received" in h1.run("ping -c1 -W1 -s 1373 10.9.0.2").stdout
    assert cable.total("too_long") == 1


def test_tags_pass_switches_as_they_are(world: World) -> None:
    for number, host in enumerate((world.hosts["h1"], world.hosts["h2"]), 1):
        host.run_script(f"ip link add link eth0 name eth0.7 type vlan id 7; ip addr add 10.7.0.{number}/24 dev eth0.7; ip link set eth0.7 up")
    assert "1 received" in world.hosts["h1"].run("ping -c1 -W1 10.7.0.2").stdout


def test_a_card_goes_home_when_its_namespace_is_deleted_and_still_has_its_cable(world: World) -> None:
    h1 = world.hosts["h1"]
    h1.run_script("ip netns add red; ip link set eth0 netns red; ip -n red addr add 10.0.0.9/24 dev eth0; ip -n red link set eth0 up")
    assert "1 received" in h1.run("ip netns exec red ping -c1 -W1 10.0.0.2").stdout
    h1.run("ip netns del red; sleep 1")
    address(h1, "10.0.0.1/24")
    assert "1 received" in h1.run("ping -c1 -W1 10.0.0.2").stdout


def test_a_card_cannot_be_deleted_and_is_no_virtual_device(world: World) -> None:
    done = world.hosts["h1"].run("ip link del eth0")
    assert (done.status, done.stderr) == (2, "RTNETLINK answers: Operation not supported\n")
    assert "parentbus virtio parentdev virtio0" in world.hosts["h1"].run("ip -d link show eth0").stdout


def test_a_second_lan_gets_the_next_card_and_later_hosts_join(world: World) -> None:
    h1, h4 = world.hosts["h1"], world.host("h4")
    world.lan("office", h4)
    world.lan("lab", h1, h4, names="lab0")
    address(h4, "10.0.0.4/24")
    address(h1, "10.4.0.1/24", "lab0")
    address(h4, "10.4.0.4/24", "lab0")
    assert "1 received" in h1.run("ping -c1 -W1 10.0.0.4").stdout
    assert "1 received" in h1.run("ping -c1 -W1 10.4.0.4").stdout
    with pytest.raises(NetError):
        world.lan("lab", h1, names="lab0")


def test_nonsense_about_a_line_is_refused() -> None:
    world = World()
    with pytest.raises(ValueError, match="between 0 and 1"):
        world.cable(world.host("a"), world.host("b"), loss=2)


def test_a_loop_of_switches_ends_as_a_counted_storm() -> None:
    world = World()
    a, b = world.host("a"), world.host("b")
    cables = [world.cable(a, b), world.cable(a, b)]
    for host in (a, b):
        host.run_script(f"{QUIET}\nip link add br0 type bridge; ip link set eth0 master br0 up; ip link set eth1 master br0 up; ip link set br0 up")
    a.run("ip addr add 10.0.0.1/24 dev br0; ping -c1 -W1 10.0.0.2")
    assert sum(cable.total("storm") for cable in cables) > 0


def test_a_world_of_several_machines_forks_and_is_saved_with_frames_on_the_line(tmp_path: Path) -> None:
    world = World(seed=2)
    cable = world.cable(world.host("a"), world.host("b"), delay=300 * MS, loss=0.1)
    for number, host in enumerate(world.hosts.values(), 1):
        address(host, f"10.0.0.{number}/24")
    job = world.hosts["a"].start("ping -c2 -W3 10.0.0.2")
    world.run_for(350 * MS)
    trial = world.fork()
    world.save(tmp_path / "w.json")
    again = World.load(tmp_path / "w.json")
    for each in (world, trial, again):
        each.run_for(6 * SECOND)
    assert job.result().stdout
    figures = [(each.cables[0].total("sent"), each.cables[0].total("delivered"), each.cables[0].total("lost")) for each in (world, trial, again)]
    assert figures[0] == figures[1] == figures[2]
    assert trial.cables[0] is not cable
    assert trial.hosts["a"].wiring.device("eth0").plug is trial.cables[0].ends[0]


def test_namespaces_of_different_machines_are_never_taken_for_each_other() -> None:
    world = World()
    a, b = world.host("a"), world.host("b")
    assert a.run("readlink /proc/self/ns/net").stdout == b.run("readlink /proc/self/ns/net").stdout  # each machine counts for itself
    assert a.machine.kernel.init_net.cookie != b.machine.kernel.init_net.cookie
    a.wiring.veth("x", "y", b.wiring.netns)
    a.run("ip netns add red; ip link add v type veth peer name w netns red")
    assert {line.split()[-1] for line in a.run("ip -o link show").stdout.splitlines() if "link-net" in line} == {"red", "0"}


def test_a_script_says_on_which_machine_its_lines_are_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text(
        "# netsim: lan office h1 h2 delay=5ms name=net0\n# netsim: host h1\nip addr add 10.0.0.1/24 dev net0; ip link set net0 up\n"
        "# netsim: host h2 kernel=6.1 engine=27\nip addr add 10.0.0.2/24 dev net0; ip link set net0 up\nuname -r; docker version -f {{.Server.Version}}; ping -q -c1 10.0.0.1 | grep -c '1 received'\n"
        "# netsim: unplug office h2\nping -c1 -W1 10.0.0.1 > /dev/null\necho never\n"
    )
    assert main(["run", str(lab)]) == 0
    assert capsys.readouterr().out == "6.1.0\n27.5.1\n1\nnever\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("# netsim: hots h1", "hots: not a directive"), ("# netsim:", "nothing: not a directive"), ("# netsim: host", "host: a name is expected"),
        ("# netsim: host h1 kernel=2.4", "kernel 2.4 is not known"), ("# netsim: lan x", "a name and machines are expected"),
        ("# netsim: cable a b loss=200%", "loss=200% makes no sense"), ("# netsim: cable a b dely=1ms", "dely= is not known"),
        ("# netsim: cable a a name=eth0", "cable: "), ("# netsim: unplug x y", "y has no cable to a LAN x"),
        ("# netsim: lan x a b name=e,f,g", "name= wants one name or 2"),
    ],
)  # fmt: skip
def test_a_directive_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, why: str) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text(f"true\n{line}\n")
    assert main(["run", str(lab)]) == 65
    text = capsys.readouterr().err
    assert "line 2: netsim: " in text
    assert why in text


def test_an_explanation_follows_the_packet_to_the_other_machine(world: World) -> None:
    world.hosts["h2"].run("iptables -A INPUT -p icmp -j DROP")
    told = str(explain(world, world.hosts["h1"], "10.0.0.2"))
    assert "h2: filter INPUT rule 1" in told
    assert "h1: filter INPUT" not in told


def test_a_child_that_is_waited_for_in_place_is_gone_when_it_has_answered() -> None:
    machine = World().host("h").machine
    before = dict(machine.processes)
    assert machine.ask(machine.init, ("hostname",)).stdout == "h\n"
    assert machine.ask(machine.init, ("sleep", "1")).status == 0
    assert machine.processes == before
    assert machine.next_pid == max(before) + 3


def test_children_have_the_environment_of_their_parent_until_one_of_them_gets_another() -> None:
    world = World()
    host = world.host("h")
    assert host.run_script("export A=1\nbash -c 'export A=2; env | grep ^A='\nenv | grep ^A=").stdout == "A=2\nA=1\n"
    machine = host.machine
    child = machine.spawn(machine.init, ("sleep", "9"))
    assert child.env == machine.init.env
    assert world.fork().hosts["h"].machine.processes[child.pid].env == child.env
