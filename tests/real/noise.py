"""What may differ between two runs of the real thing: measured times, generated addresses, the order of hash tables."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from tests.real.machine import Answer

SAID = (
    (re.compile(r"time[=<][\d.]+ ms"), "time=T"),
    (re.compile(r"(loss), time \d+ms"), r"\1, time T"),
    (re.compile(r"^rtt .*", re.M), "rtt T"),
    (re.compile(r'^.*33:33:.*\n|\{"mac":"33:33[^}]*\},?', re.M), ""),  # groups of IPv6 are compared with IPv6
    (re.compile(r"gc timer\t+ +"), "gc timer "),
    (re.compile(r"_timer\":[\d.]+"), '_timer":T'),
    (re.compile(r"\bident=\d+"), "ident=N"),
    (re.compile(r"\bpipe \d+"), "pipe N"),
    (re.compile(r"(?<![0-9a-f:])(?!02:00:|00:00:00|ff:ff|01:80|01:00:5e|33:33)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"), "MAC"),
    (re.compile(r"8000\.(?!02000|000000)[0-9a-f]{12}|8000\.(?!0?2:0:|00:00|02:00)[0-9a-f]+(:[0-9a-f]+){5}"), "BRIDGE"),
    (re.compile(r"\b(used|age|probes?|cache expires) \d[\d/]*(sec)?"), r"\1 N"),
    (re.compile(r'"(used|updated|confirmed|probes|age)":\d+'), r'"\1":N'),
    (re.compile(r"(valid_lft|preferred_lft|expires) (\d+)sec"), lambda told: f"{told[1]} {'days' if int(told[2]) > 3000 else 'soon'}"),
    (re.compile(r'"(valid_life_time|preferred_life_time|expires)":(?!4294967295)\d+'), r'"\1":N'),
    (re.compile(r"(timer\t* +)\d+\.\d\d"), r"\1T"),
    (re.compile(r"(yes|no)\t\t +[\d.]+$", re.M), r"\1 AGE"),
    (re.compile(r"(gc_timer|hello_timer|tcn_timer|topology_change_timer|message_age_timer|forward_delay_timer|hold_timer) +[\d.]+"), r"\1 T"),
    (re.compile(r"\b(REACHABLE|STALE|DELAY|PROBE)\b"), "NUD"),
    (re.compile(r" (qlen|txqueuelen) \d+ "), r" \1 N "),
)
HASHED = re.compile(r"\b(fdb|neigh|showmacs|arp)\b")


def plain(answer: Answer, line: str) -> tuple[str, str, int]:
    """The part of an answer that must be the same in every run."""
    stdout, stderr = answer.stdout, answer.stderr
    for pattern, word in SAID:
        stdout = pattern.sub(word, stdout)
        stderr = pattern.sub(word, stderr)
    if HASHED.search(line):
        if stdout.startswith("["):
            stdout = stdout.replace("},{", "}\n{").strip("[]\n")
        stdout = "\n".join(sorted(stdout.splitlines()))
    return stdout, stderr, answer.status


def _told(answer: tuple[str, str, int]) -> list[str]:
    return [*answer[0].splitlines(), *(f"! {line}" for line in answer[1].splitlines()), f"status {answer[2]}"]


def differences(lines: Sequence[str], real: Sequence[Answer], ours: Sequence[Answer]) -> list[str]:
    """One text per line that was answered differently."""
    found = []
    for number, (line, theirs, mine) in enumerate(zip(lines, real, ours, strict=True)):
        a, b = plain(theirs, line), plain(mine, line)
        if a != b:
            changed = difflib.unified_diff(_told(a), _told(b), "real", "ours", lineterm="", n=0)
            found.append("\n".join([f"line {number}: {line}", *(f"    {text}" for text in changed if not text.startswith(("---", "+++", "@@")))]))
    return found
