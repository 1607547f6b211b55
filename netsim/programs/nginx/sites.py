"""Servers, locations and upstreams as a configuration describes them, and which of them a request is for (`ngx_http_core_module`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.machine.hostnames import inet_aton, inet_pton6
from netsim.programs.nginx.config import ConfigProblem, Directive

ROOT, INDEX, TYPE = "/usr/share/nginx/html", ("index.html",), "text/plain"
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
KNOWN = frozenset(
    [
        "host",
        "http_host",
        "remote_addr",
        "remote_port",
        "scheme",
        "server_port",
        "server_addr",
        "server_name",
        "request_uri",
        "uri",
        "document_uri",
        "args",
        "query_string",
        "request",
        "request_method",
        "request_length",
        "request_time",
        "server_protocol",
        "hostname",
        "proxy_host",
        "proxy_port",
        "proxy_add_x_forwarded_for",
        "is_args",
        "nginx_version",
        "pid",
        "status",
        "time_local",
        "time_iso8601",
        "msec",
        "remote_user",
        "content_type",
        "content_length",
        "body_bytes_sent",
        "document_root",
        "request_filename",
        "connection",
        "upstream_addr",
    ]
)
INHERITED = ("root", "index", "default_type", "access_log", "proxy_connect_timeout", "proxy_http_version")
LISTS = ("add_header", "proxy_set_header", "error_page", "allow", "deny")
COMBINED = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
Address = tuple[str, int]


@attrs.frozen
class Peer:
    """A server of an upstream as it is written: host and port."""

    host: str
    port: int
    written: str
    where: str
    backup: bool = False
    down: bool = False
    weight: int = 1


@attrs.define(eq=False)
class Upstream:
    """Servers that take turns; `addresses` are what their names stood for when the configuration was read."""

    name: str
    peers: list[Peer]
    addresses: list[tuple[Peer, IPv4 | IPv6]] = attrs.field(factory=list)
    turn: int = 0
    failed: dict[Address, int] = attrs.field(factory=dict)
    """Until when (virtual ns) those that failed are left alone (fail_timeout)."""

    def order(self, now: int) -> list[tuple[Peer, IPv4 | IPv6]]:
        """Whom to ask, in which order: those whose turn it is first, the spare ones last; who failed lately is asked only where nobody else is."""
        alive = [one for one in self.addresses if len(self.addresses) == 1 or self.failed.get((str(one[1]), one[0].port), 0) <= now]
        usual = [one for one in alive for _ in range(one[0].weight) if not (one[0].backup or one[0].down)]
        spare = [one for one in alive if one[0].backup and not one[0].down]
        if usual:
            start = self.turn % len(usual)
            self.turn += 1
            usual = list(dict.fromkeys(usual[start:] + usual[:start]))
        return usual + spare


@attrs.define(eq=False)
class Location:
    """What a server does with a part of its paths."""

    kind: str
    """"", "=", "^~", "~", "~*" or "@"."""
    path: str
    plain: dict[str, tuple[str, ...]]
    lists: dict[str, list[tuple[str, ...]]]
    nested: list[Location] = attrs.field(factory=list)
    upstream: Upstream | None = None
    pattern: re.Pattern[str] | None = None

    def one(self, name: str, default: str = "") -> str:
        """The value of a directive with one word."""
        return self.plain.get(name, (default,))[0]


@attrs.define(eq=False)
class Server:
    """A `server` block: where it listens, its names, and its locations."""

    listens: list[Address]
    default_for: set[Address]
    names: tuple[str, ...]
    whole: Location
    locations: list[Location]


@attrs.define(eq=False)
class Sites:
    """Everything that a configuration serves."""

    servers: list[Server] = attrs.field(factory=list)
    upstreams: dict[str, Upstream] = attrs.field(factory=dict)
    warnings: list[str] = attrs.field(factory=list)
    formats: dict[str, str] = attrs.field(factory=lambda: {"combined": COMBINED})
    """Of access logs (`log_format`)."""

    def listens(self) -> list[Address]:
        """Addresses and ports to listen on; what a wildcard of the same port covers needs no socket of its own."""
        every = list(dict.fromkeys(one for server in self.servers for one in server.listens))
        return [(host, port) for host, port in every if host in ("0.0.0.0", "::") or (("::" if ":" in host else "0.0.0.0"), port) not in every]

    def server(self, address: Address, host: str) -> Server:
        """The server for a request that came to an address and names a host: by its name, else the default one there."""
        wild = ("::" if ":" in address[0] else "0.0.0.0", address[1])
        here = [one for one in self.servers if address in one.listens] or [one for one in self.servers if wild in one.listens]
        place = address if any(address in one.listens for one in here) else wild
        bare = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        for test in (_exact, _leading, _trailing, _expression):
            for one in here:
                if any(test(name, bare.lower()) for name in one.names):
                    return one
        return next((one for one in here if place in one.default_for), here[0])


def _exact(name: str, host: str) -> bool:
    return name.lower() == host or (name.startswith(".") and name[1:].lower() == host)


def _leading(name: str, host: str) -> bool:
    return (name.startswith("*.") and host.endswith(name[1:].lower())) or (name.startswith(".") and host.endswith(name.lower()))


def _trailing(name: str, host: str) -> bool:
    return name.endswith(".*") and host.startswith(name[:-1].lower())


def _expression(name: str, host: str) -> bool:
    return name.startswith("~") and re.search(name[1:], host, re.I) is not None


def find(locations: Iterable[Location], path: str, otherwise: Location) -> Location:
    """The location of a path: an exact one, else the first expression that fits unless the longest prefix forbids it, else that prefix."""
    known = list(locations)
    exact = next((one for one in known if one.kind == "=" and one.path == path), None)
    if exact is not None:
        return exact
    longest = max((one for one in known if one.kind in ("", "^~") and path.startswith(one.path)), key=_length, default=None)
    if longest is not None and longest.nested:
        inner = find(longest.nested, path, longest)
        if inner is not longest:
            return inner
    if longest is None or longest.kind != "^~":
        for one in known:
            if one.pattern is not None and one.pattern.search(path):
                return one
    return longest if longest is not None else otherwise


def _length(location: Location) -> int:
    return len(location.path)


# from directives ------------------------------------------------------------------------------------------------------------


def build(tree: tuple[Directive, ...]) -> Sites:
    """Servers and upstreams; ConfigProblem."""
    made = Sites()
    for http in (one for one in tree if one.name == "http"):
        for one in http.inside("upstream"):
            made.upstreams[one.words[1]] = _upstream(one)
        for one in http.inside("log_format"):
            parts = one.words[2:]
            made.formats[one.words[1]] = "".join(part for part in parts if not part.startswith("escape="))
        base = Location("", "", {}, {})
        _settle(base, http)
        for one in http.inside("server"):
            made.servers.append(_server(made, one, base))
    _conflicts(made)
    return made


def _upstream(block: Directive) -> Upstream:
    peers = []
    for one in block.inside("server"):
        host, port = _host_port(one.words[1], 80)
        options = dict(word.partition("=")[::2] for word in one.words[2:])
        weight = options.get("weight", "1")
        for word in one.words[2:]:
            if word.partition("=")[0] not in ("weight", "max_fails", "fail_timeout", "max_conns", "backup", "down", "resolve"):
                raise ConfigProblem(f'invalid parameter "{word}" in {one.where}')
        peers.append(Peer(host, port, one.words[1], one.where, "backup" in options, "down" in options, int(weight) if weight.isdigit() else 1))
    if not peers:
        raise ConfigProblem(f"no servers are inside upstream in {block.where}")
    return Upstream(block.words[1], peers)


def _host_port(text: str, default: int) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if re.search(r":\d+$", text) else (text, "", "")
    return (host if colon else text).strip("[]"), int(port) if port else default


def _settle(location: Location, block: Directive) -> None:
    """What a block says itself, over what it has from outside: lists are replaced as wholes."""
    fresh: dict[str, list[tuple[str, ...]]] = {}
    for one in block.body or ():
        if one.name in LISTS:
            fresh.setdefault("access" if one.name in ("allow", "deny") else one.name, []).append(
                one.words if one.name in ("allow", "deny") else one.words[1:]
            )
        elif one.name in (*INHERITED, "return", "alias", "try_files", "proxy_pass"):
            location.plain.setdefault(one.name, one.words[1:]) if one.name == "return" else location.plain.__setitem__(one.name, one.words[1:])
        for word in one.words[1:] if one.name in ("return", "proxy_set_header", "add_header", "proxy_pass") else ():
            for match in VARIABLE.finditer(word):
                name = match[1] or match[2]
                if name not in KNOWN and not name.startswith(("http_", "arg_", "sent_http_", "upstream_http_", "cookie_")) and not name.isdigit():
                    raise ConfigProblem(f'unknown "{name}" variable')
    location.lists |= fresh


def _listen(one: Directive) -> Address:
    text = one.words[1]
    if text.startswith("unix:"):
        raise ConfigProblem(f"netsim: sockets of the file system are not modelled in {one.where}")
    if text.isdigit():
        host, port = "0.0.0.0", int(text)
    else:
        host, _, number = text.rpartition(":") if re.search(r":\d+$", text) else (text, "", "80")
        port = int(number)
        bare = host.strip("[]")
        if bare in ("*", ""):
            host = "0.0.0.0"
        elif inet_aton(bare) is None and (":" not in bare or inet_pton6(bare) is None) and bare != "localhost":
            raise ConfigProblem(f'host not found in "{text}" of the "listen" directive in {one.where}')
        else:
            host = "127.0.0.1" if bare == "localhost" else str(inet_pton6(bare) if ":" in bare else inet_aton(bare))
    if not 0 < port < 65536:
        raise ConfigProblem(f'invalid port in "{text}" of the "listen" directive in {one.where}')
    return host, port


def _server(sites: Sites, block: Directive, base: Location) -> Server:
    listens: list[Address] = []
    defaults: set[Address] = set()
    for one in block.inside("listen"):
        address = _listen(one)
        if address in listens:
            raise ConfigProblem(f"a duplicate listen {_written(address)} in {one.where}")
        if {"default_server", "default"} & set(one.words[2:]):
            if any(address in other.default_for for other in sites.servers):
                raise ConfigProblem(f"a duplicate default server for {_written(address)} in {one.where}")
            defaults.add(address)
        listens.append(address)
    names = tuple(word.strip('"') for one in block.inside("server_name") for word in one.words[1:]) or ("",)
    whole = Location("", "", dict(base.plain), dict(base.lists))
    _settle(whole, block)
    made = Server(listens or [("0.0.0.0", 80)], defaults, names, whole, [])
    made.locations = _locations(sites, block, whole)
    return made


def _written(address: Address) -> str:
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def _locations(sites: Sites, block: Directive, outside: Location) -> list[Location]:
    found: list[Location] = []
    for one in block.inside("location"):
        kind, path = one.words[1:] if len(one.words) == 3 else ("", one.words[1])
        if len(one.words) == 2:
            glued = re.match(r"(=|\^~|~\*?|@)(.+)", path)
            kind, path = (glued[1], glued[2]) if glued is not None else ("", path)
        if kind not in ("", "=", "^~", "~", "~*", "@"):
            raise ConfigProblem(f'invalid location modifier "{kind}" in {one.where}')
        if any((known.kind, known.path) == (kind, path) for known in found):
            raise ConfigProblem(f'duplicate location "{path}" in {one.where}')
        inherited = {name: value for name, value in outside.plain.items() if name in INHERITED}
        made = Location(kind, path, inherited, dict(outside.lists))
        if kind.startswith("~"):
            try:
                made.pattern = re.compile(path, re.I if kind == "~*" else 0)
            except re.error as problem:
                raise ConfigProblem(f'pcre2_compile() failed: {problem} in "{path}" in {one.where}') from None
        _settle(made, one)
        for target in one.inside("proxy_pass"):
            made.upstream = _target(sites, target)
        made.nested = _locations(sites, one, made)
        found.append(made)
    return found


def _target(sites: Sites, one: Directive) -> Upstream:
    """The upstream that `proxy_pass` names, or one of its own."""
    url = one.words[1]
    scheme, slashes, rest = url.partition("://")
    if not slashes or scheme not in ("http", "https"):
        raise ConfigProblem(f"invalid URL prefix in {one.where}")
    if scheme == "https" or "$" in rest:
        raise ConfigProblem(f"netsim: proxy_pass to {'https' if scheme == 'https' else 'what variables say'} is not modelled in {one.where}")
    place = rest.partition("/")[0]
    if place in sites.upstreams:
        return sites.upstreams[place]
    host, port = _host_port(place, 80)
    return sites.upstreams.setdefault(place, Upstream(place, [Peer(host, port, host, one.where)]))


def _conflicts(sites: Sites) -> None:
    seen: dict[tuple[Address, str], Server] = {}
    for server in sites.servers:
        for address in server.listens:
            for name in server.names:
                if (address, name) in seen and seen[address, name] is not server and name != "":
                    sites.warnings.append(f'conflicting server name "{name}" on {_written(address)}, ignored')
                seen.setdefault((address, name), server)


def is_allowed(location: Location, client: str) -> bool:
    """`allow` and `deny`, the first that fits."""
    address: IPv4 | IPv6 | None = inet_pton6(client) if ":" in client else inet_aton(client)
    for verb, text in location.lists.get("access", ()):
        if text == "all" or address is None or _is_in(address, text):
            return verb == "allow"
    return True


def _is_in(address: IPv4 | IPv6, text: str) -> bool:
    try:
        if isinstance(address, IPv4):
            net = IPv4Net.parse(text if "/" in text else f"{text}/32")
            return int(address) >> 32 - net.length == int(net.address) >> 32 - net.length
        net6 = IPv6Net.parse(text if "/" in text else f"{text}/128")
        return int(address) >> 128 - net6.length == int(net6.address) >> 128 - net6.length
    except ValueError:
        return False


def expanded(text: str, values: Mapping[str, str], absent: str = "") -> str:
    """A text with its variables; `absent` stands for those that were not set."""
    return VARIABLE.sub(lambda match: values.get(match[1] or match[2]) or absent, text)
