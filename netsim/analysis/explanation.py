"""What an explanation says: decisions in order, a verdict and its reason; as values, as text and as JSON."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.analysis.reasons import BLOCKED, REACHED, Reason
from netsim.analysis.target import Target

PAINT = {"reached": "\033[32m", "blocked": "\033[31m", "unknown": "\033[33m"}
PLAIN = "\033[0m"
TITLES = {"out": "the way there", "relay": "on from the relay", "back": "the way back", "error": "what it is told", "asking": "asking for neighbours"}


@attrs.frozen
class Decision:
    """One decision about the packet. `time` counts ns from the attempt's beginning; `packet` are the headers after it, `before` those before a rewrite."""

    time: int
    way: str
    """`out`, `relay` (a second connection made by docker-proxy), `back`, `error` (ICMP errors), `asking` (ARP, discovery)."""
    place: str
    device: str
    kind: str
    """`route`, `rule`, `policy`, `nat`, `conntrack`, `neighbour`, `bridge`, `tunnel`, `socket`, `icmp`, `relay`, `drop`."""
    object: str
    """What decided, as the tools write it: a route, a rule with its number, an FDB or neighbour entry, a sysctl, a socket."""
    outcome: str
    packet: str = ""
    before: str = ""


@attrs.frozen
class Resolution:
    """How a name became an address: `source` is `/etc/hosts` or the name server that answered."""

    name: str
    addresses: tuple[str, ...]
    source: str
    error: str = ""


@attrs.frozen
class Explanation:
    """The answer to `explain`: assert on `verdict` ("reached", "blocked", "unknown"), `reason.code` and `steps`."""

    source: str
    target: Target
    address: str
    resolution: Resolution | None
    steps: tuple[Decision, ...]
    reason: Reason
    cause: Decision | None
    detail: str = ""
    fix: str = ""

    @property
    def verdict(self) -> str:
        """`reached`, `blocked` or `unknown`."""
        return self.reason.verdict

    @property
    def is_reached(self) -> bool:
        """Whether the other end is reached."""
        return self.verdict == REACHED

    @property
    def status(self) -> int:
        """The exit status of `netsim explain`: 0 reaches, 1 does not, 2 cannot tell."""
        return {REACHED: 0, BLOCKED: 1}.get(self.verdict, 2)

    @property
    def sentence(self) -> str:
        """Verdict, reason and what decided in one line."""
        where = f" at {self.cause.place}" if self.cause is not None else ""
        what = f": {self.cause.object}" if self.cause is not None and self.cause.object else f": {self.detail}" if self.detail else ""
        verdict = self.verdict if self.reason.code == REACHED else f"{self.verdict} ({self.reason.code})"
        return f"{self.source} -> {self.target}: {verdict}{where}{what}"

    def __str__(self) -> str:
        return self.text()

    def text(self, paint: int = 0, details: int = 0) -> str:
        """The explanation for people; `paint` 1: with colours for a terminal, `details` 1: also policies that accept."""
        verdict = self.verdict.upper()
        shown = f"{PAINT[self.verdict]}{verdict}{PLAIN}" if paint else verdict
        lines = [
            f"{self.source} -> {self.target}: {shown}{'' if self.reason.code == REACHED else f' ({self.reason.code})'}",
            f"  {self.reason.meaning}",
        ]
        if self.resolution is not None:
            lines.append(f"  name: {_resolved(self.resolution)}")
        lines += self._table(paint, [step for step in self.steps if details or step.kind != "policy" or step.outcome != "ACCEPT"])
        if self.cause is not None and self.verdict != REACHED:
            lines.append(f"because: {self.cause.place}: {self.cause.object or self.cause.outcome}")
        elif self.detail:
            lines.append(f"because: {self.detail}")
        if self.fix:
            lines.append(f"fix: {self.fix}")
        return "\n".join(lines) + "\n"

    def _table(self, paint: int, steps: list[Decision]) -> list[str]:
        lines: list[str] = []
        way = header = ""
        widths = [max((len(cell(step)) for step in steps), default=0) for cell in CELLS]
        for step in steps:
            if step.way != way:
                way, header = step.way, ""
                lines.append(f"{TITLES[way]}:")
            if (step.before or step.packet) != header:
                header = step.before or step.packet
                lines.append(f"    {header}")
            row = "  ".join(cell(step).ljust(width) for cell, width in zip(CELLS, widths, strict=True))
            mark = "*" if step is self.cause and self.verdict != REACHED else " "
            line = f"  {mark} {row}  {step.object}{f' -> {step.outcome}' if step.outcome else ''}"
            lines.append(f"{PAINT['blocked']}{line}{PLAIN}" if paint and mark == "*" else line)
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.source,
            "target": {"host": self.target.host, "protocol": self.target.protocol, "port": self.target.port, "address": self.address},
            "verdict": self.verdict,
            "reason": self.reason.code,
            "meaning": self.reason.meaning,
            "fix": self.fix,
            "detail": self.detail,
            "name": attrs.asdict(self.resolution) if self.resolution is not None else None,
            "cause": attrs.asdict(self.cause) if self.cause is not None else None,
            "steps": [attrs.asdict(step) for step in self.steps],
        }


def _resolved(resolution: Resolution) -> str:
    if resolution.error:
        return f"{resolution.name}: {resolution.error} (asked {resolution.source})"
    return f"{resolution.name} is {', '.join(resolution.addresses)} (from {resolution.source})"


def _place(step: Decision) -> str:
    return step.place


def _device(step: Decision) -> str:
    return step.device


def _kind(step: Decision) -> str:
    return step.kind


CELLS = (_place, _device, _kind)
