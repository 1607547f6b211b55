"""arping of BusyBox 1.35, as it answered on a pair of veths."""

from __future__ import annotations

import re

import pytest

from netsim import World

HEADER = "ARPING 10.0.0.2 from 10.0.0.1 v0\n"
REPLY = "Unicast reply from 10.0.0.2 [MAC] T\n"


@pytest.fixture(scope="module")
def pair() -> World:
    """v0 and, in a namespace, v1 with 10.0.0.2."""
    world = World(seed=0)
    world.host("h").run_script(
        "ip link set lo up; ip link add v0 type veth peer name v1; ip netns add x; ip link set v1 netns x; ip addr add 10.0.0.1/24 dev v0; ip link set v0 up\n"
        "ip -n x addr add 10.0.0.2/24 dev v1; ip -n x link set v1 up; sleep 1"
    )
    return world


def summary(sent: int, broadcasts: int, received: int) -> str:
    """The last two lines."""
    return f"Sent {sent} probe(s) ({broadcasts} broadcast(s))\nReceived {received} response(s) (0 request(s), 0 broadcast(s))\n"


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ("-c2 -I v0 10.0.0.2", 0, HEADER + REPLY * 2 + summary(2, 0, 2)),
        ("-w2 -I v0 10.0.0.2", 0, HEADER + REPLY * 3 + summary(3, 1, 3)),
        ("-f -I v0 10.0.0.2", 0, HEADER + REPLY + summary(1, 1, 1)),
        ("-f -w2 -I v0 10.0.0.9", 1, HEADER.replace("0.2 ", "0.9 ") + summary(3, 3, 0)),
        ("-q -c1 -I v0 10.0.0.2", 0, ""),
        ("-D -c2 -I v0 10.0.0.2", 1, HEADER.replace("0.1 v0", "0.0 v0").replace("10.0.0.0", "0.0.0.0") + REPLY + summary(1, 0, 1)),
        ("-U -c1 -I v0 10.0.0.1", 0, HEADER.replace("0.2 ", "0.1 ") + summary(1, 0, 0)),
        ("-c0 -I v0 10.0.0.2", 1, HEADER + summary(0, 0, 0)),
    ],
)
def test_probes_are_counted_as_the_applet_counts_them(pair: World, words: str, status: int, text: str) -> None:
    done = pair.host("h").run(f"busybox arping {words}")
    assert re.sub(r"\[.*\]", "[MAC]", re.sub(r"[\d.]+ms", "T", done.stdout)) == text
    assert done.status == status


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ("-c1 10.0.0.2", 2, "interface eth0 not found: No such device"),
        ("-c1 -I lo 127.0.0.1", 2, "interface lo is not ARPable"),
        ("-c1 -I v0 -s 10.0.0.77 10.0.0.2", 2, "bind: Cannot assign requested address"),
        ("-c1 -I v0 -s nonsense 10.0.0.2", 2, "invalid source address nonsense"),
        ("-c1 -I v0 nohost", 2, "bad address 'nohost'"),
        ("-w x -I v0 10.0.0.2", 1, "invalid number 'x'"),
    ],
)
def test_what_cannot_be_probed_is_refused_in_its_words(pair: World, words: str, status: int, text: str) -> None:
    done = pair.host("h").run(f"busybox arping {words}")
    assert (done.stderr, done.status) == (f"arping: {text}\n", status)
