"""One call to a plugin over real HTTP, tried again as the daemon does (`pkg/plugins/client.go`)."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from typing import Any

import attrs

from netsim.docker.errors import Refusal, failed
from netsim.plugins.gojson import JsonError, decode

UNIX, TCP = "unix", "tcp"
ACCEPTS = "application/vnd.docker.plugins.v1.2+json"
LARGEST = 16 * 1024 * 1024
"""Bytes of an answer that are read; more is no answer."""


@attrs.frozen
class Address:
    """Where a plugin listens: a path, or host and port."""

    kind: str
    path: str = ""
    host: str = ""
    port: int = 0

    @property
    def host_name(self) -> str:
        """As the daemon's client puts it into URLs."""
        return self.path.replace("/", "%2F") if self.kind == UNIX else f"{self.host}:{self.port}"

    @property
    def dialled(self) -> str:
        """As its errors name it."""
        return f"unix {self.path}" if self.kind == UNIX else f"tcp {self.host}:{self.port}"


class _UnixConnection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("plugin", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """To the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def post(address: Address, method: str, request: Mapping[str, Any], timeout: float, patience: float) -> dict[str, Any]:
    """The answer; what cannot be reached is tried again after 1, 2, 4 ... seconds, in all no longer than `patience`. Refusal in the daemon's words."""
    pause, waited = 1.0, 0.0
    while True:
        try:
            return _answer(method, *_once(address, method, request, timeout))
        except (OSError, http.client.HTTPException) as problem:
            if waited + pause > patience:
                raise failed(f'Post "http://{address.host_name}/{method}": {_said(address, problem)}') from None
        time.sleep(pause)
        waited += pause
        pause *= 2


def _once(address: Address, method: str, request: Mapping[str, Any], timeout: float) -> tuple[int, bytes]:
    connection = (
        _UnixConnection(address.path, timeout) if address.kind == UNIX else http.client.HTTPConnection(address.host, address.port, timeout=timeout)
    )
    try:
        body = json.dumps(request) + "\n" if request else ""
        connection.request("POST", f"/{method}", body, {"Accept": ACCEPTS, "User-Agent": "Go-http-client/1.1", "Content-Type": "application/json"})
        answer = connection.getresponse()
        data = answer.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise http.client.HTTPException("http: response body too large")
        return answer.status, data
    finally:
        connection.close()


def _answer(method: str, status: int, data: bytes) -> dict[str, Any]:
    if status != http.client.OK:
        try:
            said = decode(data, "remote").get("Err")
        except JsonError:
            said = None
        text = said if isinstance(said, str) and said else data.decode(errors="replace").strip()
        raise Refusal(status if status == http.client.NOT_FOUND else 500, f"{method}: {text}")
    name = method.partition(".")[2]
    try:
        return decode(data, f"api.{name}Response")
    except JsonError as problem:
        raise failed(str(problem)) from None


def _said(address: Address, problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    if isinstance(problem, (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionResetError, BrokenPipeError)):
        return "EOF" if not isinstance(problem, http.client.IncompleteRead) else "unexpected EOF"
    if isinstance(problem, ConnectionRefusedError):
        return f"dial {address.dialled}: connect: connection refused"
    if isinstance(problem, FileNotFoundError):
        return f"dial {address.dialled}: connect: no such file or directory"
    if isinstance(problem, PermissionError):
        return f"dial {address.dialled}: connect: permission denied"
    if isinstance(problem, http.client.HTTPException):
        return f'net/http: HTTP/1.x transport connection broken: malformed HTTP response "{problem}"'
    return f"dial {address.dialled}: {problem}"
