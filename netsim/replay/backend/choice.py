"""Which kernel plays a world: this machine's, or User-Mode Linux where that lacks something."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from netsim.replay.backend import room, uml
from netsim.replay.backend.problem import CannotReplay

ORDINARY = frozenset({"veth", "bridge"})
MEDDLING = {"gre": "ip_gre", "gretap": "ip_gre", "ipip": "ipip", "sit": "sit", "dummy": "dummy", "ifb": "ifb", "bond": "bonding"}
"""Kinds whose module brings devices to the machine's own namespace when it is loaded: where it is not loaded yet, it stays so."""
TRIALS = {
    "vlan_filtering": "ip link add trial type bridge vlan_filtering 1; ip -d link show trial | grep -q 'vlan_filtering 1'",
    "netem": "ip link add trial type bridge; tc qdisc add dev trial root netem delay 1ms",
    "tbf": "ip link add trial type bridge; tc qdisc add dev trial root tbf rate 1mbit burst 32kbit latency 50ms",
    "prio": "ip link add trial type bridge; tc qdisc add dev trial root prio",
    "ip_vs": "ipvsadm -Ln",
    "tun": "ip tuntap add dev trial mode tap",
}
"""How something is tried that is no plain kind of device; the status answers."""
KIND_TRIAL = "ip link add name trial type {kind} 2>&1 | grep -qE 'Unknown device type|Operation not supported'; test $? -ne 0"


def choose(wanted: Iterable[str]) -> room.Room | uml.Uml:
    """Where a world that needs these kinds can be built; CannotReplay says what is missing."""
    why = room.lacking()
    missing = {} if why else lacks(wanted)
    if not why and not missing:
        return room.Room()
    if not uml.lacking():
        return uml.Uml()
    if missing:
        why = "; ".join(f"{kind}: {reason}" for kind, reason in sorted(missing.items()))
    raise CannotReplay(f"{why} ({uml.lacking()})")


def lacks(wanted: Iterable[str]) -> dict[str, str]:
    """What of the kinds the running kernel does not have, each with the reason; tried in a namespace that is gone at once."""
    found = {}
    for kind in sorted(set(wanted) - ORDINARY):
        if _would_meddle(kind):
            found[kind] = f"loading module {MEDDLING[kind]} would add devices to the machine; load it yourself first"
        elif subprocess.run(
            [*room.unshare(), "sh", "-c", TRIALS.get(kind, KIND_TRIAL.format(kind=kind))], capture_output=True, check=False
        ).returncode:
            found[kind] = "this kernel does not have it"
    return found


def _would_meddle(kind: str) -> bool:
    module = MEDDLING.get(kind, "")
    if not module or Path("/sys/module", module).exists():
        return False
    listed = sorted(Path("/lib/modules").glob("*/modules.dep"))
    return any(f"/{module}.ko" in path.read_text(encoding="utf-8", errors="replace") for path in listed)
