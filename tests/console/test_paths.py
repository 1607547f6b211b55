"""Where tools and scripts are found, and where paths lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netsim
from netsim import Host


@pytest.fixture
def host() -> Host:
    return netsim.World().host()


@pytest.mark.parametrize(
    ("tool", "place"),
    [
        ("ip", "/usr/sbin/ip"),
        ("tc", "/usr/sbin/tc"),
        ("iptables-save", "/usr/sbin/iptables-save"),
        ("ping", "/usr/bin/ping"),
        ("curl", "/usr/bin/curl"),
    ],
)
def test_a_tool_is_where_its_package_puts_it_and_may_be_run_there(host: Host, tool: str, place: str) -> None:
    for way in (f"command -v {tool}", f"which {tool}", f"type -P {tool}"):
        assert host.run(way).stdout == f"{place}\n"
    assert host.run(f'[ -x "$(command -v {tool})" ] && [ -f {place} ] && test -e {place.removeprefix("/usr")}').status == 0
    assert host.run(f"ls {place}").stdout == f"{place}\n"


def test_where_no_package_puts_a_tool_there_is_none(host: Host) -> None:
    assert host.run("ls /usr/bin/iptables /usr/local/bin/ip").stderr.count("No such file or directory") == 2
    assert host.run('[ -x "$(command -v nosuch)" ]').status == 1


def test_a_link_to_a_tool_is_the_tool(host: Host) -> None:
    host.run('ln -s "$(which ip)" /root/i; /root/i netns add red')
    assert host.run("/root/i netns").stdout == "red\n"


def test_a_tool_of_an_image_is_there_for_who_looks(host: Host) -> None:
    host.docker()
    assert (
        host.run('docker run --rm alpine sh -c \'[ -x "$(command -v wget)" ] && echo there; [ -x "$(command -v iptables)" ] || echo none\'').stdout
        == "there\nnone\n"
    )


def test_a_script_on_the_path_is_run_by_its_name_and_told_its_path(host: Host) -> None:
    host.run("mkdir bin; printf 'echo \"$0 $1\"\\n' > bin/mine; chmod +x bin/mine")
    assert host.run("mine").status == 127
    assert host.run("PATH=$PWD/bin:$PATH; mine 1; echo 2 | xargs mine; command -v mine; which mine").stdout == (
        "/root/bin/mine 1\n/root/bin/mine 2\n/root/bin/mine\n/root/bin/mine\n"
    )
    host.run("chmod -x bin/mine")
    assert host.run("PATH=$PWD/bin:$PATH; mine").status == 127


def test_paths_lose_their_links_and_dots(host: Host) -> None:
    host.run("mkdir -p d; touch d/f; ln -s d/f l; ln -s d e; ln -s loop loop")
    assert host.run("readlink -f l e/f d/../l e/..; readlink -m nope/x/../y; readlink l").stdout == (
        "/root/d/f\n/root/d/f\n/root/d/f\n/root\n/root/nope/y\nd/f\n"
    )
    assert host.run("realpath l; realpath -s e/f; realpath --relative-to=d l; realpath -L e/..").stdout == "/root/d/f\n/root/e/f\nf\n/root\n"
    assert host.run("readlink d; readlink -f nope/x; readlink -e nope; readlink -f loop").stdout == ""
    assert host.run("realpath nope/x loop d/f/x").stderr == (
        "realpath: nope/x: No such file or directory\nrealpath: loop: Too many levels of symbolic links\nrealpath: d/f/x: Not a directory\n"
    )


@pytest.mark.parametrize(
    ("mode", "becomes"),
    [("-x", "644"), ("u+s,g-rx", "4705"), ("u=rw,go=r", "644"), ("o=u", "757"), ("a=rX", "555"), ("g=u,o=", "770"), ("=r", "444"), ("600", "600")],
)
def test_modes_are_changed_by_letters(host: Host, mode: str, becomes: str) -> None:
    assert host.run(f"touch f; chmod 755 f; chmod {mode} f; stat -c %a f").stdout == f"{becomes}\n"
    assert host.run("chmod zz f").stderr == "chmod: invalid mode: 'zz'\nTry 'chmod --help' for more information.\n"


@given(st.lists(st.sampled_from(["root", ".docker", "etc", "var", "run", "..", ".", "", "link", "nosuch", "netns"]), max_size=4))
def test_what_is_said_to_be_missing_is(parts: list[str]) -> None:
    host = netsim.World().host("h")
    host.run("mkdir -p /root/.docker/x; ln -s /root /link; ln -s nowhere /etc/link")
    files, proc, path = host.machine.files, host.machine.init, "/" + "/".join(parts)
    assert not (files.lacks(proc, path) and files.stat(proc, path) is not None)
    if not {"..", ".", "link", "var", "run"} & set(parts):
        assert files.lacks(proc, path) == (files.stat(proc, path) is None)
