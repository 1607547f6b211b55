"""Each word that `ip link` and its kinds know makes a difference, is refused, or is listed as not modelled."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import netsim.commands.ip.kinds as kinds
from netsim.commands.ip import link
from netsim.commands.ip.kinds.bridge import BRIDGE_NUMBERS, PORT_FLAGS
from netsim.commands.ip.kinds.grammar import Key
from tests.grammar.test_every_option import attempt, left_behind, without

ARGUMENTS = (
    (),
    ("on",),
    ("off",),
    ("1",),
    ("3",),
    ("0",),
    ("2",),
    ("40",),
    ("10.0.0.1",),
    ("br0",),
    ("a",),
    ("02:00:00:00:00:77",),
    ("private",),
    ("l3",),
    ("active-backup",),
    ("inherit",),
    ("x9",),
)
"""What may follow an option: whichever it takes."""
LINKS = {
    "bond": ("bond",),
    "ipvlan": ("ipvlan",),
    "macvlan": ("macvlan",),
    "vlan": ("vlan", "id", "5"),
    "vxlan": ("vxlan", "id", "5", "dstport", "4789", "remote", "10.0.0.9"),
    "tunnels:GRE_KEYS": ("gre", "remote", "10.0.0.9"),
    "tunnels:IPTNL_KEYS": ("ipip", "remote", "10.0.0.9"),
}
"""A link of each kind that has a table of words."""
SAME = {
    "link set": {"up": "it is up", "dynamic": "no device of these loses its address", "trailers": "gone from the kernel", "arp": "on already", "link": "a link has the lower device it was made with", "master": "br0 is its master already",
        "numtxqueues": "queues are made with the device", "numrxqueues": "queues are made with the device",
        **dict.fromkeys(("xdp", "xdpgeneric", "xdpdrv"), "there is no program that `off` could take off"),
    },
    "ipvlan": {"mode": "l3 already", "bridge": "what it is unless told otherwise"},
    "vxlan": {"label": "IPv4 has no flow labels", "flowlabel": "IPv4 has no flow labels"},
}  # fmt: skip


def swallowed(line: tuple[str, ...], word: str) -> bool:
    """Whether an option is taken with some argument and makes a difference with none."""
    taken = False
    for argument in ARGUMENTS:
        trial, done = attempt((*line, word, *argument))
        taken = taken or done.status == 0
        if done.status == 0 and (trial.unmodelled or (done, left_behind(trial)) != without(line)):
            return False
    return taken


def tables() -> dict[str, tuple[Key, ...]]:
    found = {}
    for info in pkgutil.iter_modules(kinds.__path__):
        for name, value in vars(importlib.import_module(f"{kinds.__name__}.{info.name}")).items():
            if name.endswith("KEYS") and isinstance(value, tuple) and value and isinstance(value[0], Key) and name not in ("PORT_KEYS", "ENDS"):
                found[info.name if name == "KEYS" else f"{info.name}:{name}"] = value
    return found


TABLES = tables()


def test_no_word_of_ip_link_set_is_swallowed() -> None:
    line = ("ip", "link", "set", "dev", "v0")
    assert not [word for word, _, _ in link._KEYS if word not in SAME["link set"] and swallowed(line, word)]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_no_word_of_a_kind_is_swallowed(table: str) -> None:
    known = {key.word for key in TABLES[table] if key.word.startswith("no")} | {"pmtudisc"} | SAME.get(table, {}).keys()
    if table not in LINKS:
        pytest.skip("no link of this kind to try the words on")
    line = ("ip", "link", "add", "x0", "link", "br0", "type", *LINKS[table])
    assert attempt(line)[1].status == 0, attempt(line)[1]
    assert not [key.word for key in TABLES[table] if key.word not in known and swallowed(line, key.word)]


def test_no_option_of_a_bridge_or_its_ports_is_swallowed() -> None:
    assert not [word for word in BRIDGE_NUMBERS if swallowed(("ip", "link", "set", "br0", "type", "bridge"), word)]
    flags = [flag if isinstance(flag, str) else flag[0] for flag in PORT_FLAGS]
    assert not [word for word in flags if swallowed(("ip", "link", "set", "v0", "type", "bridge_slave"), word)]
