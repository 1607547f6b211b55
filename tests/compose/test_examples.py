"""The network parts of well-known compose files come up, and who reaches whom is as their `# check:` lines say."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim.analysis.check import check
from netsim.analysis.claims import claims_in_script
from netsim.labs import play

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples" / "compose").glob("*/compose.yaml"))


def test_there_are_ten_and_more() -> None:
    assert len(EXAMPLES) > 10


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_an_example_comes_up_and_holds_what_it_claims(path: Path) -> None:
    world, done = play(str(path))
    assert done.status == 0, done.stderr
    claims = list(claims_in_script(path.read_text(encoding="utf-8")))
    assert len(claims) > 1
    report = check(world, *claims)
    assert report, str(report)
    host = world.host("host")
    project = host.run("docker compose ls -q").stdout.strip()
    assert host.run(f"docker compose -p {project} down -t 0").status == 0
    assert host.run("docker ps -aq").stdout == ""
    assert host.run("docker network ls -q --filter type=custom").stdout == ""
