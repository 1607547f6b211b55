"""kill(1) of procps, as one machine with procps-ng 4.0.2 answered; every tool knows all signals by the same names."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.programs.kill import USAGE

K = "/bin/kill"
GONE = f"{K}: (99999): No such process\n"


@pytest.mark.parametrize(
    ("line", "out", "err", "status"),
    [
        ("", "", USAGE, 1),
        ("-9", "", USAGE, 1),
        ("-h", USAGE, "", 0),
        ("-V", "kill from procps-ng 4.0.2\n", "", 0),
        ("-FOO 99999", "", f"{K}: invalid argument F\n{USAGE}", 1),
        ("--foo 99999", "", f"{K}: invalid argument \0\n{USAGE}", 1),
        ("-s FOO 99999", "", GONE, 1),
        ("-s term 99999", "", GONE, 1),
        ("--signal=BUS 99999", "", GONE, 1),
        ("-RTMIN+3 99999", "", GONE, 1),
        ("-SIGRTMAX-2 99999", "", f"{K}: invalid argument S\n{USAGE}", 1),
        ("99999 x 99998", "", f"{GONE}{K}: failed to parse argument: 'x'\n", 1),
        ("-15 ''", "", f"{K}: failed to parse argument: '': No such file or directory\n", 1),
        ("12345678901234567890", "", f"{K}: failed to parse argument: '12345678901234567890': Numerical result out of range\n", 1),
        ("-- -99999", "", f"{K}: (-99999): No such process\n", 1),
        ("-99999", "", "", 0),
        ("-q x 99999", "", f"{K}: must be an integer value to be passed with the signal.: 'x'\n", 1),
        ("-l9", "KILL\n", "", 0),
        ("--list=9", "KILL\n", "", 0),
        ("-l SIGKILL", "9\n", "", 0),
        ("-l 137", "", f"{K}: unknown signal name 137\n", 0),
    ],
)
def test_kill_reads_its_line_as_procps_does(line: str, out: str, err: str, status: int) -> None:
    result = World().host("h").run(f"{K} {line}")
    assert (result.stdout, result.stderr, result.status) == (out, err, status)


def test_all_signals_are_listed_in_rows() -> None:
    host = World().host("h")
    assert [len(row.split()) for row in host.run(f"{K} -l").stdout.splitlines()] == [16, 15]
    assert host.run(f"{K} -L").stdout.splitlines()[-1].split() == ["29", "POLL", "30", "PWR", "31", "SYS"]


@pytest.mark.parametrize("tool", [f"{K} -ABRT $!", f"{K} -s SIGABRT $!", "pkill -ABRT sleep", "killall -ABRT sleep"])
def test_every_tool_knows_the_signals(tool: str) -> None:
    assert World().host("h").run(f"sleep 100 & {tool}; wait $!; echo $?").stdout == "134\n"


def test_a_signal_that_there_is_not_reaches_nobody() -> None:
    result = World().host("h").run(f"sleep 100 & {K} -s FOO $!; kill -0 $! && echo alive")
    assert result.stdout == "alive\n"
    assert "Invalid argument" in result.stderr


def test_the_daemon_knows_all_signals() -> None:
    host = World().host("h")
    host.run("docker run -d --name web busybox sleep 100")
    assert host.run("docker kill -s ABRT web").stdout == "web\n"
    assert "Invalid signal: FOO" in host.run("docker kill -s FOO web").stderr
