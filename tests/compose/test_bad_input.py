"""Compose files that are wrong, hostile or drawn by chance: the real tool's words, an end, and nothing half-done."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netsim.commands.docker.compose.file.assemble import Wanted, assemble
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.shape import escaped, shaped
from netsim.commands.docker.compose.file.write import write
from tests.compose.conftest import Desk


def load(**files: str) -> str:
    """The project as config prints it, or what is wrong with it."""

    def read(path: str) -> str:
        name = path.removeprefix("/app/")
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[name]

    try:
        return write(escaped(shaped(assemble(Wanted("/app", {}), read).project)))
    except ComposeProblem as problem:
        return str(problem)


def test_laughing_aliases_are_refused_before_they_are_written_out() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert load(**{"compose.yaml": "\n".join(lines)}) == "yaml: document contains excessive aliasing"


def test_nesting_without_end_is_refused() -> None:
    assert "exceeded max" in load(**{"compose.yaml": "services: " + "[" * 100_000})
    assert "exceeded max" in load(**{"compose.yaml": "services: " + "{a: " * 100_000})


def test_references_in_defaults_nest_only_so_deep() -> None:
    text = "${A:-" * 20_000 + "}" * 20_000
    assert load(**{"compose.yaml": f"services: {{w: {{image: '{text}'}}}}"}).startswith("invalid interpolation format for services.w.image.")


def test_port_ranges_that_are_huge_are_told_or_stood_for_by_few(desk: Desk) -> None:
    desk.files(compose="services: {w: {image: nowhere, expose: ['1-65535']}}")
    assert desk.compose("up -d").stderr == "services.w: netsim: a stand-in listens on 64 ports at most\n"
    assert desk.docker.containers == []


def test_files_that_include_or_extend_each_other_end() -> None:
    chain = {f"c{n}.yaml": f"services: {{s: {{extends: {{file: c{n + 1}.yaml, service: s}}}}}}" for n in range(1000)}
    assert "more than 200 times" in load(**{"compose.yaml": "services: {s: {extends: {file: c0.yaml, service: s}}}", **chain})
    assert load(**{"compose.yaml": "include: [compose.yaml]"}).startswith("include cycle detected:")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("services:\n  web:\n    image: nginx: x\n", "yaml: line 3: mapping values are not allowed in this context"),
        ("services: {web: {image: x, foo: 1}}", "validating /root/app/compose.yaml: services.web additional properties 'foo' not allowed"),
        ("services: {web: {image: x, networks: [n]}}", 'service "web" refers to undefined network n: invalid compose project'),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "dependency cycle detected: a -> b -> a"),
        ("services: {a: {image: x, ports: ['1-3:1-2']}}", "invalid ranges specified for container and host Ports: 1-2 and 1-3"),
    ],
)
def test_nothing_is_made_when_the_project_is_wrong(desk: Desk, text: str, problem: str) -> None:
    desk.files(compose=text)
    done = desk.compose("up -d")
    assert (done.stdout, done.stderr, done.status) == ("", f"{problem}\n", 1)
    assert len(desk.docker.networks) == 3


def test_what_failed_halfway_can_be_taken_down(desk: Desk) -> None:
    desk.files(
        compose="services: {a: {image: nginx, networks: {n: {ipv4_address: 10.9.0.1}}}}\nnetworks: {n: {ipam: {config: [{subnet: 10.1.0.0/24}]}}}"
    )
    done = desk.compose("up -d")
    assert done.status == 1
    assert "10.9.0.1" in done.stderr
    assert desk.compose("down").status == 0
    assert len(desk.docker.networks) == 3


KEYS = ("services", "web", "image", "networks", "ports", "environment", "depends_on", "deploy", "replicas", "build", "extends", "service", "file", "volumes",
        "healthcheck", "test", "ipam", "config", "subnet", "external", "name", "labels", "command", "x-a", "ulimits", "logging", "include", "secrets", "scale")  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 99_999), st.floats(allow_nan=False), st.sampled_from(("web", "80:80", "a=b", "${A", "${A:-b}", "$$", "", "!reset", "1m", "x y", "'", "service:web")),
    st.text(max_size=6),
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4), max_leaves=14
)
SERVICES = st.fixed_dictionaries(
    {
        "services": st.dictionaries(
            st.sampled_from(("web", "db")),
            st.fixed_dictionaries({"image": st.just("x")}, optional={key: TREES for key in KEYS if key != "image"}),
            max_size=2,
        )
    }
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(tree=TREES | SERVICES)
def test_any_tree_gives_a_project_or_a_problem(tree: Any) -> None:
    import json

    load(**{"compose.yaml": json.dumps(tree)})


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    text=st.lists(
        st.sampled_from(
            (
                "services:",
                "\n",
                " ",
                "  ",
                "web:",
                "- ",
                "a",
                ": ",
                "&a ",
                "*a",
                "<<: ",
                "!reset ",
                "!override ",
                "[",
                "]",
                "{",
                "}",
                "'",
                '"',
                "|",
                "$",
                "${",
                "#",
                "image: x",
                "? ",
                "---",
                "\t",
            )
        ),
        max_size=25,
    )
)
def test_any_text_gives_a_project_or_a_problem(text: list[str]) -> None:
    load(**{"compose.yaml": "".join(text), ".env": "".join(text)})
