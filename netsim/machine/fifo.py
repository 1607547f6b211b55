"""Named pipes (fifo(7), `fs/pipe.c` fifo_open): a pipe with a name, whose ends wait for each other when they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.errors import EINVAL, EPIPE, NetError
from netsim.machine.fds import OpenFile, Pipe, PipeReader, PipeWriter
from netsim.machine.nodes import Node
from netsim.machine.sleeping import ALL, sleep_for, sleeps_in

if TYPE_CHECKING:
    from netsim.machine.call import Enough
    from netsim.machine.process import Process


@attrs.define(eq=False)
class Fifo(Node):
    """A named pipe. How often each end was opened is counted: who opens one end waits until the other has been opened since."""

    ends: Pipe = attrs.field(factory=Pipe)
    readers: int = 0
    writers: int = 0

    def read(self) -> bytes:
        """It has no content of its own."""
        raise NetError(EINVAL)

    def read_by(self, process: Process | None, enough: Enough | None) -> bytes:
        """All that is written until nobody writes any more; a command sleeps for it."""
        if process is None or not sleeps_in(process):
            return self.read()
        data: bytes = sleep_for(process, self, "r", enough or ALL)
        return data

    def write_by(self, process: Process | None, data: bytes) -> None:
        """Open it, write and close; a command sleeps until somebody reads."""
        if process is None or not sleeps_in(process):
            self.write(data)
            return
        opened = self.opened(process, "w")
        try:
            opened.write(data)
        except NetError:
            process.die(13)  # SIGPIPE
        finally:
            opened.close()

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """An end of it, for which a command sleeps until somebody has opened the other one; a program looks itself whether that is so."""
        if process is None or not sleeps_in(process):
            return self.end(how)
        opened: OpenFile = sleep_for(process, self, how, None)
        return opened

    def end(self, how: str) -> FifoReader | FifoWriter | FifoBoth:
        """An end of it: for reading, for writing, or ("r+") both at once, which waits for nobody."""
        pipe = self.ends
        if not (pipe.readers or pipe.writers):
            pipe.chunks.clear()  # nobody had it open: what was not read is gone
        if how == "r+":
            self.readers += 1
            self.writers += 1
            pipe.readers += 1
            pipe.writers += 1
            return FifoBoth(pipe=pipe, fifo=self)
        if how == "r":
            self.readers += 1
            pipe.readers += 1
            pipe.wake()
            return FifoReader(pipe=pipe, fifo=self, since=0 if pipe.writers else self.writers + 1)
        self.writers += 1
        pipe.writers += 1
        pipe.wake()
        return FifoWriter(pipe=pipe, fifo=self, since=0 if pipe.readers else self.readers + 1)

    def waits(self, how: str) -> bool:
        """Whether opening it now would wait."""
        return how != "r+" and not (self.ends.writers if how == "r" else self.ends.readers)


@attrs.define(eq=False)
class FifoReader(PipeReader):
    """The end one reads from. `since` is how many writers there have to have been before open(2) returns; 0: it has returned."""

    fifo: Fifo = attrs.field(default=None)
    since: int = 0

    def is_open(self) -> bool:
        """Whether open(2) would have returned."""
        return self.fifo.writers >= self.since

    def read_available(self) -> bytes | None:
        """All that waits; None while nobody has opened the other end."""
        return PipeReader.read_available(self) if self.is_open() else None


@attrs.define(eq=False)
class FifoWriter(PipeWriter):
    """The end one writes into; a program's open(2) does not wait here, so what it writes before there is a reader waits instead."""

    fifo: Fifo = attrs.field(default=None)
    since: int = 0

    def is_open(self) -> bool:
        """Whether open(2) would have returned."""
        return self.fifo.readers >= self.since

    def write(self, data: bytes) -> None:
        """Hand bytes over; EPIPE when every reader has gone."""
        if not self.pipe.readers and self.is_open():
            raise NetError(EPIPE)
        if data:
            self.pipe.chunks.append(data)
            self.pipe.wake()


@attrs.define(eq=False)
class FifoBoth(OpenFile):
    """Both ends at once (O_RDWR)."""

    pipe: Pipe = attrs.field(factory=Pipe)
    fifo: Fifo = attrs.field(default=None)

    def is_open(self) -> bool:
        """It waits for nobody."""
        return True

    def write(self, data: bytes) -> None:
        """Hand bytes to whoever reads."""
        if data:
            self.pipe.chunks.append(data)
            self.pipe.wake()

    def read_available(self) -> bytes | None:
        """All that waits; there is always a writer."""
        if not self.pipe.chunks:
            return None
        data = b"".join(self.pipe.chunks)
        self.pipe.chunks.clear()
        return data

    def closed(self) -> None:
        """One reader and one writer less."""
        self.pipe.readers -= 1
        self.pipe.writers -= 1
        if not self.pipe.writers:
            self.pipe.wake()
