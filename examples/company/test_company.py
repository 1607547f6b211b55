"""What the company wants of its network, as tests: `pytest examples/company` (with `pip install netsim-lab[test]`).

`stack.sh` builds the network; each test asks who reaches whom. When one fails, its report says which rule decided, and how to ask again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim import World
from netsim.assertions import assert_blocked, assert_reaches

STACK = Path(__file__).with_name("stack.sh").read_text(encoding="utf-8")


@pytest.fixture
def company(built: World) -> World:
    """The company's network, a copy for each test: change it at will."""
    return built.fork()


@pytest.fixture(scope="module")
def built() -> World:
    """The network as the script builds it, once."""
    world = World()
    done = world.host().run_script(STACK)
    assert done.status == 0, done.stderr
    world.run_for(2_000_000_000)
    return world


@pytest.mark.parametrize("where", ["office", "internet"])
def test_everybody_reaches_the_shop(company: World, where: str) -> None:
    address = {"office": "192.168.10.1", "internet": "203.0.113.10"}[where]
    assert_reaches(company, where, f"{address}:80")


def test_the_proxy_reaches_what_is_behind_it(company: World) -> None:
    for server in ("web1:8080", "web2:8080", "api:8000"):
        assert_reaches(company, "proxy", server)


def test_only_the_api_reaches_the_database(company: World) -> None:
    assert_reaches(company, "api", "db:5432")
    assert_reaches(company, "api", "cache:6379")
    for where in ("office", "internet", "proxy", "admin", "web1", "web2"):
        assert_blocked(company, where, "172.30.3.3:5432")


def test_the_admin_page_is_for_the_office_alone(company: World) -> None:
    assert_reaches(company, "office", "192.168.10.1:9000")
    assert_blocked(company, "internet", "203.0.113.10:9000", "rule-drop")


def test_the_inner_networks_do_not_reach_the_internet(company: World) -> None:
    for where in ("web1", "api", "db"):
        assert_blocked(company, where, "203.0.113.1")
    assert_reaches(company, "admin", "203.0.113.1")


def test_what_if_somebody_joins_the_database_to_the_dmz(company: World) -> None:
    company.host().run("docker network connect dmz db")
    assert_reaches(company, "proxy", "db:5432")
    assert_blocked(company, "office", "172.30.1.4:5432", "docker-unpublished")
