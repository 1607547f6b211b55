"""`netsim shell` and `netsim run` as a user of the command line meets them."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from netsim import World
from netsim.__main__ import main
from netsim.console.completion import Completer
from netsim.console.session import open_session


def converse(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return main(["shell"])


def test_lines_of_standard_input_share_one_shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status = converse("x=5\ncd /tmp\nfor i in 1 2\ndo echo $i $x\ndone\npwd\ncat <<EOF\nhi $x\nEOF\nexit 4\necho never\n", monkeypatch)
    assert capsys.readouterr().out == "1 5\n2 5\n/tmp\nhi 5\n"
    assert status == 4


def test_errors_carry_no_line_numbers_and_the_shell_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    status = converse("nosuch\n)\necho ${x:?gone}\nfalse\n", monkeypatch)
    told = capsys.readouterr()
    assert told.err == "bash: nosuch: command not found\nbash: syntax error near unexpected token `)'\nbash: x: gone\n"
    assert status == 1


def test_pipelines_and_background_jobs_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    converse("ip link set lo up\nping -c1 127.0.0.1 | tail -2 | head -1\nsleep 3 &\nwait $!; echo $?\ntrap 'echo bye' EXIT\n", monkeypatch)
    assert capsys.readouterr().out == "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n0\nbye\n"


def test_ctrl_c_interrupts_the_foreground_and_leaves_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    session = open_session(World().host("h"))
    session.enter("ip link set lo up\n")
    session.shell.feed("ping 127.0.0.1; echo not reached\n")
    session.host.world.run_for(1_500_000_000)
    session.shell.interrupt()
    session.host.world.run_for(1_000_000)
    session.enter("echo status $?\n")
    out = capsys.readouterr().out
    assert "2 packets transmitted, 2 received" in out
    assert out.endswith("status 130\n")
    assert "not reached" not in out
    assert session.prompt == "root@h:~# "


def test_tab_offers_commands_objects_devices_and_namespaces() -> None:
    session = open_session(World().host("h"))
    session.enter("ip netns add blue; ip link add veth0 type veth peer name veth1\n")
    completer = Completer(session.shell)
    assert "traceroute" in completer.candidates("tracer") or "ping" in completer.candidates("pin")
    assert completer.candidates("ip li") == ["link"]
    assert completer.candidates("ip netns exec b") == ["blue"]
    assert completer.candidates("ip netns exec blue pin")[:1] == ["ping"]
    assert completer.candidates("ip link set vet") == ["veth0", "veth1"]
    assert completer.candidates("cat /etc/hostn") == ["/etc/hostname"]


def test_run_shows_what_is_printed_before_the_script_ends() -> None:
    script = "echo first; while true; do sleep 600; done"
    with subprocess.Popen([sys.executable, "-m", "netsim", "run", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(script)
        process.stdin.close()
        assert process.stdout.readline() == "first\n"
        process.kill()
