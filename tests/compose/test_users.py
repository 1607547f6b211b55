"""What a service says of its processes: `user`, `read_only`, `init`, `ulimits`, `group_add`, `security_opt`."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.api import Host

FILE = """services:
  web:
    image: busybox
    command: sleep 1000
    user: "1000:1000"
    read_only: true
    init: true
    tmpfs: /tmp
    ulimits: {nofile: {soft: 20, hard: 40}, nproc: 5}
    group_add: ["44"]
    security_opt: ["no-new-privileges:true"]
"""


@pytest.fixture(scope="module")
def host() -> Host:
    made = World(seed=1).host("h")
    made.docker()
    made.run(f"mkdir -p /p; cat > /p/compose.yml <<'Y'\n{FILE}Y\ncd /p; docker compose up -d")
    return made


def inside(host: Host, line: str) -> str:
    answer = host.run(f"cd /p; docker compose exec -T web sh -c '{line}'")
    return answer.stdout + answer.stderr


def test_a_service_s_processes_are_who_it_says(host: Host) -> None:
    assert inside(host, "id") == "uid=1000 gid=1000 groups=1000,44\n"
    assert host.run("cd /p; docker compose exec -T -u 0 web id -u").stdout == "0\n"


def test_a_read_only_service_writes_to_memory_alone(host: Host) -> None:
    assert inside(host, "touch /x; touch /tmp/y; ls /tmp") == "y\ntouch: /x: Read-only file system\n"


def test_limits_and_privileges_are_those_of_the_file(host: Host) -> None:
    assert inside(host, "ulimit -n; ulimit -Hn; grep NoNew /proc/self/status") == "20\n40\nNoNewPrivs:\t1\n"
    assert "    1 1000     /sbin/docker-init -- sleep 1000\n    7 1000     sleep 1000\n" in inside(host, "ps")
    assert not host.world.unmodelled
