"""`-j NFQUEUE`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.targets.nfqueue import NfqueueTarget

MOST = 65535


def build(given: list[Given], context: Context) -> NfqueueTarget:
    """The target from its options."""
    found = once(given, "NFQUEUE")
    first = last = 0
    if "queue-num" in found:
        value = number(found["queue-num"].value)
        if value is None or value > MOST:
            raise Problem(f'NFQUEUE: bad value for option "--queue-num", or out of range (0-{MOST}).\n')
        first = last = value
    if "queue-balance" in found:
        if "queue-num" in found:
            raise Problem('NFQUEUE: option "--queue-num" cannot be used together with "--queue-balance".\n')
        first, last = _range(found["queue-balance"].value)
    elif "queue-cpu-fanout" in found:
        raise Problem('NFQUEUE: option "--queue-cpu-fanout" also requires "--queue-balance".\n')
    return NfqueueTarget(first, last, "queue-bypass" in found, "queue-cpu-fanout" in found)


def _range(word: str) -> tuple[int, int]:
    low, colon, high = word.partition(":")
    first, last = number(low), number(high)
    if not colon or first is None or last is None:
        raise Problem(f'Bad range "{word}"')
    if first >= last:
        raise Problem(f"{first} should be less than {last}")
    return first, last


def _save(target: NfqueueTarget) -> str:
    text = f" --queue-balance {target.number}:{target.last}" if target.last > target.number else f" --queue-num {target.number}"
    return text + (" --queue-bypass" if target.bypass else "") + (" --queue-cpu-fanout" if target.fanout else "")


def _listing(target: NfqueueTarget, numeric: bool, /) -> str:
    text = f" NFQUEUE balance {target.number}:{target.last}" if target.last > target.number else f" NFQUEUE num {target.number}"
    return text + (" bypass" if target.bypass else "") + (" cpu-fanout" if target.fanout else "")


NFQUEUE = Extension(
    "NFQUEUE", {"queue-num": ("queue-num", True), "queue-balance": ("queue-balance", True), "queue-bypass": ("queue-bypass", False),
                "queue-cpu-fanout": ("queue-cpu-fanout", False)},
    build, _save, _listing, NfqueueTarget,
)  # fmt: skip
