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
    is_old, has_ipv4 = int(profile.firewall == "v20_10"), options.iptables
    has_ipv6 = int(options.ip6tables if options.ip6tables is not None else not is_old)
    if not has_ipv4 and not has_ipv6:
        return Off(run)
    hairpin = int(not options.userland_proxy)
    if options.firewall_backend == "nftables":
        return Nftabler(run, hairpin, options.allow_direct_routing, has_ipv6=has_ipv6, has_ipv4=has_ipv4)
    if profile.firewall in LAYOUTS:
        leaves_raw = int(environment.get(NO_RAW) == "1")
        writer = BySets if profile.firewall == "v28_0_0" else Iptabler
        return writer(
            run, LAYOUTS[profile.firewall], hairpin, options.allow_direct_routing, has_ipv6=has_ipv6, leaves_raw=leaves_raw, has_ipv4=has_ipv4
        )
    isolates = int(has_ipv6 and profile.always_drops_ipv6_forward)
    return Inserted(run, hairpin, has_ipv6, isolates, profile.has_ipv6_user_chain, 1 - is_old, has_ipv4)
