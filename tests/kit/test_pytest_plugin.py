"""The plugin, as its users meet it: suites that pass, and suites whose failures explain themselves."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from netsim.__main__ import main

ROOT = Path(__file__).parent.parent.parent
INSTALLED = bool(entry_points(group="pytest11", name="netsim"))
"""Whether pytest finds the plugin by itself here: where the sources are only on the path it has to be named."""
PLUGIN = ("-p", "no:cacheprovider", *(() if INSTALLED else ("-p", "netsim.pytest_plugin")))
PAIR = '''
PAIR = """
ip netns add red
ip netns add blue
ip link add eth0 netns red type veth peer name eth0 netns blue
ip -n red addr add 10.0.0.1/24 dev eth0
ip -n blue addr add 10.0.0.2/24 dev eth0
ip -n red link set eth0 up
ip -n blue link set eth0 up
"""
'''


def run(pytester: pytest.Pytester, suite: str) -> pytest.RunResult:
    pytester.makepyfile(suite)
    return pytester.runpytest_inprocess(*PLUGIN)


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        assert tomllib.load(file)["project"]["entry-points"]["pytest11"] == {"netsim": "netsim.pytest_plugin"}


def test_fixtures_give_a_world_a_machine_and_docker(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        PAIR
        + """
import pytest
from netsim.docker.profile import RELEASES
from netsim.pytest_plugin import assert_blocked, assert_reaches

def test_pair(world, netsim_host):
    assert netsim_host.run_script(PAIR).status == 0
    assert_reaches(world, "red", "10.0.0.2")
    netsim_host.run("ip netns exec blue iptables -A INPUT -j DROP")
    assert_blocked(world, "red", "10.0.0.2", "rule-drop")

@pytest.mark.netsim(seed=5, kernel="6.1", engine="20.10")
def test_choices(world, netsim_host, netsim_docker):
    assert world.seed == 5
    assert netsim_host.run("uname -r").stdout.startswith("6.1")
    assert netsim_host.run("docker network ls").status == 0
    assert netsim_host.docker().engine is netsim_docker.engine
    assert netsim_docker.engine.profile is RELEASES["20.10"]

def test_each_test_has_a_world_of_its_own(netsim_host):
    assert netsim_host.run("ip netns").stdout == ""
""",
    )
    done.assert_outcomes(passed=3)


def test_a_failure_shows_the_packets_way_and_a_script_that_reproduces_it(
    pytester: pytest.Pytester, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(
        pytester,
        PAIR
        + """
from netsim.pytest_plugin import assert_reaches

def test_pair(world, netsim_host):
    netsim_host.run_script(PAIR)
    netsim_host.run("ip netns exec blue iptables -A INPUT -p icmp -j DROP")
    assert_reaches(world, "red", "10.0.0.2")
""",
    )
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*AssertionError: red -> 10.0.0.2/icmp: blocked (rule-drop) at blue: filter INPUT rule 1: -A INPUT -p icmp -j DROP*",
            "*red -> 10.0.0.2/icmp should be reached*",
            "*the way there:*",
            "*blue*rule*filter INPUT rule 1*",
            "*netsim explain lab.sh red 10.0.0.2/icmp*",
            "*ip netns add red*",
            "*ip netns exec blue iptables -A INPUT -p icmp -j DROP*",
        ]
    )
    lab = tmp_path / "lab.sh"
    text = done.stdout.str()
    begin = text.index("To ask again")
    lines = [line[1:].strip() for line in text[begin:].splitlines() if line.startswith("E")]
    lab.write_text("\n".join(lines) + "\n")
    capsys.readouterr()
    assert main(["explain", str(lab), "red", "10.0.0.2/icmp"]) == 1
    assert "rule-drop" in capsys.readouterr().out


def test_every_other_failure_shows_the_lab_too(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
def test_fails(world, netsim_host):
    netsim_host.run("ip netns add red")
    assert netsim_host.run("ip netns").stdout == "blue"
""",
    )
    done.stdout.fnmatch_lines(["*netsim lab (save as lab.sh*", "ip netns add red"])


def test_a_claim_that_something_is_blocked_fails_when_it_is_reached_or_blocked_for_another_reason(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        PAIR
        + """
from netsim.pytest_plugin import assert_blocked

def test_reached(world, netsim_host):
    netsim_host.run_script(PAIR)
    assert_blocked(world, "red", "10.0.0.2")

def test_other_reason(world, netsim_host):
    netsim_host.run_script(PAIR)
    assert_blocked(world, "red", "10.9.9.9", "rule-drop")
""",
    )
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(["*10.0.0.2/icmp: reached *", "*should be blocked*", "*(no-route)*", "*should be blocked by rule-drop*"])


def test_the_companys_suite_passes_as_its_readers_run_it(pytester: pytest.Pytester) -> None:
    for name in ("stack.sh", "test_company.py"):
        (pytester.path / name).write_text((ROOT / "examples" / "company" / name).read_text())
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=7)


def test_the_companys_suite_notices_when_the_rule_is_gone(pytester: pytest.Pytester) -> None:
    stack = (ROOT / "examples" / "company" / "stack.sh").read_text()
    (pytester.path / "stack.sh").write_text(re.sub(r"^iptables -I DOCKER-USER.*\n", "", stack, flags=re.MULTILINE))
    (pytester.path / "test_company.py").write_text((ROOT / "examples" / "company" / "test_company.py").read_text())
    done = pytester.runpytest_inprocess(*PLUGIN, "-k", "admin")
    done.assert_outcomes(failed=1, deselected=6)
    done.stdout.fnmatch_lines(["*internet -> 203.0.113.10:9000/tcp: reached*"])


def test_the_examples_of_the_page_run(pytester: pytest.Pytester) -> None:
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "testing.md").read_text(), re.DOTALL)):
        (pytester.path / f"test_page{number}.py").write_text(block)
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=3)
