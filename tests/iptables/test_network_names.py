"""Listings name networks as /etc/networks does."""

from __future__ import annotations

import netsim


def test_networks_are_listed_and_read_by_their_names() -> None:
    host = netsim.World().host("h1")
    host.run("iptables -A OUTPUT -d 127.0.0.0/8")
    host.run("iptables -A OUTPUT -d link-local/16")
    assert [line.split()[3] for line in host.run("iptables -L OUTPUT").stdout.splitlines()[2:]] == ["loopback/8", "link-local/16"]
    assert "127.0.0.0/8" in host.run("iptables -nL OUTPUT").stdout
    assert "-A OUTPUT -d 169.254.0.0/16" in host.run("iptables -S OUTPUT").stdout
