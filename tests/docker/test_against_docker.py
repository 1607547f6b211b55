"""What the docker command says before it asks any daemon, compared with the real command where version 28.2.2 is installed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from netsim import World

REAL = shutil.which("docker")
NOBODY = "unix:///nosuch.sock"
BUDGET = 15
"""Seconds for all lines together."""
PORTS = (
    "80 80-81 8080:80 :80 127.0.0.1::80 127.0.0.1:80 [::1]:80:80 ::1:80:80 80: : 80/tcp 80/TCP 80/foo 80/ abc 80:abc 1.2.3.4:abc:80 80-70 8000-8001:80 "
    "8000-8002:80-81 0 65536 localhost:80:80 [::1] ::1 a:b:c:d 80,81 80/tcp/udp 80:80/tcp,udp [fe80::1%eth0]:80:80 80-:80 target=x published=80 8080:80="
)
NETWORKS = (
    "foo=bar name=n,foo=bar name=n,foo n,ip=1.2.3.4 name=n,ip=x name=n,mac-address=x name=n,gw-priority=x name=n,driver-opt=x name=host,alias=x "
    "name=bridge,ip=1.2.3.4 container:x"
)
LINES = (
    *(f"run -p {text} i" for text in PORTS.split()),
    *(f"run --expose {text} i" for text in "80 80-82 80/udp abc 82-80 80/foo 70000 80:80 /tcp".split()),
    *(f"run --network {text} i" for text in NETWORKS.split()),
    *(f"run --add-host {text} i" for text in "a a: a:1.2.3.4 a=1.2.3.4 a:::1 a:[::1] a:host-gateway a:foo :1.2.3.4".split()),
    "run --network a --network a i", "run --network a --network host i", "run --network none --network host i", "run --network-alias x i", "run --net '' i",
    "run --network name=a,ip=1.2.3.4 --ip 1.2.3.5 i", "run --network name=a,alias=b --network-alias c i", "run --mac-address 02:42 i",
    "run --mac-address 0242.ac11.0002 i", "run --link a:b:c i", "run --link '' i", "run --network host --link a:b i", "run --dns x i", "run --dns-search 'a b' i",
    "run --restart on-failure:x i", "run --rm --restart always i", "run --sysctl x=y i", "run -l =x i", "run -e =x i", "run --pid x i", "run --uts x i",
    "run --memory x i", "run --cpus x i", "run --ulimit x i", "run --ulimit foo=1:2 i", "run -v '' i", "run -v :/a i", "run --mount x i", "run --mount type=bind i",
    "run --stop-timeout x i", "run --health-interval x i", "run --health-interval=-1s i", "run --memory-swappiness 200 i", "run --pull x i", "run UPPER", "run 'a b'",
    "run a:b:c", "run --publish-all=x i", "run -dx i", "run -d --attach stdin i", "run", "run --", "network", "network lst", "netwrok", "network create",
    "network ls x", "network rm", "port", "--foo", "-x", "ps --filter foo", "ps --format '{{'", "ps --format '{{.Nope}}'", "network create --gateway 10.0.0.1 n",
    "network create --subnet 10.1.0.0/24 --gateway 10.2.0.1 n", "network create --subnet 10.1.0.0/24 --subnet 10.1.0.0/25 n", "network create --label =x n",
    "network create --aux-address x n", "network create --ipv6=maybe n", "network connect --link a:b:c a b", "network connect --driver-opt x a b",
    "network connect '' ''", "network rm ''", "inspect ''", "inspect --type foo x", "inspect -f '{{' x", "inspect -f '{{foo}}' x", "exec a", "exec -e =x a b",
    *(f"{path} --help" for path in (
        "run", "create", "exec", "ps", "network", "network create", "network connect", "network disconnect", "network ls", "network rm", "network prune",
        "network inspect", "container", "image", "system", "inspect", "logs", "start", "stop", "restart", "kill", "rm", "rename", "port", "top", "wait",
        "pause", "unpause", "events", "info", "version", "images", "rmi", "pull", "import", "tag", "attach", "container prune", "system prune",
    )),
    "events --since x", "events --format '{{'", "rename a ''", "start -a a b", "-v", "-l foo ps", "images a b", "pull A", "network prune", "system prune",
)  # fmt: skip


def is_release(release: str) -> bool:
    if REAL is None:
        return False
    done = subprocess.run([REAL, "--version"], capture_output=True, text=True, check=False)
    return release in done.stdout


@pytest.mark.skipif(not is_release("28.2.2"), reason="needs the docker command 28.2.2, which is not installed")
def test_the_command_alone_says_what_the_real_one_says(tmp_path: Path) -> None:
    host = World().host("h1")
    host.machine.docker_cli = "28.2.2"
    assert REAL is not None
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "DOCKER_HOST": NOBODY}
    until = time.monotonic() + BUDGET
    different = []
    for line in LINES:
        if time.monotonic() > until:
            break
        real = subprocess.run(
            [REAL, *shlex.split(line)], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, cwd=tmp_path, check=False
        )
        ours = host.run(f"docker {line}", env={"DOCKER_HOST": NOBODY})
        if (real.returncode, real.stdout, real.stderr) != (ours.status, ours.stdout, ours.stderr):
            different.append((line, real, ours))
    assert not [f"{line}\n{real.returncode} {real.stdout}{real.stderr}\n{ours.status} {ours.stdout}{ours.stderr}" for line, real, ours in different]
