"""curl's progress meter, as it ends up where standard error is no terminal (progress.c)."""

from __future__ import annotations

from netsim.clock import SECOND

HEAD = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
)


def _amount(value: int) -> str:
    if value < 100_000:
        return f"{value:5d}"
    if value < 10_000 * 1024:
        return f"{value // 1024:4d}k"
    return f"{value // (1024 * 1024):4d}M"


def _clock(ns: int) -> str:
    seconds = ns // SECOND
    return "--:--:--" if seconds <= 0 else f"{seconds // 3600:2d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def line(total: int, received: int, elapsed: int) -> str:
    """One state of the meter: bytes expected (0: unknown) and received, ns spent."""
    speed = received * SECOND // elapsed if elapsed > 0 and received else 0
    percent = 100 * received // total if total else (100 if received else 0)
    shown = total or received
    return (
        f"\r{percent:3d} {_amount(shown)}  {percent:3d} {_amount(received)}    0     0  {_amount(speed)}      0 "
        f"--:--:-- {_clock(elapsed)} --:--:-- {_amount(speed)}"
    )
