"""A way out to a simulated internet, for labs that ask for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim import Host, NetError, World
from netsim.clock import MS
from netsim.labs import LabProblem, play
from netsim.uplink import NAMES, RESOLVERS, uplink


@pytest.fixture
def host() -> Host:
    made = World(seed=0).host("h1")
    uplink(made.world, made, names={"shop.example": "198.51.100.7"})
    return made


def test_without_an_uplink_nothing_is_outside() -> None:
    alone = World().host("h1")
    assert alone.run("ping -c1 -W1 8.8.8.8").stderr == "ping: connect: Network is unreachable\n"
    assert list(alone.world.hosts) == ["h1"]


def test_a_machine_with_an_uplink_has_an_address_a_route_and_a_resolver(host: Host) -> None:
    assert host.run("ip -br addr show eth0").stdout.split()[:3] == ["eth0", "UP", "100.64.0.2/24"]
    assert host.run("ip route show default").stdout == "default via 100.64.0.1 dev eth0 \n"
    assert host.run("cat /etc/resolv.conf").stdout == "nameserver 100.64.0.1\n"


@pytest.mark.parametrize("address", [address for addresses in RESOLVERS.values() for address in addresses])
def test_well_known_resolvers_answer_pings_and_questions_by_both_protocols(host: Host, address: str) -> None:
    assert "time=10.0 ms" in host.run(f"ping -c1 -w1 {address}; ping -c1 {address}").stdout
    for protocol in ("+notcp", "+tcp"):
        assert host.run(f"dig {protocol} +short @{address} example.com shop.example").stdout in ("198.51.100.7\n", "203.0.113.10\n198.51.100.7\n")


def test_names_lead_to_web_servers_and_others_are_not_there(host: Host) -> None:
    for name in (*NAMES, "shop.example"):
        assert "simulated internet" in host.run(f"curl -s http://{name}/").stdout
    assert "NXDOMAIN" in host.run("host nosuch.example").stdout
    assert host.run("nc -z -w2 github.com 22").status == 1
    assert host.run("dig +short -x 8.8.8.8").stdout == "dns.google.\n"


def test_containers_find_the_way_out(host: Host) -> None:
    assert host.run("docker run --rm busybox ping -c1 8.8.8.8").status == 0
    assert "203.0.113.10" in host.run("docker run --rm busybox nslookup example.com").stdout
    assert "no such host" in host.run("docker pull nosuch/image").stderr


def test_several_machines_share_one_internet_and_do_not_see_each_other(host: Host) -> None:
    second = host.world.host("h2")
    uplink(host.world, second, name="wan0", delay=MS)
    assert second.run("ip -br addr show wan0").stdout.split()[2] == "100.64.1.2/24"
    assert second.run("ping -c1 8.8.8.8").status == host.run("ping -c1 8.8.8.8").status == 0
    assert list(host.world.hosts) == ["h1", "internet", "h2"]
    assert second.run("dig +short shop.example").stdout == "198.51.100.7\n"


def test_a_lab_asks_for_it_in_a_comment_and_its_journal_repeats_it(tmp_path: Path) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text(
        "# netsim: uplink h1 name=wan delay=20ms names=a.example:198.51.100.9\n# netsim: host h1\nping -c1 a.example\nip -br addr show wan\n"
    )
    world, done = play(str(lab))
    assert done.status == 0 and "time=40.0 ms" in done.stdout or "198.51.100.9" in done.stdout
    again = tmp_path / "again.sh"
    again.write_text(world.journal.script())
    assert "# netsim: uplink h1 name=wan delay=20000us names=a.example:198.51.100.9" in again.read_text()
    assert play(str(again))[1].stdout == done.stdout


@pytest.mark.parametrize(("before", "name"), [("", "host"), ("# netsim: host h1\n# netsim: host h2\n", "h2")])
def test_without_a_name_it_is_of_the_machine_whose_turn_it_is(tmp_path: Path, before: str, name: str) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text(f"{before}# netsim: uplink delay=3ms\nhostname; ping -c1 8.8.8.8\n")
    done = play(str(lab))[1]
    assert done.status == 0 and done.stdout.startswith(f"{name}\n") and "time=12.0 ms" in done.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("h1 h2", "one machine is expected"),
        ("h1 names=x", "names= wants NAME:ADDRESS, not 'x'"),
        ("h1 names=-x:1.2.3.4", "'-x' is no name"),
        ("h1 colour=red", "colour= is not known"),
        ("internet", "there is a machine internet already"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, words: str, problem: str) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text(f"# netsim: uplink {words}\ntrue\n")
    with pytest.raises(LabProblem, match="line 1: netsim: uplink: ") as raised:
        play(str(lab))
    assert problem in str(raised.value)


def test_a_second_default_route_is_refused_as_the_kernel_does(host: Host) -> None:
    before = host.run("ip -br link; ip route").stdout
    with pytest.raises(NetError, match="File exists"):
        uplink(host.world, host)
    assert host.run("ip -br link; ip route").stdout == before


def test_a_world_with_an_uplink_forks_and_is_saved(host: Host, tmp_path: Path) -> None:
    fork = host.world.fork()
    host.run("ip link set eth0 down")
    assert fork.hosts["h1"].run("curl -s http://example.com/").status == 0
    fork.save(tmp_path / "w.json")
    assert World.load(tmp_path / "w.json").hosts["h1"].run("dig +tcp +short @1.1.1.1 google.com").stdout == "203.0.113.20\n"
