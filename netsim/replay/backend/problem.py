"""What can go wrong on the machine."""

from __future__ import annotations


class CannotReplay(Exception):
    """This machine cannot do it; the text says why."""
