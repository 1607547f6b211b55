"""What the shell takes for a number."""

from __future__ import annotations

import re

SIGNED = re.compile(r"[-+]?[0-9]{1,18}")


def is_number(text: str) -> bool:
    """Whether a word is a number without a sign: ASCII digits, not too many of them."""
    return text.isascii() and text.isdigit() and len(text) < 19
