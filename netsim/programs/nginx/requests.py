"""A request that nginx has under way, and what variables stand for in it."""

from __future__ import annotations

import contextlib
import posixpath
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import MS, SECOND
from netsim.errors import NetError
from netsim.programs.http.exchange import Exchange
from netsim.programs.http.message import Request
from netsim.programs.nginx import pages
from netsim.programs.nginx.sites import ROOT, Location, Peer, Server

ACCESS_LOG = "/var/log/nginx/access.log"
"""The image's own, which leads to standard output."""


@attrs.define(eq=False)
class Asked:
    """One request under way."""

    fd: int
    request: Request
    client: str
    client_port: int
    server: Server
    number: int
    path: str
    """Decoded and without dots; changes by internal redirects."""
    location: Location
    turns: int = 0
    status: int = 0
    """Another status than the answer's own (`error_page`)."""
    failing: bool = False
    waiting: list[tuple[Peer, IPv4 | IPv6]] = attrs.field(factory=list)
    exchange: Exchange | None = None
    peer: tuple[Peer, IPv4 | IPv6] | None = None
    timed_out: bool = False


def variables(proc: Any, asked: Asked, filename: str) -> dict[str, str]:
    """What variables stand for in a request; others are empty."""
    request = asked.request
    _, mark, query = request.target.partition("?")
    host = request.header("host") or ""
    address, port = proc.sock(asked.fd).getsockname()[:2]
    forwarded = request.header("x-forwarded-for")
    place = asked.location.one("proxy_pass").partition("://")[2].partition("/")[0]
    values = {
        "host": (re.sub(r":\d+$", "", host) or asked.server.names[0]).lower(), "remote_addr": asked.client, "remote_port": str(asked.client_port),
        "scheme": "http", "server_port": str(port), "server_addr": str(address), "server_name": asked.server.names[0], "request_uri": request.target,
        "uri": asked.path, "document_uri": asked.path, "args": query, "query_string": query, "is_args": mark, "request_method": request.method,
        "request": f"{request.method} {request.target} {request.version}", "server_protocol": request.version, "hostname": proc.hostname(),
        "proxy_host": place, "proxy_add_x_forwarded_for": f"{forwarded}, {asked.client}" if forwarded else asked.client,
        "nginx_version": pages.SERVER.partition("/")[2], "pid": str(proc.inner_pid()), "time_local": clf_time(proc),
        "content_type": request.header("content-type") or "", "content_length": request.header("content-length") or "",
        "document_root": asked.location.one("root", ROOT), "request_filename": filename,
    }  # fmt: skip
    values |= {f"http_{name.lower().replace('-', '_')}": value for name, value in request.headers}
    return values | {f"arg_{pair.partition('=')[0]}": pair.partition("=")[2] for pair in query.split("&") if pair}


def normal(path: str) -> str:
    """A path decoded, without double slashes and dots."""
    plain = re.sub(r"/+", "/", unquote(path, errors="surrogateescape") or "/")
    ends = plain.endswith(("/", "/.", "/.."))
    made = posixpath.normpath(plain) if plain != "/" else "/"
    return made + "/" if ends and made != "/" else made


def span(text: str, default: int) -> int:
    """A span of time in ns."""
    found = re.fullmatch(r"(\d+)(ms|s|m|h)?", text)
    return int(found[1]) * {"ms": MS, "m": 60 * SECOND, "h": 3600 * SECOND}.get(found[2] or "s", SECOND) if found is not None else default


def clf_time(proc: Any) -> str:
    """A moment as the access log has it."""
    return f"{datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC):%d/%b/%Y:%H:%M:%S +0000}"


def log_time(proc: Any) -> str:
    """A moment as the error log has it."""
    return f"{datetime.fromtimestamp(proc.wall_clock() // SECOND, UTC):%Y/%m/%d %H:%M:%S}"


def pids(proc: Any) -> str:
    """Process and thread, as the error log tells them."""
    pid = proc.inner_pid()
    return f"{pid}#{pid}"


def note(proc: Any, path: str, text: str) -> None:
    """A line of an access log; the image's own leads to standard output."""
    if path in (ACCESS_LOG, "/dev/stdout"):
        proc.write(1, text)
        return
    with contextlib.suppress(NetError):
        fd = proc.open(path, "a")
        proc.write(fd, text)
        proc.close(fd)
