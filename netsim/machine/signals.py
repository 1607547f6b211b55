"""Signals by number and name (signal(7), x86)."""

from __future__ import annotations

NAMES = dict(
    enumerate(
        [
            "EXIT",
            "HUP",
            "INT",
            "QUIT",
            "ILL",
            "TRAP",
            "ABRT",
            "BUS",
            "FPE",
            "KILL",
            "USR1",
            "SEGV",
            "USR2",
            "PIPE",
            "ALRM",
            "TERM",
            "STKFLT",
            "CHLD",
            "CONT",
            "STOP",
            "TSTP",
            "TTIN",
            "TTOU",
            "URG",
            "XCPU",
            "XFSZ",
            "VTALRM",
            "PROF",
            "WINCH",
            "IO",
            "PWR",
            "SYS",
        ]
    )
)
NAMES |= {34: "RTMIN", 64: "RTMAX"}
NAMES |= {34 + place: f"RTMIN+{place}" for place in range(1, 16)} | {64 - place: f"RTMAX-{place}" for place in range(1, 15)}
NUMBERS = {name: number for number, name in NAMES.items()} | {"CLD": 17, "POLL": 29}
LISTED = {number: "POLL" if number == 29 else NAMES[number] for number in range(1, 32)}
"""What procps and BusyBox list, under the names they have for them."""
PSEUDO = ("DEBUG", "ERR", "RETURN")
"""What bash traps beside signals."""


def signal_number(word: str) -> int | None:
    """The number of a signal named by number or name, with SIG before it or not; None for what is none."""
    if word.isascii() and word.isdigit():
        return int(word) if len(word) < 4 and int(word) in NAMES else None
    name = word.upper()
    return NUMBERS.get(name.removeprefix("SIG"))


STATES = {
    1: "Hangup", 2: "Interrupt", 3: "Quit", 4: "Illegal instruction", 5: "Trace/breakpoint trap", 6: "Aborted", 7: "Bus error", 8: "Floating point exception",
    9: "Killed", 10: "User defined signal 1", 11: "Segmentation fault", 12: "User defined signal 2", 13: "Broken pipe", 14: "Alarm clock", 15: "Terminated",
}  # fmt: skip
"""How bash and dash tell what ended a process (`strsignal(3)`)."""
