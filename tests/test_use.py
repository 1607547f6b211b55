"""As a user would: scripts, the command line and the Python interface."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netsim.__main__ import main
from netsim.api import World

EXAMPLES = Path(__file__).parent.parent / "examples" / "tutorial"

TWO = """
ip netns add a
ip netns add b
ip link add va netns a type veth peer name vb netns b
ip -n a addr add 10.0.0.1/24 dev va
ip -n b addr add 10.0.0.2/24 dev vb
ip -n a link set va up
ip -n b link set vb up
"""


def test_two_namespaces_reach_each_other() -> None:
    host = World().host()
    assert host.run_script(TWO).status == 0
    done = host.run("ip netns exec a ping -c 2 10.0.0.2")
    assert done.status == 0
    assert "2 packets transmitted, 2 received, 0% packet loss" in done.stdout


def test_a_filter_stops_what_it_names() -> None:
    host = World().host()
    host.run_script(TWO)
    assert host.run("ip netns exec b iptables -A INPUT -p icmp -j DROP").status == 0
    done = host.run("ip netns exec a ping -c 1 -W 1 10.0.0.2")
    assert done.status == 1
    assert "100% packet loss" in done.stdout


def test_a_typo_gets_the_real_error() -> None:
    done = World().host().run("ip nets add a")
    assert done.status == 1
    assert done.stderr == 'Object "nets" is unknown, try "ip help".\n'


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("for i in 1 2 3; do echo $((i * 2)); done", "2\n4\n6\n"),
        ("x=ab; echo ${x%b} ${#x} ${y:-z}", "a 2 z\n"),
        ("echo one two | wc -w", "2\n"),
        ("f() { echo in $1; return 3; }; f here || echo $?", "in here\n3\n"),
        ("cat <<X\n$((1+1))\nX", "2\n"),
        ("false && echo no; true || echo no; echo end", "end\n"),
    ],
)
def test_the_shell(line: str, stdout: str) -> None:
    assert World().host().run(line).stdout == stdout


def test_an_endless_loop_is_cut() -> None:
    done = World().host().run("while true; do sleep 1; done", limit=10**10)
    assert done.status != 0


@pytest.mark.parametrize("name", ["namespaces.sh", "bridge.sh", "docker.sh"])
def test_the_tutorial_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(EXAMPLES / name)])
    assert "Traceback" not in capsys.readouterr().err


def test_the_command_line_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 64
    assert main(["frobnicate"]) == 64
    assert main(["run", "/nonexistent/script.sh"]) == 66
    assert "No such file or directory" in capsys.readouterr().err


def test_a_word_too_many_is_answered_with_the_usage_of_its_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "lab.sh", "web", "db", "80"]) == 64
    assert capsys.readouterr().err.startswith("usage: netsim explain [-h]")


def test_worlds_are_deterministic() -> None:
    first, second = World().host(), World().host()
    assert first.run_script(TWO + "ip -n a link\nip netns exec a ping -c 1 10.0.0.2") == second.run_script(
        TWO + "ip -n a link\nip netns exec a ping -c 1 10.0.0.2"
    )


def test_docker_of_the_tutorial_answers_its_slips_as_docker_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(EXAMPLES / "docker.sh")]) == 0
    told = capsys.readouterr()
    for line in (
        "docker.sh: line 30: docekr: command not found", "docker: invalid reference format", 'Error response from daemon: plugin "nosuch" not found',
        "Error response from daemon: network with name net_name1 already exists", "Error response from daemon: No such container: container1",
        "ping: bad address 'c2'", "docker: Error response from daemon: could not get container for db: No such container: db",
        "Error: No public port '5001' published for web",
    ):  # fmt: skip
        assert line in (told.out + told.err).splitlines(), line
    assert told.out.count("1 packets transmitted, 1 packets received, 0% packet loss") == 3
    assert "Hello world!" in told.out


def test_a_reader_that_has_had_enough_ends_it_in_silence(tmp_path: Path) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text("for n in $(seq 300); do ip addr; done\n")
    line = f"{sys.executable} -m netsim run {lab} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert (done.stdout.count("\n"), done.stderr, done.returncode) == (1, "", 141)
