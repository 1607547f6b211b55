"""How ipvsadm fails."""

from __future__ import annotations

FAILED, WRONG_USE = 255, 2
TRY_HELP = "Try `ipvsadm -h' or 'ipvsadm --help' for more information."


class Problem(Exception):
    """What it prints on stderr, and its exit status."""

    def __init__(self, text: str, status: int = WRONG_USE) -> None:
        super().__init__(text)
        self.text = f"{text}\n"
        self.status = status
