"""Protocols of text lines: HTTP, RTSP, FTP, SMTP, and the greeting of SSH."""

import attrs

from netsim.packet.describe.output import Output


@attrs.frozen
class TextProtocol:
    """A protocol's name, its request words (none: every line counts as one), and at which word of a response its code stands."""

    name: str
    requests: tuple[bytes, ...] = ()
    code_word: int = 0


HTTP = TextProtocol(
    "http",
    (
        b"GET", b"PUT", b"COPY", b"HEAD", b"LOCK", b"MOVE", b"POLL", b"POST", b"BCOPY", b"BMOVE", b"MKCOL", b"TRACE", b"LABEL", b"MERGE",
        b"DELETE", b"SEARCH", b"UNLOCK", b"REPORT", b"UPDATE", b"NOTIFY", b"BDELETE", b"CONNECT", b"OPTIONS", b"CHECKIN", b"PROPFIND",
        b"CHECKOUT", b"CCM_POST", b"SUBSCRIBE", b"PROPPATCH", b"BPROPFIND", b"BPROPPATCH", b"UNCHECKOUT", b"MKACTIVITY", b"MKWORKSPACE",
        b"UNSUBSCRIBE", b"RPC_CONNECT", b"VERSION-CONTROL", b"BASELINE-CONTROL",
    ),
    1,
)  # fmt: skip
RTSP = TextProtocol(
    "rtsp",
    (
        b"OPTIONS", b"DESCRIBE", b"ANNOUNCE", b"SETUP", b"PLAY", b"PAUSE", b"TEARDOWN", b"GET_PARAMETER", b"SET_PARAMETER", b"REDIRECT",
        b"RECORD",
    ),
    1,
)  # fmt: skip
FTP = TextProtocol("ftp")
SMTP = TextProtocol("smtp")
SSH = TextProtocol("ssh")


def print_text_protocol(out: Output, at: int, length: int, protocol: TextProtocol) -> None:
    """A piece of the stream: its first line, with -v all lines, if it starts a request or response (`txtproto_print`)."""
    out.protocol = protocol.name
    data = out.data[at : min(at + length, out.end)]
    out.put(protocol.name.upper())
    if protocol.requests and not _starts_message(data, protocol):
        return
    if not out.options.v:
        _print_line(out, ": ", data, 0, length)
        return
    out.put(f", length: {length}")
    here = 0
    while 0 <= here < length:
        here = _print_line(out, "\n\t", data, here, length)


def print_ssh(out: Output, at: int, length: int) -> None:
    """The version line of SSH; what follows it is not text (`ssh_print`)."""
    out.protocol = SSH.name
    line, newline, _rest = out.data[at : min(at + length, out.end)].partition(b"\n")
    line = line.removesuffix(b"\r")
    if newline and line.startswith(b"SSH-") and all(32 <= code < 127 for code in line):
        out.put(f": SSH: {line.decode('ascii')}")


def _starts_message(data: bytes, protocol: TextProtocol) -> bool:
    token, at = _token(data, 0)
    if not token:
        return False
    if token.upper() in protocol.requests:
        return True
    if protocol.code_word:
        token, at = _token(data, at)
    return len(token) == 3 and token.isdigit()


def _token(data: bytes, at: int) -> tuple[bytes, int]:
    """The word at an offset and the offset of the next one; no word if it ends in an unprintable byte."""
    start = at
    while at < len(data) and data[at : at + 1] not in (b" ", b"\t", b"\r", b"\n"):
        if not 32 < data[at] < 127:
            return b"", at
        at += 1
    word = data[start:at]
    while at < len(data) and data[at : at + 1] in (b" ", b"\t", b"\r", b"\n"):
        at += 1
    return word, at


def _print_line(out: Output, prefix: str, data: bytes, at: int, length: int) -> int:
    """Print a line of text; returns the offset after it, or -1 if there is no (whole) line."""
    start = at
    while at < len(data):
        code = data[at]
        if code == 10:
            out.put(f"{prefix}{data[start:at].decode('ascii')}")
            return at + 1
        if code == 13:
            if data[at + 1 : at + 2] != b"\n":
                if at + 1 >= len(data) and at + 1 < length:
                    break
                return -1
            out.put(f"{prefix}{data[start:at].decode('ascii')}")
            return at + 2
        if not 32 <= code < 127 and code != 9:
            return -1
        at += 1
    out.put(f"{prefix}{data[start:at].decode('ascii')}")
    out.truncated()
    return -1
