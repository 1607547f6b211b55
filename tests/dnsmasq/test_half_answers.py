"""A server that knows a name's IPv4 address and refuses to tell of any other is no reason to give up."""

from __future__ import annotations

import netsim


def test_a_refused_question_for_ipv6_leaves_the_address_that_was_told() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("ip link set lo up; echo 'nameserver 127.0.0.1' > /etc/resolv.conf")
    host.run("dnsmasq --no-daemon --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces --address=/app.lab/127.0.0.5 >/dev/null 2>&1 &")
    host.run("sleep 1")
    assert "64 bytes from 127.0.0.5" in host.run("ping -c1 -W1 app.lab").stdout
    assert "Could not resolve" not in host.run("curl -sS -m1 http://app.lab/").stderr
    assert "Temporary failure in name resolution" in host.run("ping -c1 -W1 other.lab").stderr
