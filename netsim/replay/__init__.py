"""replay: a world on a real kernel, and whether the kernel agrees.

`plan` turns a world's state into an ordered list of operations, a value; `script` writes it as a shell script. Only `backend` touches the machine.
"""

from __future__ import annotations

from netsim.replay.backend.problem import CannotReplay
from netsim.replay.build import Built, replay
from netsim.replay.operations import Operation
from netsim.replay.plan import Plan, plan, settled
from netsim.replay.script import script
from netsim.replay.verify import Verification, verify

__all__ = ["Built", "CannotReplay", "Operation", "Plan", "Verification", "plan", "replay", "script", "settled", "verify"]
