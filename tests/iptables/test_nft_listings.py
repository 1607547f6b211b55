"""What `nft list` prints loads again by -f and prints the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsim import Host, World

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"


def come_back(text: str, options: str) -> None:
    """Load a listing into a fresh host and compare what it lists."""
    host: Host = World().host("h")
    host.machine.files.write(host.machine.init, "/rules.nft", text.encode())
    done = host.run("nft -f /rules.nft")
    assert (done.status, done.stderr) == (0, ""), text
    assert host.run(f"nft {options} list ruleset").stdout == text


def engine_listings() -> Iterator[tuple[str, str]]:
    for path in sorted((ORACLE / "engines").glob("*nft*.json")):
        for step in json.loads(path.read_text())["steps"]:
            text = step.get("stdout") or step.get("output") or ""
            asked = re.search(r"nft (?:-s )?list ruleset$", step["cmd"])
            if asked and text.startswith("table"):
                yield text, "" if "counter packets" in text else "-s"


@pytest.mark.skipif(not (ORACLE / "engines").is_dir(), reason="the recordings of Docker engines are not here")
def test_rulesets_of_docker_hosts_come_back_as_they_were() -> None:
    listings = sorted(set(engine_listings()))
    assert len(listings) > 20
    for text, options in listings:
        come_back(text, options)


@pytest.mark.skipif(not (ORACLE / "moby-golden").is_dir(), reason="the listings that Docker's tests treat as correct are not here")
def test_tables_of_docker_tests_come_back_as_they_were() -> None:
    """A newer nft names priority -100 at the output hook too; this one does not read that name."""
    paths = [*(ORACLE / "moby-golden").glob("*/nftables/*.txt"), *(ORACLE / "moby-golden/matrix").glob("nftables*/*.txt")]
    texts = {re.sub(r"^## .*\n", "", path.read_text()).replace("hook output priority dstnat", "hook output priority -100") for path in paths}
    texts = {text for text in texts if text.startswith("table")}
    assert len(texts) > 50
    for text in sorted(texts):
        come_back(text.rstrip("\n") + "\n", "" if "counter packets" in text else "-s")


def test_a_ruleset_of_everything_comes_back_as_it_was() -> None:
    come_back(Path(__file__).with_name("everything.nft").read_text(), "")
