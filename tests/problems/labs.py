"""What each lab of examples/problems is asked, and what the answer must be before and after its cure."""

from __future__ import annotations

from pathlib import Path

import attrs

import netsim
from netsim import labs

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "problems"


@attrs.frozen
class Lab:
    """A folder, the question its page asks (FROM, TO, bytes), the reason before the cure, a word of what decided, and the reason after."""

    folder: str
    source: str
    target: str
    code: str
    cause: str = ""
    size: int = 0
    cured: str = "reached"

    def play(self) -> netsim.World:
        return self._play("lab.sh", None)

    def cure(self, world: netsim.World) -> None:
        self._play("cure.sh", world)

    def _play(self, script: str, world: netsim.World | None) -> netsim.World:
        made, done = labs.play(str(FOLDER / self.folder / script), world)
        assert not done.status, done
        assert made.unmodelled == []
        return made

    def explain(self, world: netsim.World) -> netsim.Explanation:
        return netsim.explain(world, self.source, self.target, size=self.size)

    @property
    def question(self) -> str:
        size = f" --size {self.size}" if self.size else ""
        return f"netsim explain examples/problems/{self.folder}/lab.sh {self.source} {self.target}{size}"


LABS = (
    Lab("01-network-shadows-vpn", "laptop", "172.18.40.10:443", "docker-shadows", "(network app) goes before 172.16.0.0/12 via 10.8.0.1 dev vpn"),
    Lab("02-address-pools-exhausted", "client", "web:80", "container-not-running"),
    Lab("03-published-port-passes-ufw", "stranger", "203.0.113.10:5432", "reached", "postgres", cured="rule-drop"),
    Lab("04-routed-peers-after-28", "pc", "10.28.0.10:80", "docker-unpublished", "raw PREROUTING"),
    Lab("05-loopback-port-from-lan", "guest", "10.27.0.10:80", "reached", "nginx", cured="rule-drop"),
    Lab("06-forward-policy-drop", "vm", "203.0.113.1", "policy-drop", "filter FORWARD policy"),
    Lab("07-bridge-netfilter", "vm1", "192.168.50.2", "bridge-netfilter", "bridge-nf-call-iptables = 1"),
    Lab("08-firewall-reload-wipes-rules", "app", "203.0.113.1:80", "docker-rules-gone", "filter FORWARD policy"),
    Lab("09-container-to-host-service", "app2", "host.docker.internal:5432", "listener-elsewhere", "only 127.0.0.1:5432 of nc"),
    Lab("10-other-networks-published-port", "web", "192.168.7.2:8080", "docker-isolated", "DOCKER-ISOLATION-STAGE-2"),
    Lab("11-hairpin", "web", "192.168.7.2:8080", "port-isolated", "hairpin off"),
    Lab("12-wrong-client-address", "client", "[2001:db8::10]:80", "reached-by-relay", "nginx"),
    Lab("13-mtu-black-hole", "app", "10.50.0.2:443", "too-big", "mtu 1400", size=3000),
    Lab("14-overlay-ports-blocked", "app", "db:80", "rule-drop", "-A INPUT -i eth0 -j DROP"),
    Lab("15-names-on-default-bridge", "web", "db:5432", "name-not-found", "web and db are on bridge"),
    Lab("16-resolver-on-loopback", "app", "wiki.intra.example:80", "name-server-silent", "--dport 53 -j DROP"),
    Lab("17-internal-network", "pc", "192.168.7.2:8080", "docker-internal", "back (internal)"),
    Lab("18-macvlan-and-its-host", "server", "192.168.7.200:80", "macvlan-parent", "192.168.7.200 is on eth0 of cam"),
    Lab("20-ipv6-without-ndp", "router", "[2001:db8:1:0:1::10]:80", "behind-neighbour", "asked for on eth0"),
)
