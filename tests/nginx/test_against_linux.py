"""The same configurations and requests to the real nginx in a private network of this machine and to netsim's, where this machine has one."""

from __future__ import annotations

import re

import pytest

from netsim.clock import SECOND
from tests.nginx.questions import CONF, FILES, PRE, REQUESTS, WRONG
from tests.nginx.sides import machine
from tests.real.machine import ask_real, missing


def masked(text: str) -> str:
    """Without times, process ids, releases (each as long as the other) and the lines that only a terminal gets."""
    text = re.sub(
        r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d",
        "TIME",
        re.sub(r"\d+#\d+", "PID", re.sub(r"nginx/[\d.]+", "nginx/V", re.sub(r"curl/[\d.]+", "curl/V", text))),
    )
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("nginx: ["))


@pytest.mark.real
def test_nginx_answers_as_the_real_one() -> None:
    reason = missing("nginx", "curl")
    if reason:
        pytest.skip(reason)
    tests = [f"printf '%s\\n' '{PRE} {text}' > /tmp/n/c.conf; nginx -t -c /tmp/n/c.conf" for text in WRONG]
    lines = [
        FILES,
        *tests,
        f"cat > /tmp/n/c.conf <<'END'\n{CONF}END",
        "nginx -t -c /tmp/n/c.conf",
        "nginx -c /tmp/n/c.conf 2>/tmp/n/err; sleep 0.3",
        *REQUESTS,
    ]
    lines += ["cat /tmp/n/access.log", "nginx -s stop -c /tmp/n/c.conf; sleep 0.3; curl -s http://127.0.0.1/", "nginx -s foo", "nginx -x"]
    real = ask_real(lines, seconds=60)
    host, different = machine(), []
    for line, there in zip(lines, real, strict=True):
        here = host.run(line)
        host.world.run_for(int(there.seconds * SECOND))
        if (masked(there.stdout), masked(there.stderr), there.status) != (masked(here.stdout), masked(here.stderr), here.status):
            different.append((line, there, here))
    assert not different, f"{len(different)} of {len(lines)}: {different[:3]}"
