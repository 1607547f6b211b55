"""Virtual services (IPVS): what balances them, and its settings."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from netsim.commands.ipvsadm.show import Look, in_order, saved
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.ipvs.ctl import services_of
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.ipvs import IpvsConf
from netsim.replay.operations import LoadServices, Operation, SetSysctls
from netsim.replay.sites import Site, Sites

IPVS = "ip_vs"
"""What a kernel must have for it, beside kinds of devices."""


def balancing(sites: Sites) -> Iterator[Operation]:
    """Services before the settings, which come with the module that the first service has loaded."""
    for site, netns in sites.with_netns():
        if has_services(netns):
            yield LoadServices(site.name, ("ipvsadm", "-R"), services_text(site, netns))
            words = tuple(f"net.ipv4.vs.{name}={value}" for name, value in _changed(state_of(netns).ipvs.conf))
            if words:
                yield SetSysctls(site.name, words)


def has_services(netns: Netns) -> bool:
    """Whether a namespace balances anything."""
    return netns.netfilter is not None and bool(state_of(netns).ipvs.services or state_of(netns).ipvs.marked)


def services_text(site: Site, netns: Netns) -> str:
    """Every service and destination, as `ipvsadm -S -n` writes them."""
    assert site.machine is not None
    return saved(Look(site.machine.init, is_numeric=True), in_order(services_of(netns)))


def _changed(conf: IpvsConf) -> Iterator[tuple[str, int]]:
    fresh = IpvsConf()
    for field in attrs.fields(IpvsConf):
        if getattr(conf, field.name) != getattr(fresh, field.name):
            yield field.name, getattr(conf, field.name)
