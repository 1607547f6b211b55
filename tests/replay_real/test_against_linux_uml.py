"""Kinds of devices that small kernels lack: User-Mode Linux, run as an ordinary user, agrees with the model."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netsim.labs import open_lab
from netsim.replay import replay, verify
from netsim.replay.backend.uml import Uml, lacking
from tests.replay_real.machine import own_namespace

ROOT = Path(__file__).parents[2]
REASON = lacking()
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(REASON), reason=REASON or "runs")]
EXAMPLES = ["cross-host/gre.sh", "links/vlan.sh", "links/vlan-filtering.sh", "links/ipvlan.sh", "pipework/physical.sh", "pipework/routes.sh"]
if os.environ.get("HYPOTHESIS_PROFILE") == "nightly":
    EXAMPLES.append("swarm/three-hosts.sh")
    EXAMPLES += [f"problems/{name}/lab.sh" for name in ("01-network-shadows-vpn", "11-hairpin", "16-resolver-on-loopback")]


def verified(example: str) -> str:
    found = verify(open_lab(str(ROOT / "examples" / example)), Uml())
    return "" if found.agrees else f"{example}: {found.text(1)}"


def test_user_mode_linux_agrees_on_gre_vlans_and_ipvlan() -> None:
    before = own_namespace()
    with ThreadPoolExecutor(2) as pool:
        disagreements = [text for text in pool.map(verified, EXAMPLES) if text]
    assert not disagreements, "\n".join(disagreements)
    assert own_namespace() == before


def test_it_is_no_root_there_and_its_output_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    built = replay(open_lab(str(ROOT / "examples/tutorial/namespaces.sh")), ["sh", "-c", "uname -r; touch /root/x 2>&1; exit 5"], Uml())
    assert (built.failed, built.status, built.kernel[:2]) == ("", 5, "6.")
    assert "Permission denied" in capsys.readouterr().out
    assert not Path("/root/x").exists()
