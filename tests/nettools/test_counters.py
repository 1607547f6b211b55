"""netstat, nstat, ethtool and modprobe."""

from __future__ import annotations

import pytest

from netsim.api import Host
from tests.nettools.pair import host_with_pair


def _talking() -> Host:
    host = host_with_pair()
    host.run("ip netns add x; ip link set px netns x; ip -n x addr add 10.0.0.2/24 dev px; ip -n x link set px up; ifconfig eth0 10.0.0.1/24")
    host.run("ping -c3 -i0.2 -q 10.0.0.2")
    return host


def test_nstat_tells_what_came_since_the_last_look() -> None:
    host = _talking()
    assert "IcmpInEchoReps                  3                  0.0\n" in host.run("nstat").stdout
    assert host.run("nstat").stdout == "#kernel\n"
    host.run("ping -c2 -i0.2 -q 10.0.0.2")
    assert host.run("nstat -s IcmpOutEchos").stdout == "#kernel\nIcmpOutEchos                    2                  0.0\n"
    assert host.run("nstat IcmpOutEchos").stdout.endswith("IcmpOutEchos                    2                  0.0\n")
    assert host.run("nstat -a IcmpOutEchos").stdout.endswith("IcmpOutEchos                    5                  0.0\n")


def test_nstat_leaves_settings_out() -> None:
    assert host_with_pair().run("nstat -az IpForwarding TcpRtoMin TcpCurrEstab").stdout == "#kernel\n"


def test_netstat_says_counters_in_words() -> None:
    told = _talking().run("netstat -s").stdout
    assert "    3 total packets received\n" in told
    assert "    ICMP input histogram:\n        echo replies: 3\n" in told
    assert "IcmpMsg:\n        InType0: 3\n        OutType8: 3\n" in told


def test_two_listings_at_once_are_refused_with_the_usage() -> None:
    told = host_with_pair().run("netstat -ri")
    assert told.status == 3
    assert told.stderr.startswith("usage: netstat")


def test_an_alias_has_no_statistics() -> None:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1/24; ifconfig eth0:1 10.0.0.2/24")
    assert "eth0:1           1500      - no statistics available -                        BMRU\n" in host.run("netstat -i").stdout


def test_raw_sockets_show_their_protocol_as_the_port() -> None:
    host = _talking()
    host.start("ping -i1 10.0.0.2")
    assert "raw        0      0 0.0.0.0:1               0.0.0.0:*               7          \n" in host.run("netstat -wan4").stdout
    assert "0.0.0.0:icmp" in host.run("netstat -wa4").stdout


def test_features_that_need_what_was_switched_off_go_too() -> None:
    told = host_with_pair().run("ethtool -K eth0 tx-checksum-ip-generic off").stdout.splitlines()
    assert told[:3] == ["Actual changes:", "tx-checksum-ip-generic: off", "tx-tcp-segmentation: off [not requested]"]


def test_a_feature_that_cannot_change_is_refused() -> None:
    told = host_with_pair().run("ethtool -K eth0 lro on")
    assert (told.stdout, told.stderr, told.status) == ("Actual changes:\nrx-lro: off [requested on]\n", "Could not change any device features\n", 1)


@pytest.mark.parametrize(
    ("line", "status"),
    [("ethtool nosuch", 75), ("ethtool -i lo", 71), ("ethtool -S br9", 96), ("modprobe nosuch", 1), ("modprobe dummy", 0), ("lsmod x", 1)],
)
def test_statuses_are_the_real_tools(line: str, status: int) -> None:
    assert host_with_pair().run(line).status == status


def test_a_loaded_module_is_listed_and_removed() -> None:
    host = host_with_pair()
    host.run("modprobe br_netfilter")
    assert "br_netfilter" in host.run("lsmod").stdout
    host.run("modprobe -r br_netfilter")
    assert "br_netfilter" not in host.run("lsmod").stdout


@pytest.mark.parametrize("tool", ["ifconfig", "route", "arp", "netstat", "nstat", "ethtool", "modprobe", "lsmod", "rmmod"])
@pytest.mark.parametrize(
    "garbage", ["'' ''", "-", "--", "--=x", "\xff", "eth0 '' ''", "-x -y -z", "add '' ''", "-s '' '' ''", "-K eth0 '' ''", "eth0 hw", "-A ,,"]
)
def test_garbage_gets_an_answer_and_no_traceback(tool: str, garbage: str) -> None:
    told = host_with_pair().run(f"{tool} {garbage}")
    assert 0 <= told.status <= 255
    assert "Traceback" not in told.stderr
