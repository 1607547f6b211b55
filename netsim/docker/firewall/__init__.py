"""What bridge networks want of the packet filter (`wants`), and how each release writes it."""

from __future__ import annotations

from collections.abc import Mapping

from netsim.docker.firewall import iptabler
from netsim.docker.firewall.bysets import BySets
from netsim.docker.firewall.inserted import Inserted
from netsim.docker.firewall.iptabler import Iptabler
from netsim.docker.firewall.nftabler import Nftabler
from netsim.docker.firewall.off import Off
from netsim.docker.firewall.writer import Firewall, Runner
from netsim.docker.profile import EngineProfile
from netsim.docker.settings import DaemonOptions

NO_RAW = "DOCKER_INSECURE_NO_IPTABLES_RAW"
LAYOUTS = {"v28_0_0": iptabler.V28_0, "v28_0": iptabler.V28_0, "v28_2": iptabler.V28_2, "v28": iptabler.V28, "v29": iptabler.V29}


def firewall_for(profile: EngineProfile, options: DaemonOptions, run: Runner, environment: Mapping[str, str]) -> Firewall:
    """What writes the rules of a release with these options; `environment` is the daemon's, whose switch for the raw table counts too."""
    if not options.iptables:
        return Off(run)
    hairpin = int(not options.userland_proxy)
    if options.firewall_backend == "nftables":
        return Nftabler(run, hairpin, options.allow_direct_routing)
    if profile.firewall in LAYOUTS:
        has_ipv6 = int(options.ip6tables is None or options.ip6tables)
        leaves_raw = int(environment.get(NO_RAW) == "1")
        writer = BySets if profile.firewall == "v28_0_0" else Iptabler
        return writer(run, LAYOUTS[profile.firewall], hairpin, options.allow_direct_routing, has_ipv6=has_ipv6, leaves_raw=leaves_raw)
    has_ipv6 = int(options.ip6tables or 0) if profile.firewall == "v20_10" else int(options.ip6tables is None or options.ip6tables)
    return Inserted(
        run, hairpin, has_ipv6, int(has_ipv6 and profile.always_drops_ipv6_forward), profile.has_ipv6_user_chain, int(profile.firewall != "v20_10")
    )
