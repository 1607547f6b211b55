"""mktemp makes names from templates as coreutils does."""

from __future__ import annotations

import re

import pytest

import netsim


@pytest.mark.parametrize(
    "words, pattern",
    [
        ("", r"/tmp/tmp\.\w{10}"),
        ("-u XXXXXX", r"\w{6}"),
        ("-d", r"/tmp/tmp\.\w{10}"),
        ("/run/lab.XXXX", r"/run/lab\.\w{4}"),
        ("-t labXXX", r"/tmp/lab\w{3}"),
        ("-p /run labXXX", r"/run/lab\w{3}"),
        ("--tmpdir=/run", r"/run/tmp\.\w{10}"),
        ("--suffix=.pcap", r"/tmp/tmp\.\w{10}\.pcap"),
        ("-u aXXXb", r"a\w{3}b"),
    ],
)
def test_the_name_follows_the_template(words: str, pattern: str) -> None:
    host = netsim.World(seed=0).host("h")
    told = host.run(f"mktemp {words}")
    assert re.fullmatch(pattern, told.stdout.rstrip("\n")), told
    made = host.run(f"stat -c %a {told.stdout.strip()} 2>/dev/null || ls -ld {told.stdout.strip()}")
    assert (made.status != 0) == ("-u" in words)


@pytest.mark.parametrize(
    "words, complaint",
    [
        ("aXX", "mktemp: too few X's in template ‘aXX’\n"),
        ("/nosuch/aXXX", "mktemp: failed to create file via template ‘/nosuch/aXXX’: No such file or directory\n"),
        ("-d /nosuch/aXXX", "mktemp: failed to create directory via template ‘/nosuch/aXXX’: No such file or directory\n"),
        ("-q /nosuch/aXXX", ""),
        ("a b", "mktemp: too many templates\nTry 'mktemp --help' for more information.\n"),
        ("-z", "mktemp: invalid option -- 'z'\nTry 'mktemp --help' for more information.\n"),
        ("-t /aXXX", "mktemp: invalid template, ‘/aXXX’, contains directory separator\n"),
        ("--suffix=x ab", "mktemp: with --suffix, template ‘ab’ must end in X\n"),
    ],
)
def test_what_cannot_be_made_is_told(words: str, complaint: str) -> None:
    told = netsim.World(seed=0).host("h").run(f"mktemp {words}")
    assert (told.stdout, told.stderr, told.status) == ("", complaint, 1)
