"""resolv.conf of containers, case by case as Docker's own tests have them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netsim.docker.names import resolvconf
from tests.docker.golden import ABSENT, GOLDEN

RELEASES = ("27.5.1", "28.5.2", "29.7.2")
CASES = [
    (release, case)
    for release in RELEASES
    if (GOLDEN / "resolvconf" / release / "cases.json").exists()
    for case in json.loads((GOLDEN / "resolvconf" / release / "cases.json").read_text())
]


def name_of(value: Any) -> str:
    return value if isinstance(value, str) else f"{value['test']}: {value['name']}" if value else "absent"


def made(release: str, case: dict[str, Any]) -> resolvconf.ResolvConf:
    has_ipv6 = int(bool(case.get("ipv6")))
    if case["test"] == "TestRCModify":
        lines = [f"nameserver {server}" for server in case.get("inputNS", [])]
        lines += ["search " + " ".join(case["inputSearch"])] if case.get("inputSearch") else []
        lines += ["options " + " ".join(case["inputOptions"])] if case.get("inputOptions") else []
        conf = resolvconf.read("\n".join(lines), "")
        if not case.get("noOverrides"):
            conf = resolvconf.override(conf, case.get("overrideNS", []), case.get("overrideSearch", []), case.get("overrideOptions", []))
        if "addOption" in case:
            from attrs import evolve

            conf = evolve(conf, options=(*conf.options, case["addOption"]))
        return conf
    conf = resolvconf.read(case["input"], "/etc/resolv.conf")
    conf = resolvconf.override(conf, case.get("overrideNS"), None, case.get("overrideOptions"))
    if case["test"] == "TestRCTransformForLegacyNw":
        return resolvconf.for_legacy(conf, has_ipv6)
    return resolvconf.for_internal(conf, case.get("reqdOptions", []), from_host=int(release != "27.5.1"), has_ipv6=has_ipv6)


@pytest.mark.skipif(not CASES, reason=ABSENT)
@pytest.mark.parametrize(("release", "case"), CASES or [("", {})], ids=name_of)
def test_the_file_is_dockers_own(release: str, case: dict[str, Any]) -> None:
    conf = made(release, case)
    assert conf.text() == (GOLDEN / "resolvconf" / release / case["expect_file"]).read_text()
    if "expExtServers" in case:
        assert [(str(one.address), bool(one.from_host)) for one in conf.external or ()] == [
            (expected["addr"], expected["host_loopback"]) for expected in case["expExtServers"]
        ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("nameserver 1.2.3.4.5", ["", "# Based on host file: ''", "# Invalid nameservers: [1.2.3.4.5]", "# Overrides: []"]),
        ("# c\nnameserver 9.9.9.9\nsomething odd", ["nameserver 9.9.9.9", "something odd", "", "# Based on host file: ''", "# Overrides: []"]),
    ],
)
def test_what_is_not_understood_is_kept_or_noted(text: str, lines: list[str]) -> None:
    assert resolvconf.read(text, "").text() == "\n".join(lines) + "\n"
