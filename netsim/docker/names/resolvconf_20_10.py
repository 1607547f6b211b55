"""A container's resolv.conf as 20.10 writes it: plain lines (`libnetwork/resolvconf`)."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.docker.names.resolvconf import INTERNAL, ResolvConf, address_of, is_loopback, read
from netsim.docker.names.server import Upstream

FOUR = "\nnameserver 8.8.8.8\nnameserver 8.8.4.4"
SIX = "\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844"
"""What stands in for servers, without the end of the last line."""


def built(servers: Sequence[str], search: Sequence[str], options: Sequence[str]) -> str:
    """Search list, servers, options (`resolvconf.Build`)."""
    lines = ["search " + " ".join(search)] if search and tuple(search) != (".",) else []
    lines += [f"nameserver {server}" for server in servers]
    said = " ".join(options)
    lines += [f"options {said}"] if said.strip(" ") else []
    return "".join(f"{line}\n" for line in lines)


def copied(
    text: str, servers: Sequence[str] | None, search: Sequence[str] | None, options: Sequence[str] | None, *, is_host: int, has_ipv6: int = 0
) -> str:
    """The host's file without servers that a container cannot reach; once anything is asked for, built anew of everything."""
    host = _read(text)
    if servers is not None or search is not None or options is not None:
        return built(servers or host.servers, host.search if search is None else search, host.options if options is None else options)
    if is_host:
        return text
    body = "".join(f"{line}\n" for line in text.splitlines() if not _is_near(line))
    if not read(body, "").servers:
        return body + FOUR + (SIX if has_ipv6 else "\n")
    if has_ipv6:
        return body
    body = "".join(f"{line}\n" for line in body.splitlines() if not _is_ipv6(line))
    return body if read(body, "").servers else body + FOUR


def _read(text: str) -> ResolvConf:
    """Its regular expressions know no `domain`."""
    return read("".join(f"{line}\n" for line in text.splitlines() if line.split()[:1] != ["domain"]), "")


def _is_near(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and words[0] == "nameserver" and is_loopback(words[1])


def _is_ipv6(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and words[0] == "nameserver" and ":" in words[1]


def rebuilt(current: str, options: Sequence[str] | None, keeps_ipv6: int = 0) -> str:
    """The same file with the internal name server in the place of the others; of those that have IPv4 addresses where the network has IPv6 or
    something was asked for (`sandbox.updateDNS`, `sandbox.rebuildDNS`)."""
    conf = _read(current)
    own = [option for option in (conf.options if options is None else options) if option]
    if not any(option.startswith("ndots:") for option in own):
        own.append("ndots:0")
    return built([INTERNAL, *[server for server in conf.servers if keeps_ipv6 and ":" in server]], conf.search, own)


def servers_of(text: str, asked: Sequence[str] | None) -> tuple[Upstream, ...]:
    """Whom the internal name server asks: those asked for, or the host's, loopback ones from the host; the defaults if there are none."""
    servers = tuple(asked) if asked is not None else read(text, "").servers
    found = []
    for server in servers or ("8.8.8.8", "8.8.4.4"):
        address = address_of(server)
        if address is not None:
            found.append(Upstream(address, int(asked is None and is_loopback(server))))
    return tuple(found)
