"""socat's addresses: KEYWORD:parameters,options (xioopen.c, xioopts.c, nestlex.c)."""

from __future__ import annotations

import attrs

CONNECTS, LISTENS, RECVFROM, RECV, SENDTO, RUNS, OPENS, CREATES, STREAM, PIPE, FD = range(11)
TCP, UDP = "tcp", "udp"


@attrs.frozen
class Form:
    """What a keyword means: the kind of channel, its protocol and family, and how many parameters it takes."""

    kind: int
    protocol: str = ""
    family: int = 0
    parameters: tuple[int, ...] = (1,)


def _forms() -> dict[str, Form]:
    forms = {
        "EXEC": Form(RUNS, "exec"), "SYSTEM": Form(RUNS, "system"), "OPEN": Form(OPENS), "FILE": Form(OPENS), "GOPEN": Form(OPENS, "gopen"),
        "CREATE": Form(CREATES), "CREAT": Form(CREATES), "STDIO": Form(STREAM, "io", 0, (0,)), "STDIN": Form(STREAM, "in", 0, (0,)),
        "STDOUT": Form(STREAM, "out", 0, (0,)), "STDERR": Form(STREAM, "err", 0, (0,)), "FD": Form(FD), "PIPE": Form(PIPE, "", 0, (0,)),
    }  # fmt: skip
    for suffix, family in (("", 0), ("4", 2), ("6", 10)):
        for tcp in (f"TCP{suffix}", f"TCP{suffix}-CONNECT"):
            forms[tcp] = Form(CONNECTS, TCP, family, (2,))
        for listen in (f"TCP{suffix}-LISTEN", f"TCP{suffix}-L"):
            forms[listen] = Form(LISTENS, TCP, family)
        for udp in (f"UDP{suffix}", f"UDP{suffix}-CONNECT"):
            forms[udp] = Form(CONNECTS, UDP, family, (2,))
        for listen in (f"UDP{suffix}-LISTEN", f"UDP{suffix}-L"):
            forms[listen] = Form(LISTENS, UDP, family)
        forms[f"UDP{suffix}-RECVFROM"] = Form(RECVFROM, UDP, family)
        forms[f"UDP{suffix}-RECV"] = Form(RECV, UDP, family)
        for send in (f"UDP{suffix}-SENDTO", f"UDP{suffix}-DATAGRAM"):
            forms[send] = Form(SENDTO, UDP, family, (2,))
    return forms


FORMS = _forms()
REFUSED_KEYWORDS = (
    "UNIX", "UNIX-CONNECT", "UNIX-LISTEN", "UNIX-CLIENT", "UNIX-SENDTO", "UNIX-RECV", "UNIX-RECVFROM", "LOCAL", "ABSTRACT-CONNECT",
    "ABSTRACT-LISTEN", "TUN", "PTY", "OPENSSL", "OPENSSL-CONNECT", "OPENSSL-LISTEN", "SSL", "SSL-L", "SOCKS4", "SOCKS4A", "PROXY",
    "READLINE", "IP-SENDTO", "IP-RECV", "IP-RECVFROM", "IP-DATAGRAM", "IP4-SENDTO", "IP4-RECV", "IP4-RECVFROM", "IP4-DATAGRAM",
    "SCTP", "SCTP-LISTEN", "SCTP-CONNECT", "VSOCK-CONNECT", "VSOCK-LISTEN", "INTERFACE", "SOCKET-CONNECT", "SOCKET-LISTEN", "SOCKET-DATAGRAM",
)  # fmt: skip
ALIASES = {
    "so-reuseaddr": "reuseaddr", "so-reuseport": "reuseport", "sp": "sourceport", "if": "so-bindtodevice", "interface": "so-bindtodevice",
    "bindtodevice": "so-bindtodevice", "so-broadcast": "broadcast", "ip-ttl": "ttl", "ipttl": "ttl", "ip-tos": "tos", "iptos": "tos",
    "creat": "create", "o-creat": "create", "o-trunc": "trunc", "o-append": "append", "crlf": "crnl", "ipv6only": "ipv6-v6only",
    "tcp-nodelay": "nodelay", "so-keepalive": "keepalive", "ip-pktinfo": "pktinfo", "ip-transparent": "transparent", "ip-freebind": "freebind", "maxchildren": "max-children",
}  # fmt: skip
MODELLED = frozenset({
    "reuseaddr", "reuseport", "fork", "bind", "sourceport", "so-bindtodevice", "broadcast", "ttl", "tos", "create", "trunc", "append", "crnl",
    "ipv6-v6only", "transparent", "freebind", "connect-timeout", "backlog", "nodelay", "keepalive", "rdonly", "wronly", "rdwr", "stderr", "ignoreeof", "shut-none",
    "max-children", "end-close", "retry", "interval", "forever", "nofork",
})  # fmt: skip
KNOWN = frozenset({
    "pktinfo", "pf", "su", "su-d", "setsid", "setpgid", "ctty", "pty", "echo", "raw", "cfmakeraw", "perm", "mode", "user", "group", "umask", "unlink",
    "range", "lowport", "sndbuf", "rcvbuf", "linger", "so-linger", "mss", "accept-timeout", "readbytes", "lock", "chroot", "nonblock", "seek",
    "ip-add-membership", "ip-multicast-if", "ip-multicast-ttl", "ip-multicast-loop", "tcpwrap", "keepidle", "keepintvl", "keepcnt", "shut-down",
    "shut-close", "shut-null", "null-eof", "escape", "cool-write", "o-nonblock", "binary", "text", "dirfd", "ipapp", "tcp-quickack", "priority", "waitlock",
})  # fmt: skip
"""Options of socat that netsim accepts and reports as not modelled."""


class AddressProblem(Exception):
    """An address socat refuses: what stands after the ` E `."""


@attrs.frozen
class Address:
    """One address, read."""

    keyword: str
    form: Form
    parameters: tuple[str, ...]
    options: dict[str, str]

    def has(self, option: str) -> bool:
        """Whether an option is given and not switched off."""
        return self.options.get(option, "0") != "0"

    def number(self, option: str, default: int) -> int:
        """An option's number."""
        try:
            return int(self.options.get(option, str(default)), 0)
        except ValueError:
            return default


def _split(text: str, stops: str) -> list[str]:
    """Words between unquoted, unnested stop characters; quotes and backslashes are taken off (`nestlex`)."""
    words, word, depth, quote, at = [], "", 0, "", 0
    while at < len(text):
        letter = text[at]
        at += 1
        if quote == "'":
            if letter == "'":
                quote = ""
            else:
                word += letter
        elif letter == "\\" and at < len(text):
            word += text[at]
            at += 1
        elif quote:
            if letter == quote:
                quote = ""
            else:
                word += letter
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
            word += letter
        elif letter in ")]}" and depth:
            depth -= 1
            word += letter
        elif letter in stops and not depth:
            words.append(word)
            word = ""
        else:
            word += letter
    return [*words, word]


def _cut(text: str, stop: str) -> tuple[str, str, bool]:
    """The raw text up to the first unquoted stop, the rest, and whether there was one."""
    depth, quote, at = 0, "", 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and quote != "'":
            at += 1
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}" and depth:
            depth -= 1
        elif letter == stop and not depth:
            return text[:at], text[at + 1 :], True
        at += 1
    return text, "", False


def read_address(text: str) -> Address:
    """Read one address; AddressProblem as socat words it."""
    main, options, _ = _cut(text, ",")
    keyword, parameters, has_parameters = _cut(main, ":")
    name = keyword.upper()
    if keyword == "-":
        return Address("-", FORMS["STDIO"], (), _options(options))
    if keyword.isdigit() and not has_parameters:
        return Address("FD", FORMS["FD"], (keyword,), _options(options))
    if name not in FORMS and not has_parameters and "/" in keyword:
        return Address("GOPEN", FORMS["GOPEN"], (_split(keyword, "")[0],), _options(options))
    if name in REFUSED_KEYWORDS or (name == "PIPE" and has_parameters) or name in ("FIFO",):
        raise AddressProblem(f"netsim: address {name} is not modelled")
    form = FORMS.get(name)
    if form is None:
        raise AddressProblem(f'unknown device/address "{keyword}"')
    words = tuple(_split(parameters, "" if form.kind == RUNS else ":")) if has_parameters else ()
    if len(words) not in form.parameters:
        raise AddressProblem(f"{name}: wrong number of parameters ({len(words)} instead of {form.parameters[0]})")
    return Address(name, form, words, _options(options))


def _options(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while text:
        one, text, _ = _cut(text, ",")
        name, equals, value = one.partition("=")
        key = ALIASES.get(name.lower(), name.lower())
        if not key:
            continue
        if key not in MODELLED and key not in KNOWN:
            raise AddressProblem(f'parseopts_table(): unknown option "{name}"')
        found[key] = _split(value, "")[0] if equals else "1"
    return found
