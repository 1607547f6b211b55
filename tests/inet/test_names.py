"""iproute2 reads the names of tables, protocols and groups from files that people add to."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    """A host with its loopback up that knows two more tables."""
    host = netsim.World(seed=0).host("h")
    host.run("ip link set lo up; echo '101 isp1' >> /etc/iproute2/rt_tables; printf '0x66\\tisp2 # second\\n' > /etc/iproute2/rt_tables.d/lab.conf")
    return host


def test_a_rule_and_a_route_name_a_table_from_the_file(host: Host) -> None:
    host.run("ip rule add from 192.0.2.1 table isp1; ip route add 10.0.0.0/8 dev lo table isp1; ip route add 10.0.0.0/8 dev lo table isp2")
    assert "from 192.0.2.1 lookup isp1\n" in host.run("ip rule").stdout
    assert host.run("ip route show table 101").stdout == host.run("ip route show table isp1").stdout == "10.0.0.0/8 dev lo scope link \n"
    assert "table isp2 " in host.run("ip route show table all").stdout
    assert '"table":"isp1"' in host.run("ip -j rule").stdout
    assert "lookup 101" in host.run("ip -N rule").stdout


def test_both_protocols_share_the_names(host: Host) -> None:
    host.run("ip -6 rule add to fd00::/8 table isp2; ip -6 route add default dev lo table isp2")
    assert "to fd00::/8 lookup isp2" in host.run("ip -6 rule").stdout
    assert host.run("ip -6 route show table 102").stdout.startswith("default dev lo ")


def test_a_name_that_no_file_has_is_refused(host: Host) -> None:
    told = host.run("ip rule add fwmark 1 table nope")
    assert (told.stderr, told.status) == ('Error: argument "nope" is wrong: invalid table ID\n\n', 255)


def test_a_line_that_is_no_name_is_told_and_ends_the_reading(host: Host) -> None:
    host.run("ip rule add table 103; printf 'oops\\n103 late\\n' >> /etc/iproute2/rt_tables")
    told = host.run("ip rule")
    assert "lookup 103" in told.stdout
    assert told.stderr == "Database /etc/iproute2/rt_tables is corrupted at oops\n\n"


def test_groups_and_protocols_have_names_too(host: Host) -> None:
    host.run("echo '7 lab' >> /etc/iproute2/group; echo '200 mine' >> /etc/iproute2/rt_protos")
    host.run("ip link set lo group lab; ip route add 10.0.0.0/8 dev lo proto mine")
    assert "group lab " in host.run("ip link show group 7").stdout
    assert "proto mine " in host.run("ip route").stdout
    host.run("rm -r /etc/iproute2")
    assert "group 7 " in host.run("ip link show lo").stdout
    assert "proto 200 " in host.run("ip route").stdout


def test_a_metric_that_was_asked_for_is_not_told_again(host: Host) -> None:
    host.run("ip route add 10.0.0.0/8 dev lo metric 50")
    assert host.run("ip route show metric 50").stdout == "10.0.0.0/8 dev lo scope link \n"
    assert "metric 50" in host.run("ip route").stdout
