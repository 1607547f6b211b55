"""Whatever is typed after `docker`: an answer and a status, never a traceback."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netsim import World
from netsim.commands.docker.rooms import COMMANDS
from netsim.docker.settings import DaemonOptions

HOST = World().host("h1")
HOST.docker("28", DaemonOptions(iptables=0))
HOST.run("docker run -d --name c1 -p 8080:80 busybox sleep 100000")
HOST.run("docker network create n1")
NAMES = ["c1", "n1", "bridge", "host", "none", "container:c1", "busybox", "nosuch", "", "a b", "-", "--", "1", "-1", "0", "x=y", "name=n1,ip=1.2.3.4"]
VALUES = st.one_of(
    st.sampled_from(
        [
            *NAMES,
            "8080:80",
            "80-82",
            "[::1]:80:80",
            "::",
            "1.2.3.4",
            "10.0.0.0/8",
            "fd00::/64",
            "{{.Name}}",
            "{{",
            "{{json .}}",
            "table {{.ID}}",
            "all",
            "1h",
        ]
    ),
    st.text(max_size=8),
)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """A subcommand, a few of its options with any value, a few words."""
    path = draw(st.sampled_from([path for path in sorted(COMMANDS) if path not in ("events", "logs")]))
    flags = [flag for flag in COMMANDS[path].flags if flag.name != "follow"]
    words = path.split()
    for flag in draw(st.lists(st.sampled_from(flags), max_size=3)) if flags else []:
        if flag.kind == "bool":
            words.append(f"--{flag.name}")
        else:
            words += draw(st.sampled_from([[f"--{flag.name}={draw(VALUES)}"], [f"--{flag.name}", draw(VALUES)]]))
    return [*words, *draw(st.lists(VALUES, max_size=3))]


@settings(max_examples=80, deadline=None)
@given(words=command_lines(), release=st.sampled_from(["20.10.24", "28.2.2"]))
def test_any_words_get_an_answer(words: list[str], release: str) -> None:
    world = HOST.world.fork()
    host = world.hosts["h1"]
    host.machine.docker_cli = release
    process = host.machine.spawn(host.machine.init, ("docker", *(word.replace("\0", "") for word in words)))
    world.run_for(12_000_000_000)
    assert process.status is None or 0 <= process.status < 256


@settings(max_examples=60, deadline=None)
@example(words=["network prune"])
@given(words=st.lists(st.one_of(st.sampled_from([*COMMANDS, "network", "--help", "-h", "-H", "-l", "--version", "help"]), VALUES), max_size=4))
def test_any_words_at_all(words: list[str]) -> None:
    world = HOST.world.fork()
    host = world.hosts["h1"]
    process = host.machine.spawn(host.machine.init, ("docker", *(word.replace("\0", "") for word in words)))
    world.run_for(12_000_000_000)
    assert process.status is None or 0 <= process.status < 256
