#!/usr/bin/env python3
"""Compare replayed transcripts with recorded ones and print the share of steps that agree.

usage: judge.py RECORDED REPLAYED [-v] [--only GLOB,...] [--min PERCENT] [--list]

RECORDED and REPLAYED are directories of scenario files (or single files) with the same names.  A scenario is
{"name", "steps": [{"cmd", "rc", "stdout", "stderr", ...}]}.  A step agrees when rc, stdout and stderr agree:

* everything is compared byte for byte, except tokens that cannot be the same in two runs;
* random tokens (container and network ids, generated MACs, veth suffixes, namespace inodes, pids, ephemeral ports)
  may differ in value but must map one to one over the whole scenario: two devices may not share one recorded MAC;
* measured tokens (round-trip times, clock times) only have to be there, timers must have the right order of magnitude;
* a MAC that Docker derives from an address, a link-local address that derives from a MAC, and well-known MACs must be right;
* a MAC or id that a command of the scenario names literally must be exactly that one;
* tables printed in hash order or sorted by random names (`ip neigh`, `bridge fdb`, `conntrack -L`, `brctl show`,
  `ip -br`) are compared as bags of lines with their random tokens masked;
* steps recorded as unstable (two recordings of the real thing disagreed) are left out.

Two shares are printed: over all steps, and over the *telling* steps: those with output or a non-zero status.  Only the
second one counts: a silent success agrees too easily.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import ipaddress
import json
import pathlib
import re
import sys

RANDOM = re.compile(
    r"""
      (?P<id>(?<![0-9a-zA-Z])[0-9a-f]{64}(?![0-9a-zA-Z]))
    | (?P<shortid>(?<![0-9a-zA-Z])(?:[0-9a-f]{12}|(?=[0-9a-z]{0,11}\d)(?=[0-9a-z]{0,11}[a-z])[0-9a-z]{12})(?![0-9a-zA-Z])|(?m:^)[0-9a-z]{12}(?=\ {3}))
    | (?P<veth>\bveth[0-9a-f]{7}\b)
    | (?P<mac>(?<![0-9a-fA-F:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-fA-F:]))
    | (?P<bridgeid>\b[0-9a-f]{4}\.(?:[0-9a-f]{12}|[0-9a-f:]{11,17})\b)
    | (?P<linklocal>\bfe80::[0-9a-f:]+)
    | (?P<inode>(?<=net:\[)\d+|(?<=uts:\[)\d+|(?<=mnt:\[)\d+|(?<=pid:\[)\d+)
    | (?P<pid>(?<=pid=)\d+|(?<=/proc/)\d+(?=/))
    | (?P<port>(?:(?<=:)|(?<=[sd]port=)|(?<=[sd]port\ )|(?<=[SD]PT=))(?:3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b|(?<=\d\.)(?:3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})(?=\ >|:))
    | (?P<swarm>SWMTKN-\S+|\b[0-9a-z]{25}\b|\blb_[0-9a-z]{9}\b|\b1-[0-9a-z]{10}\b|\bgateway_[0-9a-f]{12}\b)
    | (?P<name>(?<=endpoint\ )[a-z]+_[a-z]+(?=\ )|(?<=\ AS\ /)[a-z]+_[a-z]+(?=/))
    """,
    re.VERBOSE,
)


def span(seconds: str) -> str:
    """The order of magnitude of a timer: days are not minutes."""
    value = int(seconds)
    return "<days>" if value >= 100_000 else "<hours>" if value >= 1000 else "<minutes>" if value >= 100 else "<seconds>"


MEASURED = [
    (re.compile(p, re.M), s)
    for p, s in (
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:[\d.]+(?:Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\bon \w{3} \w{3} +\d+ [\d:]+ \d{4}", "on <time>"),
        (r"(?<=root ) *\d+ \w{3} +\d+ \d\d:\d\d ", "<size> <time> "),
        (r"\b\d\d:\d\d:\d\d\.\d+", "<time>"),
        (r"time[=<][\d.]+ ?ms", "time=<t> ms"),
        (r"packet loss, time \d+ms", "packet loss, time <t>ms"),
        (r"(round-trip|rtt) min.*", "rtt <t>"),
        (r"\b(Up|Exited \(\d+\)|Created) (?:(?:Less than|About) an? \w+|\d+ \w+)(?: ago)?", r"\1 <t>"),
        (r"(?:(?:Less than|About) an? \w+|\b\d+ (?:seconds?|minutes?|hours?)) ago", "<t> ago"),
        (r"^(ipv4 +\d +)?(icmp|icmpv6|tcp|udp|unknown|gre) +(\d+) +(\d+) ", lambda m: f"{m[1] or ''}{m[2]} {m[3]} {span(m[4])} "),
        (r"\b(id|icmp_id|ID|SEQ|ACK)=\d+", r"\1=<n>"),
        (r"OPT \([0-9A-F]+\)", "OPT (<n>)"),
        (r"\bid \d+,", "id <n>,"),
        (r"\b(seq|ack) \d{4,}(?::\d+)?", r"\1 <n>"),
        (r"TS val \d+ ecr \d+", "TS val <n> ecr <n>"),
        (r"\bexpires \d+sec", "expires <t>sec"),
        (r"(preferred_lft|valid_lft) (\d+)sec", lambda m: f"{m[1]} {span(m[2])}"),
        (r"\b(cache expires|age|used|probes?) \d[\d/]*\b", r"\1 <n>"),
        (r"(hello_timer|gc_timer|tcn_timer|topology_change_timer|message_age_timer|forward_delay_timer|hold_timer) +[\d.]+", r"\1 <t>"),
        (r"(yes|no)\t\t +[\d.]+$", r"\1 <age>"),
        (r"^total \d+", "total <n>"),
        (r"(?<=Get \"http)[^\"]*", "<url>"),
    )
]
BAG = re.compile(
    r"(?:^|[\s;|])(neigh\w*|nei|n|fdb)(?: (?:show|list|ls|lst|sh)\b.*)?$|conntrack -L|(?:^|\s)arp(?: -an?n?| -n)?$"
    r"|brctl show$|ip (?:-\w+ )*-br |/docker/netns/\*"
)
EXACT_STATES = ("neigh", "arp", "ipv6")  # scenarios about neighbour states and DAD: there the states count
FIXED_MAC = re.compile(r"00:00:00:00:00:00|ff:ff:ff:ff:ff:ff|01:00:5e|01:80:c2|33:33")
STREAMS = ("stdout", "stderr", "output")
STRAY = re.compile(r"^time=.*error waiting for container: context canceled.*\n", re.M)


LOOSE_STATES = [(re.compile(r" tentative\b"), ""), (re.compile(r"\b(REACHABLE|DELAY|STALE|PROBE)\b"), "<nud>")]
MILLISECONDS = (re.compile(r"\b[\d.]+ ?ms\b"), "<t> ms")  # measured, except where a command sets them (tc)


def by_name(text: str) -> str:
    """`docker network inspect` lists containers by random id; put them in the order of their names."""
    try:
        networks = json.loads(text)
    except ValueError:
        return text
    crowded = [n for n in networks if isinstance(n, dict) and len(n.get("Containers") or {}) > 1] if isinstance(networks, list) else []
    for network in crowded:
        network["Containers"] = dict(sorted(network["Containers"].items(), key=lambda item: item[1]["Name"]))
    return json.dumps(networks, indent=4) + "\n" if crowded else text


def settle(text: str, bag: bool, command: str, exact_states: bool) -> str:
    text = STRAY.sub("", by_name(text) if "network inspect" in command else text)
    for pattern, word in [] if exact_states else LOOSE_STATES:
        text = pattern.sub(word, text)
    if "tc " not in command:
        text = MILLISECONDS[0].sub(MILLISECONDS[1], text)
    for pattern, word in MEASURED:
        text = pattern.sub(word, text)
    return "\n".join(sorted(" ".join(RANDOM.sub("<>", line).split()) for line in text.splitlines())) if bag else text


def mac_of(address: str) -> str:
    """The MAC in a link-local address formed by EUI-64, or "" where it was not."""
    try:
        word = ipaddress.IPv6Address(address).packed[8:]
    except ValueError:
        return ""
    octets = bytes([word[0] ^ 2]) + word[1:3] + word[5:]
    return ":".join(f"{o:02x}" for o in octets) if word[3:5] == b"\xff\xfe" else ""


class Tokens:
    """One-to-one map between the random tokens of two runs of one scenario."""

    def __init__(self, steps: list[dict]) -> None:
        seen, self.literal = "", set[str]()
        for step in steps:
            self.literal |= {t[0] for t in RANDOM.finditer(step["cmd"]) if t[0] not in seen}
            seen += printed(step, "output")
        for address in re.findall(r"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b", seen):
            self.literal.add("02:42:" + ":".join(f"{int(part):02x}" for part in address))  # Docker's MAC of an address
        self.there: dict[tuple[str, str], str] = {}
        self.back: dict[tuple[str, str], str] = {}

    def same(self, kind: str, left: str, right: str) -> bool:
        if kind in ("id", "shortid"):
            kind, left, right = "id", left[:12], right[:12]
        if kind == "linklocal":
            pair = mac_of(left), mac_of(right)
            if all(pair):
                kind, (left, right) = "mac", pair
        if left in self.literal or right in self.literal or (kind == "mac" and (FIXED_MAC.match(left) or FIXED_MAC.match(right))):
            return left == right
        known, inverse = self.there.get((kind, left)), self.back.get((kind, right))
        if known is None and inverse is None:
            self.there[kind, left], self.back[kind, right] = right, left
            return True
        return known == right and inverse == left

    def agree(self, left: str, right: str) -> bool:
        if RANDOM.sub("<>", left) != RANDOM.sub("<>", right):
            return False
        pairs = zip(RANDOM.finditer(left), RANDOM.finditer(right), strict=True)
        return all(a.lastgroup == b.lastgroup and self.same(a.lastgroup or "", a[0], b[0]) for a, b in pairs)


def agrees(tokens: Tokens, want: dict, got: dict, exact_states: bool = False) -> list[str]:
    bag = bool(BAG.search(want["cmd"]))
    wrong = [] if want["rc"] == got.get("rc") else ["rc"]
    for stream in STREAMS:
        left, right = (settle(printed(step, stream), bag, want["cmd"], exact_states) for step in (want, got))
        if stream in want and not tokens.agree(left, right):
            wrong.append(stream)
    return wrong


def printed(step: dict, stream: str) -> str:
    """What a step printed; "output" is stdout followed by stderr, for recordings that kept only the two together."""
    if stream == "output" and "output" not in step:
        return (step.get("stdout") or "") + (step.get("stderr") or "")
    return step.get(stream) or ""


def steps_of(path: pathlib.Path) -> list[dict]:
    return json.loads(path.read_text())["steps"]


def main() -> int:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("recorded", type=pathlib.Path)
    cli.add_argument("replayed", type=pathlib.Path)
    cli.add_argument("-v", action="store_true", help="show every difference")
    cli.add_argument("--only", default="*", metavar="GLOB[,GLOB...]")
    cli.add_argument("--min", type=float, default=0, metavar="PERCENT", help="exit 1 below this share of telling steps")
    cli.add_argument("--list", action="store_true", help="one line per scenario")
    args = cli.parse_args()
    files = [args.recorded] if args.recorded.is_file() else sorted(args.recorded.glob("*.json"))
    files = [f for f in files if any(fnmatch.fnmatch(f.stem, glob) for glob in args.only.split(","))]
    total = right = telling = telling_right = whole = missing = 0
    for file in files:
        other = args.replayed if args.replayed.is_file() else args.replayed / file.name
        want = steps_of(file)
        got = steps_of(other) if other.exists() else []
        missing += not got
        tokens = Tokens(want)
        here = here_right = 0
        for number, step in enumerate(want):
            if step.get("unstable") or step.get("stable") is False:
                continue
            answer = got[number] if number < len(got) else {}
            wrong = agrees(tokens, step, answer, file.stem.startswith(EXACT_STATES))
            loud = bool(step["rc"] or printed(step, "output"))
            total, right = total + 1, right + (not wrong)
            telling, telling_right = telling + loud, telling_right + (loud and not wrong)
            here, here_right = here + loud, here_right + (loud and not wrong)
            if wrong and args.v:
                print(f"\n{file.stem} step {number} [{step.get('on', '')}] $ {step['cmd']}   ({', '.join(wrong)})")
                if "rc" in wrong:
                    print(f"   status {step['rc']} recorded, {answer.get('rc')} replayed")
                for stream in STREAMS:
                    if stream in wrong:
                        a, b = (printed(s, stream).splitlines() for s in (step, answer))
                        for line in list(difflib.unified_diff(a, b, "recorded", "replayed", lineterm="", n=1))[2:60]:
                            print("   " + line)
        whole += here == here_right
        if args.list:
            print(f"{file.stem:40} {here_right:4} of {here:4} telling steps")
    share = 100 * telling_right / telling if telling else 0.0
    print(
        f"{telling_right} of {telling} telling steps agree ({share:.1f} %); {right} of {total} steps in all; "
        f"{whole} of {len(files)} scenarios agree whole; {missing} not replayed"
    )
    return 0 if telling and share >= args.min else 1


if __name__ == "__main__":
    sys.exit(main())
