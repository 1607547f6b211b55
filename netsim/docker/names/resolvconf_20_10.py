"""A container's resolv.conf as 20.10 writes it: plain lines (`libnetwork/resolvconf`)."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.docker.names.resolvconf import INTERNAL, address_of, is_loopback, read
from netsim.docker.names.server import Upstream

DEFAULTS = "\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n"


def built(servers: Sequence[str], search: Sequence[str], options: Sequence[str]) -> str:
    """Search list, servers, options (`resolvconf.Build`)."""
    lines = ["search " + " ".join(search)] if search and tuple(search) != (".",) else []
    lines += [f"nameserver {server}" for server in servers]
    lines += ["options " + " ".join(options)] if options else []
    return "".join(f"{line}\n" for line in lines)


def copied(text: str, servers: Sequence[str] | None, search: Sequence[str] | None, options: Sequence[str] | None, *, is_host: int) -> str:
    """The host's file without servers that a container cannot reach; once anything is asked for, built anew of everything."""
    host = read(text, "")
    if servers is not None or search is not None or options is not None:
        return built(servers or host.servers, host.search if search is None else search, host.options if options is None else options)
    if is_host:
        return text
    kept = [line for line in text.splitlines() if not _is_unreachable(line)]
    body = "".join(f"{line}\n" for line in kept)
    return body if read(body, "").servers else body + DEFAULTS


def _is_unreachable(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and words[0] == "nameserver" and (is_loopback(words[1]) or ":" in words[1])


def rebuilt(current: str, options: Sequence[str] | None) -> str:
    """The same file with the internal name server in the others' place (`sandbox.rebuildDNS`)."""
    conf = read(current, "")
    own = list(conf.options if options is None else options)
    if not any(option.startswith("ndots:") for option in own):
        own.append("ndots:0")
    return built([INTERNAL], conf.search, own)


def servers_of(text: str, asked: Sequence[str] | None) -> tuple[Upstream, ...]:
    """Whom the internal name server asks: those asked for, or the host's, loopback ones from the host; the defaults if there are none."""
    servers = tuple(asked) if asked is not None else read(text, "").servers
    found = []
    for server in servers or ("8.8.8.8", "8.8.4.4"):
        address = address_of(server)
        if address is not None:
            found.append(Upstream(address, int(asked is None and is_loopback(server))))
    return tuple(found)
