"""Rule listings of real machines load through -restore and come back byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from netsim import Host, World

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"
LISTED = re.compile(r"\b(ip6?tables) -S -t (\w+)$")
BUILTIN = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"), "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
}  # fmt: skip
Listing = tuple[str, str, str]


def engine_listings() -> Iterator[Listing]:
    """(program, table, text) of every step that lists a table."""
    for path in sorted((ORACLE / "engines").glob("*.json")):
        for step in json.loads(path.read_text())["steps"]:
            asked = LISTED.search(step["cmd"])
            text = step.get("stdout") or step.get("output") or ""
            if asked and text.startswith("-P"):
                yield asked[1], asked[2], text


def golden_listings() -> Iterator[Listing]:
    """The sections of the scenario listings."""
    for path in sorted((ORACLE / "moby-golden").glob("*/iptables/*.txt")):
        for section in path.read_text().split("## ")[1:]:
            title, _, text = section.partition("\n")
            asked = LISTED.search(title)
            if asked and all(f"-P {chain} " in text for chain in BUILTIN[asked[2]]):
                yield asked[1], asked[2], text.rstrip("\n") + "\n"


def as_input(table: str, text: str) -> str:
    """What -S printed, as -restore reads it."""
    lines = [re.sub(r"^-P (\S+) (\S+)$", r":\1 \2 [0:0]", line) for line in text.splitlines()]
    return "\n".join([f"*{table}", *(re.sub(r"^-N (\S+)$", r":\1 - [0:0]", line) for line in lines), "COMMIT", ""])


def load(host: Host, program: str, text: str) -> None:
    host.machine.files.write(host.machine.init, "/rules", text.encode())
    done = host.run(f"{program}-restore /rules")
    assert (done.status, done.stderr) == (0, ""), text


def host_with_sets() -> Host:
    """A host that has the sets some listings name."""
    host = World().host("h")
    for command in ("create docker-ext-bridges-v4 hash:net", "create docker-ext-bridges-v6 hash:net family inet6"):
        assert host.run(f"ipset {command}").status == 0
    return host


@pytest.mark.skipif(not (ORACLE / "engines").is_dir(), reason="the recordings of Docker engines are not here")
def test_listings_of_docker_hosts_come_back_as_they_were() -> None:
    listings = sorted(set(engine_listings()))
    assert len(listings) > 100
    host = host_with_sets()
    for program, table, text in listings:
        load(host, program, as_input(table, text))
        assert host.run(f"{program} -t {table} -S").stdout == text


@pytest.mark.skipif(not (ORACLE / "moby-golden").is_dir(), reason="the listings that Docker's tests treat as correct are not here")
def test_scenario_listings_come_back_as_they_were() -> None:
    listings = sorted(set(golden_listings()))
    assert len(listings) > 30
    host = host_with_sets()
    for program, table, text in listings:
        load(host, program, as_input(table, text))
        assert host.run(f"{program} -t {table} -S").stdout == text


@pytest.mark.skipif(not (ORACLE / "moby-golden").is_dir(), reason="the listings that Docker's tests treat as correct are not here")
def test_whole_tables_come_back_as_they_were() -> None:
    texts = sorted({path.read_text() for path in (ORACLE / "moby-golden/matrix").glob("iptables*/*tables.txt")})
    assert len(texts) > 50
    host = host_with_sets()
    for text in texts:
        program = "ip6tables" if "::" in re.sub(r"\[\d+:\d+\]", "", text) or "icmp6" in text else "iptables"
        load(host, program, text)
        saved = ""
        for table in re.findall(r"^\*(\w+)", text, re.M):
            saved += "".join(line for line in host.run(f"{program}-save -t {table}").stdout.splitlines(True) if not line.startswith("#"))
        assert saved == text
