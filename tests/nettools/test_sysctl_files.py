"""Settings in files, as people leave them in /etc/sysctl.d, and a client that finds no server."""

from __future__ import annotations

import netsim


def test_settings_are_kept_in_files_and_loaded() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("printf '%s\\n' '# lab' '-net.nosuch.a = 1' 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/99-lab.conf")
    told = host.run("sysctl -p /etc/sysctl.d/99-lab.conf")
    assert told.stdout == "net.ipv4.ip_forward = 1\n"
    assert told.stderr == "sysctl: cannot stat /proc/sys/net/nosuch/a: No such file or directory\n"
    assert host.run("echo net.ipv4.conf.all.rp_filter=2 >> /etc/sysctl.conf; sysctl -p").stdout == "net.ipv4.conf.all.rp_filter = 2\n"


def test_a_dhcp_client_that_writes_into_a_pipe_gives_up_quietly() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up")
    told = host.run("udhcpc -i v0 -n -q -t 2 -T 1 2>&1 | cat")
    assert told.stdout.splitlines().count("udhcpc: broadcasting discover") == 2
    assert "read error" not in told.stdout


def test_a_folder_s_settings_are_listed_without_what_is_deprecated() -> None:
    host = netsim.World(seed=0).host("h")
    names = host.run("sysctl -N net.ipv4.neigh.lo").stdout.split()
    assert "net.ipv4.neigh.lo.base_reachable_time_ms" in names
    assert not [name for name in names if name.endswith(("base_reachable_time", "retrans_time"))]
    assert "net.ipv4.neigh.lo.retrans_time = 100\n" in host.run("sysctl --deprecated net.ipv4.neigh.lo").stdout
    assert host.run("sysctl -n net.ipv4.neigh.lo.retrans_time").stdout == "100\n"
