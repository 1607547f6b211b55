"""A process in a jail sees its own root, name and tools, and may not configure networks unless told so."""

from __future__ import annotations

from netsim import World
from netsim.machine.fds import Capture, Null
from netsim.machine.jail import Jail
from netsim.machine.nodes import Directory, File


def run_inside(jail: Jail, *argv: str) -> tuple[str, str, int]:
    host = World().host("h1")
    out, err = Capture(), Capture()
    process = host.machine.spawn(host.machine.init, argv, fds={0: Null(), 1: out, 2: err}, jail=jail)
    host.machine.wait(process)
    return out.text(), err.text(), process.status or 0


def jail(**settings: object) -> Jail:
    etc = Directory(0o755, 0, {"hosts": File(content=b"10.0.0.9\tinside\n")})
    tools = {"cat": "netsim.programs.streams:cat", "ip": "netsim.commands.ip.main:ip", "hostname": "netsim.programs.process:hostname"}
    return Jail(Directory(0o755, 0, {"etc": etc}), "box", tools, **settings)  # type: ignore[arg-type]


def test_it_reads_its_own_files_and_not_the_machines() -> None:
    assert run_inside(jail(), "cat", "/etc/hosts") == ("10.0.0.9\tinside\n", "", 0)
    assert run_inside(jail(), "cat", "/etc/hostname")[2] == 1


def test_it_has_its_own_name_and_tools() -> None:
    assert run_inside(jail(), "hostname") == ("box\n", "", 0)
    assert run_inside(jail(), "ping", "127.0.0.1")[2] == 127


def test_it_may_not_configure_networks_without_the_capability() -> None:
    out, err, status = run_inside(jail(), "ip", "link", "add", "type", "bridge")
    assert (out, err, status) == ("", "RTNETLINK answers: Operation not permitted\n", 2)
    assert run_inside(jail(capabilities=None), "ip", "link", "add", "type", "bridge") == ("", "", 0)
