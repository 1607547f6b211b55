"""Devices that can be read without end: /dev/zero and /dev/urandom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.machine.fds import Null, OpenFile, RegularFile
from netsim.machine.nodes import Device, File

if TYPE_CHECKING:
    from netsim.machine.call import Enough
    from netsim.machine.process import Process

MOST_ENDLESS = 64 * 1024
MOST_ASKED = 1 << 28


@attrs.define(eq=False)
class Endless(Device):
    """A device that can be read without end; a reader that never stops finds one after `MOST_ENDLESS`."""

    def read(self) -> bytes:
        """As many as one reader gets."""
        return self.taken(MOST_ENDLESS)

    def taken(self, count: int) -> bytes:
        """So many bytes."""
        return bytes(count)

    def read_by(self, process: Process | None, enough: Enough | None) -> bytes:
        """As many as are asked for."""
        return self.read() if enough is None or enough.unit else self.taken(min(enough.count, MOST_ASKED))

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """A file of such bytes; what is written is swallowed."""
        return RegularFile(node=File(content=self.read())) if how == "r" else Null()


@attrs.define(eq=False)
class Random(Endless):
    """/dev/urandom: bytes below 128 of the world's generator, which are text to every tool."""

    rng: Any = None

    def taken(self, count: int) -> bytes:
        """So many bytes."""
        data: bytes = self.rng.randbytes(count)
        return bytes(byte & 127 for byte in data)
