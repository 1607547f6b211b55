"""A world's state as lines, in the words of the tools that show it: what two worlds are compared by."""

from __future__ import annotations

import re

import attrs

from netsim.analysis.places import Place, engine_at, places
from netsim.api import World
from netsim.clock import SECOND
from netsim.commands.nft.listing import Look, table_text
from netsim.docker.engine.engine import Engine

COMMANDS = (
    ("devices", "ip -o -d link show"),
    ("addresses", "ip -o addr show"),
    ("routes", "ip route show table all"),
    ("routes", "ip -6 route show table all"),
    ("rules", "ip rule show"),
    ("rules", "ip -6 rule show"),
    ("neighbours", "ip neigh show nud permanent"),
    ("fdb", "bridge fdb show"),
    ("vlans", "bridge -o vlan show"),
    ("iptables", "iptables-save"),
    ("ip6tables", "ip6tables-save"),
    ("queues", "tc qdisc show"),
    ("sockets", "ss -Hlntu"),
    ("sysctls", "sysctl -a"),
)
"""Section and the command whose lines it holds."""
COUNTERS = re.compile(r"\[\d+:\d+\]")
SETTLING = 2 * SECOND
"""Virtual time that passes first: carriers and addresses just set are still on their way."""
VOLATILE = re.compile(r"^kernel\.random\.|^fs\.|nf_conntrack_count|^net\.ipv6\.conf\..*\.mtu = ")
NOISE = re.compile(
    r"\b(?:valid_lft|preferred_lft|expires) \S+|\bpromiscuity.* maxmtu \d+|\bnumtxqueues.*|_timer +[\d.]+|\b(?:port_id|port_no|designated_\S+) \S+"
    r"|\bhold (?=message_age|forward_delay|topology|config)|\bmessage_age (?!\d)|\bforward_delay (?!\d)|\b(?:topology_change_ack|config_pending) \d"
    r"|\blinkdown\b|\\"
)
"""Numbers that count, limits of the driver, what spanning tree says of itself."""
IMPLIED = {
    "routes": re.compile(r"\btable local proto kernel\b|^(?:multicast )?(?:fe80|ff00)::.* proto kernel\b|^anycast "),
    "addresses": re.compile(r" inet6 fe80::"),
    "queues": re.compile(r"^qdisc noqueue "),
    "vlans": re.compile(r"^(?:port |\S+ 1 PVID Egress Untagged$|$)"),
    "fdb": re.compile(r"^(?:33:33:|01:00:5e:)|^(?!.*\b(?:permanent|static)\b)"),
}
"""Lines that follow from others, by section: routes of addresses, default disciplines, groups, learnt entries."""
BLANKS = re.compile(r"\s+")
PER_DEVICE = re.compile(r"(?P<family>net\.\w+\.(?:conf|neigh))\.(?P<device>.+)\.(?P<name>\w+) = (?P<value>.*)")


@attrs.frozen
class Inventory:
    """Lines by place and section, in order."""

    sections: dict[tuple[str, str], tuple[str, ...]]


def inventory(world: World) -> Inventory:
    """Everything that was set in a world, taken in a fork; what was learnt, counted or drawn is left out."""
    trial = world.still()
    trial.run_for(SETTLING)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for place in places(trial):
        for section, lines in _lines(trial, place):
            found[place.name, section] = (*found.get((place.name, section), ()), *lines)
    for host in trial.hosts.values():
        engine = engine_at(host.machine)
        if engine is not None:
            found[host.name, "containers"] = tuple(_containers(engine))
            found[host.name, "networks"] = tuple(_networks(engine))
    return Inventory(found)


def _lines(trial: World, place: Place) -> list[tuple[str, tuple[str, ...]]]:
    host = trial.hosts[place.machine.name]
    own = frozenset(str(dev.address) for dev in place.netns.devices.values())
    told = [(section, _read(section, host.run(command, netns=place.netns).stdout, own)) for section, command in COMMANDS]
    state = place.netns.netfilter
    tables = state.nft.values() if state is not None else ()
    rules = [line.strip() for table in tables for line in table_text(table, Look(stateless=True)).splitlines() if line.strip()]
    return [*told, ("nftables", tuple(rules))]


def _read(section: str, text: str, own: frozenset[str]) -> tuple[str, ...]:
    """The lines of a listing without what only counts, follows from elsewhere or is a device's own address."""
    if section in ("iptables", "ip6tables"):
        return _filter_lines(text)
    lines = [BLANKS.sub(" ", NOISE.sub("", line)).strip() for line in text.splitlines()]
    implied = IMPLIED.get(section)
    if implied is not None:
        lines = [line for line in lines if not implied.search(line)]
    if section == "fdb":
        return tuple(sorted(line for line in lines if line.partition(" ")[0] not in own))
    return _settings(lines) if section == "sysctls" else tuple(lines)


def _settings(lines: list[str]) -> tuple[str, ...]:
    """Settings; those of single devices only where they are not the default."""
    split = [PER_DEVICE.fullmatch(line) for line in lines]
    default = {(match["family"], match["name"]): match["value"] for match in split if match is not None and match["device"] == "default"}
    kept = []
    for line, match in zip(lines, split, strict=True):
        is_default = (
            match is not None and match["device"] not in ("default", "all") and default.get((match["family"], match["name"])) == match["value"]
        )
        if not is_default and not VOLATILE.search(line):
            kept.append(line)
    return tuple(kept)


def _filter_lines(text: str) -> tuple[str, ...]:
    """Rules and policies, each with its table before it."""
    found, table = [], ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((":", "-A")):
            found.append(f"{table} {COUNTERS.sub('', line).strip()}")
    return tuple(found)


def _containers(engine: Engine) -> list[str]:
    """A line for each container: what it is, how it is, where it is attached."""
    lines = []
    for container in engine.containers.values():
        ends = container.sandbox.endpoints if container.sandbox is not None else []
        places_of = " ".join(f"{end.network.name}={end.interface.ipv4.address}" for end in ends if end.interface.ipv4 is not None)
        ports = " ".join(f"{known.host_ip}:{known.host_port}->{known.port.number}/{known.port.protocol}" for end in ends for known in end.mappings)
        lines.append(f"{container.name} {container.image.name} {container.state.status} {places_of} {ports}".rstrip())
    return sorted(lines)


def _networks(engine: Engine) -> list[str]:
    return sorted(
        f"{network.name} {network.driver.name} {' '.join(str(subnet.net) for subnet in network.subnets)}".rstrip()
        for network in engine.networks.values()
    )
