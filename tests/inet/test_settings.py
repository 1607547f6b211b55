"""Which devices follow `net.ipv4.conf.default`."""

from __future__ import annotations

from netsim import World


def test_a_device_follows_the_default_until_it_is_given_an_address() -> None:
    host = World().host("h1")
    host.run_script("ip link set lo up\nip link add v0 type veth peer name v1\nip addr add 10.0.0.1/24 dev v0\nip addr del 10.0.0.1/24 dev v0\n")
    host.run("sysctl -qw net.ipv4.conf.default.rp_filter=1")
    assert host.run("sysctl -n net.ipv4.conf.v0.rp_filter net.ipv4.conf.v1.rp_filter net.ipv4.conf.lo.rp_filter").stdout.split() == ["0", "1", "0"]
    host.run("ifconfig v1 10.1.1.1")
    host.run("sysctl -qw net.ipv4.conf.default.rp_filter=2")
    assert host.run("sysctl -n net.ipv4.conf.v1.rp_filter").stdout == "1\n"


def test_all_switches_forwarding_of_every_device() -> None:
    host = World().host("h1")
    host.run_script("ip link add v0 type veth peer name v1\nip addr add 10.0.0.1/24 dev v0\nsysctl -qw net.ipv4.ip_forward=1\n")
    assert host.run("sysctl -n net.ipv4.conf.v0.forwarding net.ipv4.conf.v1.forwarding").stdout.split() == ["1", "1"]
