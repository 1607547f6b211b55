"""netsim: Linux and Docker networking in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netsim.analysis.check import Report, check
    from netsim.analysis.diff import Difference, diff
    from netsim.analysis.explain import explain
    from netsim.analysis.explanation import Explanation
    from netsim.analysis.problem import AnalysisProblem
    from netsim.analysis.reach import Matrix, reach
    from netsim.api import Host, Namespace, World
    from netsim.diagram.drawing import Diagram, draw
    from netsim.errors import NetError
    from netsim.machine.call import Result
    from netsim.state import CannotFork, CannotLoad, CannotSave
    from netsim.world.capture import Format
    from netsim.world.way import Way

__version__ = "0.1.0"
__all__ = [
    "AnalysisProblem",
    "CannotFork",
    "CannotLoad",
    "CannotSave",
    "Diagram",
    "Difference",
    "Explanation",
    "Format",
    "Host",
    "Matrix",
    "Namespace",
    "NetError",
    "Report",
    "Result",
    "Way",
    "World",
    "check",
    "diff",
    "draw",
    "explain",
    "reach",
]
_HOMES = {"Host": "netsim.api", "Namespace": "netsim.api", "NetError": "netsim.errors", "World": "netsim.api", "Result": "netsim.machine.call"}
_HOMES |= {"Diagram": "netsim.diagram.drawing", "draw": "netsim.diagram.drawing"}
_HOMES |= {"Format": "netsim.world.capture", "Way": "netsim.world.way"}
_HOMES |= dict.fromkeys(("CannotFork", "CannotLoad", "CannotSave"), "netsim.state")
_HOMES |= {
    "AnalysisProblem": "netsim.analysis.problem",
    "Explanation": "netsim.analysis.explanation",
    "explain": "netsim.analysis.explain",
    "Difference": "netsim.analysis.diff",
    "Matrix": "netsim.analysis.reach",
    "Report": "netsim.analysis.check",
    "check": "netsim.analysis.check",
    "diff": "netsim.analysis.diff",
    "reach": "netsim.analysis.reach",
}


def __getattr__(name: str) -> Any:
    """Load the public names at first use, so that importing the package stays cheap."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'netsim' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
