"""A pytest plugin (found by its entry point): worlds as fixtures, and what was typed in them beside every failure."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from netsim.api import Host, World
from netsim.assertions import assert_blocked, assert_reaches
from netsim.docker_api import Docker

MARK = "netsim(seed=0, kernel='6.18', engine='28'): the world, the machine and the Docker engine that the fixtures make"
SECTION = "netsim lab (save as lab.sh, netsim run lab.sh)"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARK)


def _options(request: pytest.FixtureRequest, known: str, default: Any) -> Any:
    mark = request.node.get_closest_marker("netsim")
    return default if mark is None else mark.kwargs.get(known, default)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """An empty world; `@pytest.mark.netsim(seed=7)` chooses its chance."""
    return World(seed=_options(request, "seed", 0))


@pytest.fixture
def netsim_host(request: pytest.FixtureRequest, world: World) -> Host:
    """A machine of `world`, called `host`; `@pytest.mark.netsim(kernel="6.1")` chooses its kernel."""
    return world.host("host", _options(request, "kernel", "6.18"))


@pytest.fixture
def netsim_docker(request: pytest.FixtureRequest, netsim_host: Host) -> Docker:
    """A Docker engine on `netsim_host`; `@pytest.mark.netsim(engine="27")` chooses its release."""
    return netsim_host.docker(_options(request, "engine", "28"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add the lab of a failed test's world to its report, unless the failure shows it already."""
    report = yield
    made = getattr(item, "funcargs", {}).get("world")
    if report.failed and report.when == "call" and isinstance(made, World):
        lab = made.journal.script()
        if lab and lab not in str(call.excinfo.value if call.excinfo is not None else ""):
            report.sections.append((SECTION, lab))
    return report


__all__ = ["assert_blocked", "assert_reaches", "netsim_docker", "netsim_host", "world"]
