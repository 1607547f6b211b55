"""What is looked at after every draw, and what of it may differ: numbers and names that the daemon makes up."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import attrs

from tests.docker_real.drawn import CONTAINERS, NETWORKS
from tests.real.machine import Answer

HOST = (
    "sleep 1",
    "docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}} {{.Ports}}'",
    "docker network ls --no-trunc --format '{{.ID}} {{.Name}} {{.Driver}} {{.Internal}}'",
    "docker inspect $(docker ps -aq)",
    "docker network inspect $(docker network ls -q)",
    "ip -o link",
    "ip -o -4 addr",
    "ip -o -6 addr show scope global",
    "ip route show table all",
    "iptables-save -t filter",
    "iptables-save -t nat",
    "iptables-save -t mangle",
    "iptables-save -t raw",
    "ip6tables-save",
    "ss -Hltun",
    "ps -eo args | grep docker-proxy",
    "sysctl net.ipv4.ip_forward net.ipv4.conf.all.forwarding net.ipv6.conf.all.forwarding",
)
QUIET = """pending() {
  ip -o -6 addr show tentative -dadfailed | while read -r number dev rest; do ip link show "$dev" | grep -q LOWER_UP && echo "$dev"; done
}
for round in $(seq 60); do
  [ -z "$(pending)" ] && exit
  sleep 0.05
done"""
"""Until the kernel has asked for every address whether others have it, three seconds at most: under load a probe is late, and `tentative` would be seen."""
INSIDE = ("ip -o link", "ip -o -4 addr", "ip -o -6 addr show scope global", "ip route", "cat /etc/hosts", "cat /etc/resolv.conf", "hostname")
IDS = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b")
VETHS = re.compile(r"\bveth[0-9a-f]{7}\b")
MACS = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
INDEXES = re.compile(r"^\d+: |@if\d+|link-netnsid \d+", re.MULTILINE)
PORTS = re.compile(r"\b(3[2-9]\d{3}|[45]\d{4}|6[0-5]\d{3})\b")
TIMES = re.compile(r"time=[\d.]+ ms|= [\d.]+/[\d.]+/[\d.]+ ms|\b(valid_lft|preferred_lft) \w+ ?|expires \d+sec|time=\"[^\"]*\"")
RANDOM = re.compile(r"(?<![.\w])[a-z]+_[a-z]+(?![\w.=])")
"""Names of containers that nobody named."""
STAMPS = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4} \w+)?")


@attrs.define
class Names:
    """Ids and names that were made up, by when they were first seen."""

    seen: dict[str, str] = attrs.field(factory=dict)

    def named(self, found: re.Match[str]) -> str:
        """A stable name for one; the short form of an id has the same."""
        word = found.group()
        key = word[:12]
        if key.isdigit():
            return word
        name = self.seen.setdefault(key, f"<{len(self.seen)}>")
        return name + ("+" if len(word) > 12 else "")

    def plain(self, text: str) -> str:
        """A text without what was made up."""
        text = RANDOM.sub("random_name", VETHS.sub("veth", IDS.sub(self.named, text)))
        text = re.sub(r"127\.0\.0\.11:\d+", "127.0.0.11:PORT", text)
        return STAMPS.sub("DATE", TIMES.sub("", INDEXES.sub("N ", text)))


def shown(names: Names, line: str, answer: Answer) -> tuple[str, str, int]:
    """One answer as it is compared."""
    if line in HOST and "inspect" in line:
        return as_data(names.plain(as_data(answer.stdout))), names.plain(answer.stderr), answer.status
    out = names.plain(answer.stdout)
    if line.startswith("docker exec"):
        out = MACS.sub(made_up, out)
    if "network prune" in line:
        out = "\n".join(sorted(out.splitlines()))  # the daemon goes through a map
    if line in HOST:
        out = tidied(line, out)
    return out, names.plain(answer.stderr), answer.status


def made_up(found: re.Match[str]) -> str:
    """An address that is not made from an IPv4 one: devices of the host, seen in its own namespace, have some."""
    return found.group() if found.group().startswith(("02:42:ac:1", "02:42:0a", "02:42:c0:a8", "ff:", "00:")) else "MAC"


def tidied(line: str, text: str) -> str:
    """An answer of `HOST` without addresses of bridges, counters, process numbers and the order of what has none."""
    text = MACS.sub("MAC", text)
    lines = [re.sub(r"\[\d+:\d+\]", "", one) for one in text.splitlines() if not one.startswith("#")]
    if line.startswith("ps"):
        lines = sorted(one for one in lines if "grep" not in one)
    if line.startswith("ss"):
        lines = sorted(" ".join((one.split()[0], one.split()[4])) for one in lines)
    if line.startswith("ip route"):
        lines = sorted(one for one in lines if not re.search(r"fe80::|ff00::", one))
    return "\n".join(lines)


FORGET = {
    "Pid",
    "GraphDriver",
    "Image",
    "Created",
    "StartedAt",
    "FinishedAt",
    "SandboxID",
    "SandboxKey",
    "ResolvConfPath",
    "HostnamePath",
    "HostsPath",
    "LogPath",
    "Path",
    "Platform",
}
"""Fields of no interest, or which netsim has otherwise by nature."""


def as_data(text: str) -> str:
    """JSON with its maps in order and without moments and process numbers."""
    try:
        read = json.loads(text)
    except ValueError:
        return text
    return json.dumps(without(read), indent=1, sort_keys=True)


def without(value: object) -> object:
    """The same less `FORGET`; bridges get addresses at random."""
    if isinstance(value, dict):
        return {key: "ENDPOINT" if key == "EndpointID" and one else without(one) for key, one in value.items() if key not in FORGET}
    return [without(one) for one in value] if isinstance(value, list) else value


def running(answer: Answer) -> list[str]:
    """Names of running containers of the first look."""
    return sorted(line.split()[1] for line in answer.stdout.splitlines() if " running " in line)


def addresses(text: str) -> list[str]:
    """IPv4 addresses of endpoints and gateways in the views of networks."""
    return sorted(set(re.findall(r'"(?:IPv4Address|Gateway)": "([\d.]+)', text)) | {"192.0.2.1", "192.0.2.2"})


def inside(names: Sequence[str]) -> list[str]:
    """Lines about what each container sees."""
    return [f"docker exec {name} sh -c '{'; '.join(f'echo == {look}; {look}' for look in INSIDE)}'" for name in names]


def ping_lines(names: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Who reaches whom, as many lines as there are answers."""
    sources = [(name, f"nsenter -t $(docker inspect -f '{{{{.State.Pid}}}}' {name}) -n") for name in names] + [
        ("outside", "ip netns exec outside"),
        ("vm", ""),
    ]
    return [f"for t in {' '.join(targets)}; do ({way} ping -c1 -W1 $t >/dev/null 2>&1; echo {name} $t $?) & done; wait" for name, way in sources]


def name_lines(names: Sequence[str]) -> list[str]:
    """Who finds whom by name."""
    asked = " ".join((*CONTAINERS, "www", "store"))
    return [f"docker exec {name} sh -c 'for n in {asked}; do (ping -c1 -W1 $n >/dev/null 2>&1; echo {name} $n $?) & done; wait'" for name in names]


def port_lines(names: Sequence[str], ports: Sequence[str]) -> list[str]:
    """Who is answered on published ports, by the name of the server."""
    sources = [(name, f"nsenter -t $(docker inspect -f '{{{{.State.Pid}}}}' {name}) -n") for name in names] + [
        ("outside", "ip netns exec outside"),
        ("vm", ""),
    ]
    wanted = [f"{address}:{port}" for port in ports for address in ("192.0.2.1", "127.0.0.1", "172.17.0.1")]
    return [
        f"for t in {' '.join(wanted)}; do (echo {name} $t $(timeout 2 {way} busybox wget -qO- http://$t/nosuch 2>&1)) & done; wait" for name, way in sources
    ] if wanted else []  # fmt: skip


def published(text: str) -> list[str]:
    """Host ports of TCP in `docker ps`."""
    return sorted(set(re.findall(r":(\d+)->\d+/tcp", text)))


CLEANING = (
    "docker rm -fv $(docker ps -aq)",
    f"docker network rm {' '.join(NETWORKS)} >/dev/null 2>&1; docker network prune -f",
)
BARE = (
    "docker ps -a --format '{{.Names}}'", "docker network ls --format '{{.Name}}'", "ip -o link", "ip -o -4 addr", "iptables-save", "ss -Hltun", "pgrep -x docker-proxy | wc -l",
    "ls -l /run/docker/netns 2>/dev/null | grep '^-r--r--r--' | grep -v default",
)  # fmt: skip
"""Must be as at the beginning once everything is removed. Files of namespaces that are gone stay until the daemon tidies up, once a minute."""


def bare(answers: Sequence[Answer]) -> list[str]:
    """What `BARE` showed, without what counts upwards."""
    return [
        re.sub(r"\[\d+:\d+\]|^#.*$|MAC|NO-CARRIER,|,LOWER_UP|state \w+", "", MACS.sub("MAC", INDEXES.sub("", answer.stdout)), flags=re.MULTILINE)
        for answer in answers
    ]
