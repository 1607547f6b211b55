"""curl's command line (tool_getparam.c)."""

from __future__ import annotations

import attrs

from netsim.clock import SECOND
from netsim.machine.call import Call, Result

FLAGS = {
    "s": "silent", "S": "show-error", "I": "head", "i": "include", "v": "verbose", "f": "fail", "L": "location", "4": "ipv4", "6": "ipv6",
    "k": "insecure", "O": "remote-name", "g": "globoff", "N": "no-buffer", "G": "get", "q": "disable", "#": "progress-bar", "0": "http1.0",
    "j": "junk-session-cookies", "V": "version", "h": "help", "J": "remote-header-name", "R": "remote-time",
}  # fmt: skip
VALUED = {
    "o": "output", "w": "write-out", "m": "max-time", "H": "header", "d": "data", "X": "request", "A": "user-agent", "e": "referer", "u": "user",
    "b": "cookie", "x": "proxy", "T": "upload-file", "F": "form", "K": "config", "r": "range", "y": "speed-time", "Y": "speed-limit", "z": "time-cond",
    "E": "cert", "D": "dump-header", "c": "cookie-jar", "C": "continue-at",
}  # fmt: skip
LONG_FLAGS = {
    *FLAGS.values(),
    "no-progress-meter",
    "compressed",
    "fail-with-body",
    "http1.1",
    "no-keepalive",
    "tcp-nodelay",
    "raw",
    "no-silent",
    "no-sessionid",
}
LONG_VALUED = {*VALUED.values(), "connect-timeout", "interface", "local-port", "data-raw", "data-binary", "data-ascii", "resolve", "retry", "retry-delay",
               "retry-max-time", "url", "dns-servers", "cacert", "unix-socket", "limit-rate", "max-redirs", "noproxy", "keepalive-time", "data-urlencode",
               "stderr", "proto", "json"}  # fmt: skip
REPORTED = {"insecure", "compressed", "limit-rate", "keepalive-time", "speed-time", "speed-limit", "remote-time", "cookie-jar", "junk-session-cookies",
            "retry", "retry-delay", "retry-max-time", "no-keepalive", "range", "noproxy", "proto", "progress-bar", "remote-header-name", "no-sessionid"}  # fmt: skip
REFUSED = {"proxy": "proxies", "form": "multipart forms", "config": "configuration files", "cert": "TLS", "cacert": "TLS", "unix-socket": "UNIX sockets",
           "upload-file": "uploads", "dns-servers": "name servers of its own", "time-cond": "conditions of time", "continue-at": "resuming",
           "data-urlencode": "encoding of data"}  # fmt: skip
TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n"


class Refused(Exception):
    """A wrong command line: what is printed, and the status."""

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status


@attrs.define
class Options:
    """What was asked for; times in ns, 0 for none."""

    flags: set[str] = attrs.field(factory=set)
    urls: list[str] = attrs.field(factory=list)
    outputs: list[str] = attrs.field(factory=list)
    headers: list[str] = attrs.field(factory=list)
    data: list[bytes] = attrs.field(factory=list)
    method: str = ""
    agent: str = "curl/7.88.1"
    user: str = ""
    referer: str = ""
    cookie: str = ""
    write_out: str = ""
    interface: str = ""
    local_port: int = 0
    max_time: int = 0
    connect_timeout: int = 0
    max_redirects: int = 50
    resolve: list[str] = attrs.field(factory=list)
    stderr: str = ""
    dump_header: str = ""

    def has(self, flag: str) -> bool:
        """Whether a flag is set."""
        return flag in self.flags


def read(call: Call) -> Options | Result:
    """The command line, or what curl says of it."""
    options = Options()
    words = list(call.argv[1:])
    try:
        while words:
            word = words.pop(0)
            if word.startswith("--") and len(word) > 2:
                _long(call, options, word[2:], words)
            elif word.startswith("-") and len(word) > 1:
                _cluster(call, options, word, words)
            else:
                options.urls.append(word)
    except Refused as problem:
        return Result("", str(problem), problem.status)
    if options.has("version"):
        return Result("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\nRelease-Date: 2023-02-20\nProtocols: http\nFeatures: IPv6\n")
    if options.has("help"):
        return Result("Usage: curl [options...] <url>\n")
    if not options.urls:
        return Result("", TRY, 2)
    return options


def _cluster(call: Call, options: Options, word: str, words: list[str]) -> None:
    letters = word[1:]
    for place, letter in enumerate(letters):
        if letter in VALUED:
            value = letters[place + 1 :] or (words.pop(0) if words else None)
            if value is None:
                raise Refused(f"curl: option -{letters}: requires parameter\n{TRY}")
            _value(call, options, VALUED[letter], value)
            return
        if letter not in FLAGS:
            raise Refused(f"curl: option {word}: is unknown\n{TRY}")
        _flag(call, options, FLAGS[letter])


def _long(call: Call, options: Options, name: str, words: list[str]) -> None:
    known = LONG_FLAGS | LONG_VALUED
    matches = [name] if name in known else sorted(other for other in known if other.startswith(name))
    if not matches:
        raise Refused(f"curl: option --{name}: is unknown\n{TRY}")
    if len(matches) > 1:
        raise Refused(f"curl: option --{name}: is ambiguous\n{TRY}")
    if matches[0] in LONG_FLAGS:
        _flag(call, options, matches[0])
        return
    if not words:
        raise Refused(f"curl: option --{name}: requires parameter\n{TRY}")
    _value(call, options, matches[0], words.pop(0))


def _flag(call: Call, options: Options, name: str) -> None:
    if name in REPORTED:
        call.machine.kernel.unmodelled.append(f"curl --{name}: not modelled")
    options.flags.add(name)
    if name == "remote-name":
        options.outputs.append("\0")


def _seconds(name: str, value: str) -> int:
    try:
        return int(float(value) * SECOND)
    except ValueError:
        raise Refused(f"curl: option {name}: expected a proper numerical parameter\n{TRY}") from None


def _value(call: Call, options: Options, name: str, value: str) -> None:
    if name in REFUSED:
        raise Refused(f"curl: netsim: --{name} ({REFUSED[name]}) is not modelled\n")
    if name in REPORTED:
        call.machine.kernel.unmodelled.append(f"curl --{name}: not modelled")
    elif name in ("max-time", "connect-timeout"):
        seconds = _seconds("-m" if name == "max-time" else f"--{name}", value)
        if name == "max-time":
            options.max_time = seconds
        else:
            options.connect_timeout = seconds
    elif name in ("header", "output", "url", "resolve"):
        {"header": options.headers, "output": options.outputs, "url": options.urls, "resolve": options.resolve}[name].append(value)
    elif name in ("data", "data-ascii", "data-raw", "data-binary", "json"):
        _data(call, options, name, value)
    elif name in ("local-port", "max-redirs"):
        if not value.split("-")[0].isdigit():
            raise Refused(f"curl: option --{name}: expected a proper numerical parameter\n{TRY}")
        setattr(options, {"local-port": "local_port", "max-redirs": "max_redirects"}[name], int(value.split("-")[0]))
    else:
        field = {"request": "method", "user-agent": "agent", "write-out": "write_out", "dump-header": "dump_header"}.get(name, name)
        setattr(options, field, value)


def _data(call: Call, options: Options, name: str, value: str) -> None:
    data = value.encode("utf-8", "surrogateescape")
    if value.startswith("@") and name != "data-raw":
        data = call.machine.files.read(call.proc, value[1:]) if value != "@-" else b""
        if name not in ("data-binary", "json"):
            data = data.replace(b"\r", b"").replace(b"\n", b"")
    if name == "json":
        options.headers += ["Content-Type: application/json", "Accept: application/json"]
    options.data.append(data)
