"""A whole world as one value: copied by `fork.fork`, written down by `save.dump`, read back by `load.load`.

State is made of attrs classes, plain values, enumeration members, the built-in containers, `random.Random`, bound methods of such objects and
module-level functions and classes. A field may carry `metadata={"state": "share"}` (a fork refers to the same thing, a
snapshot leaves it out and whoever loads it hangs it again) or `"skip"` (a fork and a loaded world start with the default); a class may define `refuse_fork(self) -> str | None`, the reason why it cannot be copied just now.
"""

from netsim.state.kinds import CannotFork, CannotLoad, CannotSave

__all__ = ["CannotFork", "CannotLoad", "CannotSave"]
