"""Which way frames of a capture go."""

from __future__ import annotations

import enum


class Way(enum.Enum):
    """Where injected frames go."""

    RECEIVED = "received"
    """They arrive at the device as if they came over its line."""
    SENT = "sent"
    """They leave by the device, as `tcpreplay` sends them."""
