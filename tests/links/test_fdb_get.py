"""`bridge fdb get` asks a VXLAN device for itself, and a bridge for its ports (compared by hand with iproute2 6.1 on Linux 6.18)."""

from __future__ import annotations

import pytest

from netsim import Host, World

LEARNT = "02:00:00:00:00:01"
SHOWN = f"{LEARNT} dev vx1 dst 10.0.0.9 self permanent\n"


@pytest.fixture
def host() -> Host:
    host = World().host("h")
    host.run("ip link add vx1 type vxlan id 43 dstport 4789")
    host.run(f"bridge fdb add {LEARNT} dev vx1 dst 10.0.0.9")
    host.run(f"bridge fdb append {LEARNT} dev vx1 dst 10.0.0.10")
    return host


@pytest.mark.parametrize(
    ("words", "stdout", "stderr"),
    [
        ("self", SHOWN, ""),
        ("self vni 44", SHOWN, ""),
        ("self dynamic", "", ""),
        ("", "", "Error: Device is not a bridge port.\n"),
        ("self master", "", "Error: Device is not a bridge port.\n"),
    ],
)
def test_a_vxlan_device_answers_with_the_first_remote_end(host: Host, words: str, stdout: str, stderr: str) -> None:
    done = host.run(f"bridge fdb get {LEARNT} dev vx1 {words}")
    assert (done.stdout, done.stderr, done.status) == (stdout, stderr, 254 if stderr else 0)


def test_a_port_is_asked_apart_from_its_bridge(host: Host) -> None:
    host.run("ip link add br0 type bridge")
    host.run("ip link set vx1 master br0")
    for words in ("dev vx1", "dev vx1 self master", "br br0"):
        assert host.run(f"bridge fdb get {LEARNT} {words}").stderr == "Error: Fdb entry not found.\n"
    assert host.run(f"bridge fdb get {LEARNT} dev vx1 self").stdout == SHOWN
    own = host.machine.kernel.init_net.names["vx1"].address
    assert host.run(f"bridge fdb get {own} br br0").stdout == f"{own} dev vx1 master br0 permanent\n"
    assert host.run(f"bridge fdb get {own} br br0 dynamic").stdout == ""
