"""Garbage on the command lines of probing tools."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import netsim
from netsim.clock import SECOND

WORDS = (
    "-n", "-I", "-T", "-D", "-c", "-w", "-m", "-q", "-q1", "-f", "-s", "-i", "-p", "-l", "-O", "-M", "-z", "-N", "--mtu", "--sport=1", "--back", "-A",
    "1", "0", "-1", "99999999999999999999", "1e400", "nan", "lo", "any", "127.0.0.1", "10.0.0.1", "localhost", "::1", "help", "syn", "port", "80",
    "icmp", "and", "(", "/", "--", "-", "", "-r", "/dev/null", "/etc", "-e", "-v", "-X", "-tt", "-Q", "in", "0x10", "-4", "-6",
)  # fmt: skip


@pytest.mark.parametrize("tool", ["traceroute", "traceroute6", "tracepath", "arping", "tcpdump"])
@example(words=["-A", "localhost"])
@given(words=st.lists(st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)), max_size=6))
def test_any_words_end_with_a_status(tool: str, words: list[str]) -> None:
    host = netsim.World(seed=0).host("h1")
    host.run("ip link set lo up")
    done = host.run(shlex.join([tool, *words]), limit=3 * SECOND)
    assert 0 <= done.status <= 255
    assert "Traceback" not in done.stderr
