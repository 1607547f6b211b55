"""What nginx answers by itself: status lines, special pages, kinds of files."""

from __future__ import annotations

from typing import Any

from netsim.programs.http.message import Response, http_date

SERVER = "nginx/1.27.3"
TYPES = {
    "html": "text/html", "htm": "text/html", "shtml": "text/html", "css": "text/css", "xml": "text/xml", "gif": "image/gif", "jpeg": "image/jpeg",
    "jpg": "image/jpeg", "js": "application/javascript", "txt": "text/plain", "png": "image/png", "svg": "image/svg+xml", "ico": "image/x-icon",
    "json": "application/json", "pdf": "application/pdf", "zip": "application/zip", "webp": "image/webp", "wasm": "application/wasm",
}  # fmt: skip
PHRASES = {
    200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Moved Temporarily", 303: "See Other",
    304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
    403: "Forbidden", 404: "Not Found", 405: "Not Allowed", 406: "Not Acceptable", 408: "Request Time-out", 409: "Conflict", 410: "Gone",
    411: "Length Required", 412: "Precondition Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Large", 415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable", 421: "Misdirected Request", 429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
    502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
}  # fmt: skip
TITLES = {302: "Found", 307: "Temporary Redirect"}
WITH_HEADERS = frozenset((200, 201, 204, 206, 301, 302, 303, 304, 307, 308))
"""Statuses whose answers get `add_header` without `always`."""
MOVED = (301, 302, 303, 307, 308)


def page(status: int) -> bytes:
    """The special page of a status."""
    title = f"{status} {TITLES.get(status) or PHRASES.get(status, '')}".rstrip()
    head = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return (head + f"<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n").encode()


def kind(path: str, default: str) -> str:
    """The type of a file by its ending."""
    name = path.rpartition("/")[2]
    return TYPES.get(name.rpartition(".")[2].lower(), default) if "." in name else default


def answer(proc: Any, status: int, content_type: str, body: bytes, more: tuple[tuple[str, str], ...] = ()) -> Response:
    """A response of nginx's own."""
    headers = [("Server", SERVER), ("Date", http_date(proc.wall_clock()))]
    headers += [("Content-Type", content_type)] if content_type and status != 204 else []
    headers += [("Content-Length", str(len(body)))] if status != 204 else []
    return Response(status, PHRASES.get(status, ""), (*headers, ("Connection", "close"), *more), body if status != 204 else b"")
