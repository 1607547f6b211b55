"""The same questions to the real dnsmasq in a private network of this machine and to netsim's, where this machine has one."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.real.machine import ask_netsim, ask_real, missing

TOOLS = ("dnsmasq", "dig", "ip")
ANSWERS = "| grep -E 'status:|^[^;].*IN' | sed -E 's/id: [0-9]+//'"
QUESTIONS = """
wiki.intra.example A | wiki.intra.example AAAA | intra.example A | wiki.intra.example MX | x.gone.example A | hosty A | hosty AAAA | rec A | rec.example AAAA
al.example A | al.example AAAA | other.example A | -x 10.2.0.1 | -x 127.0.0.9 | rec.example MX | only.here.example A | only.here.example AAAA | no.here.example A
deep.fwd.example A | nobody.fwd.example A | plain A | me.self.example A
"""
START = (
    "ip link set lo up",
    "ip addr add 127.0.0.77/8 dev lo",
    "echo '127.0.0.9 hosty' > /tmp/hosts",
    "dnsmasq -u root -R -h -C /dev/null -a 127.0.0.77 -z -A /deep.fwd.example/10.77.0.1 -x /tmp/one.pid",
    (
        "dnsmasq -u root -C /dev/null -a 127.0.0.1 -z -R -h -H /tmp/hosts -A /intra.example/10.1.0.80 -A /gone.example/ --host-record=rec.example,rec,10.2.0.1"
        " --cname=al.example,rec.example -S /fwd.example/127.0.0.77 -S /self.example/127.0.0.1 --local=/here.example/ -A /only.here.example/10.3.0.1 -D -x /tmp/two.pid"
    ),
)
REFUSALS = (
    "dnsmasq --bogus", "dnsmasq extra", "dnsmasq -a 1.2.3.x", "dnsmasq -A foo", "dnsmasq -S /x/y", "dnsmasq -C /dev/null -R -a 9.9.9.9 -z -x /tmp/x.pid",
    "dnsmasq -C /dev/null -R -a 127.0.0.1 -z -x /tmp/x.pid", "dnsmasq --cname=x", "dnsmasq -p",
)  # fmt: skip


@pytest.mark.real
def test_dnsmasq_answers_as_the_real_one() -> None:
    reason = missing(*TOOLS)
    if not reason and b"2.90" not in subprocess.run([str(shutil.which("dnsmasq")), "--version"], capture_output=True, check=False).stdout:
        reason = "compares with dnsmasq 2.90"
    if reason:
        pytest.skip(reason)
    asked = [question.strip() for line in QUESTIONS.strip().splitlines() for question in line.split("|")]
    lines = [
        *START,
        *(f"dig +time=1 +tries=1 @127.0.0.1 {question} {ANSWERS}" for question in asked),
        *REFUSALS,
        "kill $(cat /tmp/one.pid /tmp/two.pid)",
    ]
    real = ask_real(lines, seconds=60)
    for line, there, here in zip(lines, real, ask_netsim(lines, real), strict=True):
        assert (there.stdout, there.stderr, there.status) == (here.stdout, here.stderr, here.status), line
