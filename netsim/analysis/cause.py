"""What an attempt came to: a reason's code, and what decided."""

from __future__ import annotations

import attrs

from netsim.analysis.follow import Seen


@attrs.frozen
class Cause:
    """A reason's code and the event that decided; `words` say what decided where the event alone does not."""

    code: str
    seen: Seen | None = None
    words: str = ""
