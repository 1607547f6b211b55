"""An opened address of socat: where bytes are read and written, and what its end means (xioread.c, xiowrite.c, xioshutdown.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import EPIPE, NetError


@attrs.define(eq=False)
class Channel:
    """Descriptors of one side; -1 where it cannot be read or written."""

    reads: int
    writes: int
    is_socket: bool = False
    peer: tuple[Any, int] | None = None
    """Where datagrams go and, unless `hears_all`, the only place they come from."""
    hears_all: bool = False
    first: bytes = b""
    is_one_shot: bool = False
    """Reads one packet only (`UDP-RECVFROM`)."""
    crnl: bool = False
    keeps_open: bool = False
    """Is never shut down (standard streams, `shut-none`)."""
    at_end: bool = False
    child: int = 0

    def read(self, proc: Any) -> bytes | None:
        """Bytes, b"" at the end, None when one must wait; NetError as the socket raises it."""
        if self.first:
            data, self.first = self.first, b""
            return data
        if self.at_end or self.reads < 0 or self.is_one_shot:
            return b""
        if self.peer is not None or self.hears_all:
            return self._datagram(proc)
        data = proc.read(self.reads) if self.reads in proc.fds else b""
        return data.replace(b"\r\n", b"\n") if data and self.crnl else data

    def _datagram(self, proc: Any) -> bytes | None:
        while (received := proc.sock(self.reads).recvfrom()) is not None:
            if self.hears_all or self.peer == (received.src, received.sport):
                return bytes(received.data)
        return None

    def write(self, proc: Any, data: bytes) -> None:
        """Pass bytes on; NetError as the descriptor raises it."""
        if self.writes < 0:
            return
        if self.crnl:
            data = data.replace(b"\n", b"\r\n")
        if self.peer is not None:
            proc.sock(self.writes).sendto(data, *self.peer)
        elif self.child:
            self._feed(proc, data)
        else:
            proc.write(self.writes, data)

    def _feed(self, proc: Any, data: bytes) -> None:
        """To a program just started: on a real host it has not ended yet when the first bytes go its way."""
        try:
            proc.fds[self.writes].write(data)
        except NetError as error:
            if error.errno != EPIPE:
                raise

    def shut(self, proc: Any) -> None:
        """Nothing more will be written."""
        if self.keeps_open or self.writes < 0:
            return
        if self.is_socket:
            try:
                proc.sock(self.writes).shutdown()
            except NetError:
                return
        elif self.writes in proc.fds:
            proc.close(self.writes)
            self.writes = -1
