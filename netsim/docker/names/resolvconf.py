"""A container's resolv.conf as 27 and later write it, comments included (`libnetwork/internal/resolvconf`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.docker.names.server import Upstream

INTERNAL = "127.0.0.11"
DEFAULTS4, DEFAULTS6 = ("8.8.8.8", "8.8.4.4"), ("2001:4860:4860::8888", "2001:4860:4860::8844")


def address_of(text: str) -> IPv4 | IPv6 | None:
    """A name server's address, its zone left aside; None when it is none."""
    try:
        return IPv6.parse(text.partition("%")[0]) if ":" in text else IPv4.parse(text)
    except ValueError:
        return None


def is_loopback(text: str) -> bool:
    """127.0.0.0/8 or ::1."""
    address = address_of(text)
    return address == 1 if isinstance(address, IPv6) else address is not None and address.is_loopback


@attrs.frozen
class ResolvConf:
    """What a file says, and what was done to it."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    path: str = ""
    transform: str = ""
    overrides: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    used_defaults: int = 0
    external: tuple[Upstream, ...] | None = None
    """The internal resolver's upstreams; None where there is no such resolver."""
    ndots_from: str = ""

    def text(self) -> str:
        """The file (`ResolvConf.Generate`)."""
        lines = [f"nameserver {server}" for server in self.servers]
        if self.search:
            lines.append("search " + " ".join(self.search))
        if self.options:
            lines.append("options " + " ".join(self.options))
        lines += self.other
        lines += ["", f"# Based on host file: '{self.path}'" + (f" ({self.transform})" if self.transform else "")]
        if self.used_defaults:
            lines.append("# Used default nameservers.")
        if self.external is not None:
            shown = [f"host({one.address})" if one.from_host else str(one.address) for one in self.external]
            lines.append(f"# ExtServers: [{' '.join(shown)}]" if shown else "# NO EXTERNAL NAMESERVERS DEFINED")
        if self.invalid:
            lines.append(f"# Invalid nameservers: [{' '.join(self.invalid)}]")
        lines.append(f"# Overrides: [{' '.join(self.overrides)}]")
        if self.ndots_from:
            lines.append(f"# Option ndots from: {self.ndots_from}")
        return "\n".join(lines) + "\n"


def _has_ndots(options: Sequence[str]) -> bool:
    return any(option.startswith("ndots:") for option in options)


def read(text: str, path: str) -> ResolvConf:
    """Read a host's file; what cannot be an address is noted, lines that are not known are kept."""
    servers: list[str] = []
    invalid: list[str] = []
    other: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith(("#", ";")):
            continue
        if words[0] == "nameserver":
            for word in words[1:2]:
                (servers if address_of(word) is not None else invalid).append(word)
        elif words[0] in ("search", "domain"):
            search = tuple(word for word in words[1:] if word != ".")
        elif words[0] == "options":
            options += words[1:]
        else:
            other.append(line.strip())
    return ResolvConf(
        tuple(servers), search, tuple(options), tuple(other), path, invalid=tuple(invalid), ndots_from="host" if _has_ndots(options) else ""
    )


def override(
    conf: ResolvConf, servers: Sequence[str] | None = None, search: Sequence[str] | None = None, options: Sequence[str] | None = None
) -> ResolvConf:
    """What `--dns`, `--dns-search` and `--dns-opt` put in the host's place; None leaves the host's."""
    said = [*conf.overrides]
    if servers is not None:
        conf, said = attrs.evolve(conf, servers=tuple(servers)), [*said, "nameservers"]
    if search is not None:
        conf, said = attrs.evolve(conf, search=tuple(word for word in search if word != ".")), [*said, "search"]
    if options is not None:
        conf, said = attrs.evolve(conf, options=tuple(options), ndots_from="override" if _has_ndots(options) else ""), [*said, "options"]
    return attrs.evolve(conf, overrides=tuple(said))


def for_legacy(conf: ResolvConf, has_ipv6: int) -> ResolvConf:
    """For a network without the internal resolver: servers a container cannot reach are left out (`TransformForLegacyNw`)."""
    conf = attrs.evolve(conf, transform="legacy")
    if "nameservers" in conf.overrides:
        return conf
    reachable = tuple(server for server in conf.servers if not is_loopback(server) and (has_ipv6 or ":" not in server))
    if reachable:
        return attrs.evolve(conf, servers=reachable)
    return attrs.evolve(conf, servers=DEFAULTS4 + (DEFAULTS6 if has_ipv6 else ()), used_defaults=1)


def for_internal(conf: ResolvConf, required: Sequence[str], *, from_host: int, has_ipv6: int) -> ResolvConf:
    """For a network with the internal resolver, which asks the file's servers (`TransformForIntNS`).

    `from_host` 1 (28): all servers of the host's file are asked from the host; 0 (27): only those a container could not reach, and there are
    defaults when the file names none.
    """
    overridden = "nameservers" in conf.overrides
    servers, defaults = conf.servers, 0
    if not servers and not from_host and not overridden:
        servers, defaults = DEFAULTS4 + (DEFAULTS6 if has_ipv6 else ()), 1
    external = []
    for server in servers:
        address = address_of(server)
        if address is not None:
            is_far = bool(from_host) or is_loopback(server) or (isinstance(address, IPv6) and not has_ipv6)
            external.append(Upstream(address, int(is_far and not overridden and not defaults)))
    options = list(conf.options)
    ndots_from = conf.ndots_from
    for option in required:
        name = option.partition(":")[0]
        if not any(known.partition(":")[0] == name for known in options):
            options.append(option)
            ndots_from = "internal" if name == "ndots" else ndots_from
    return attrs.evolve(
        conf,
        servers=(INTERNAL,),
        options=tuple(options),
        transform="internal resolver",
        external=tuple(external),
        used_defaults=defaults,
        ndots_from=ndots_from,
    )
