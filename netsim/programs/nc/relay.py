"""What nc does once it is connected: standard input to the network, the network to standard output (`readwrite`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.programs.nc.options import Options

STDIN, STDOUT = 0, 1
IDLE, QUIT = "idle", "quit"


@attrs.define(eq=False)
class Relay:
    """One connection being served. `done` is set when `readwrite` would return; `quits` when -q ends the program."""

    options: Options
    fd: int
    is_server: bool = False
    stdin_open: bool = True
    net_open: bool = True
    received: int = 0
    idle: int = 0
    done: bool = False
    quits: bool = False

    def begin(self, proc: Any) -> None:
        """Start with what is there already."""
        if self.options.has("d"):
            self.stdin_open = False
        self._restart_idle(proc)
        self.from_stdin(proc)
        if not self.done:
            self.from_net(proc)

    def _restart_idle(self, proc: Any) -> None:
        if self.idle:
            proc.cancel_timer(self.idle)
            self.idle = 0
        if self.options.wait >= 0 and not self.done:
            self.idle = proc.timer(self.options.wait * SECOND, IDLE)

    def end(self, proc: Any) -> None:
        """Over."""
        self.done = True
        if self.idle:
            proc.cancel_timer(self.idle)
            self.idle = 0

    def _check(self, proc: Any) -> None:
        if not self.net_open and (self.is_server or not self.stdin_open):
            self.end(proc)

    def from_stdin(self, proc: Any) -> None:
        """Standard input has something, or its end."""
        while self.stdin_open and not self.done:
            data = proc.read(STDIN) if STDIN in proc.fds else b""
            if data is None:
                return
            self._restart_idle(proc)
            if data:
                self._send(proc, data)
                continue
            self.stdin_open = False
            if self.options.quit_after >= 0:
                proc.timer(self.options.quit_after * SECOND, QUIT)
            if self.options.has("N"):
                self._shut(proc)
        self._check(proc)

    def _shut(self, proc: Any) -> None:
        try:
            proc.sock(self.fd).shutdown()
        except NetError:
            return

    def _send(self, proc: Any, data: bytes) -> None:
        if self.options.has("C"):
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        size = 16384
        try:
            for at in range(0, len(data), size):
                proc.sock(self.fd).send(data[at : at + size])
        except NetError:
            self.stdin_open = self.net_open = False

    def from_net(self, proc: Any) -> None:
        """The network has something, or its end, or an error."""
        while self.net_open and not self.done:
            try:
                data = proc.sock(self.fd).recv()
            except NetError:
                self.net_open = self.stdin_open = False
                break
            if data is None:
                return
            self._restart_idle(proc)
            if not data and not self.options.has("u"):
                self.net_open = False
                break
            if STDOUT in proc.fds:
                proc.write(STDOUT, data)
            if proc.status is not None:
                return
            self.received += 1
            if self.options.receive_limit and self.received >= self.options.receive_limit:
                self.end(proc)
                return
        self._check(proc)
