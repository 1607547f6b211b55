"""Settings (sysctls) that are not what a fresh namespace or device has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv6.sysctl import IPV6_DEFAULTS, default_of
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.sysctl import CONNTRACK_GLOBAL, IPV4_DEFAULTS, OTHER_DEFAULTS, READ_ONLY
from netsim.kernel.tables.conntrack import ConntrackConf
from netsim.kernel.tables.inet import FIRST_CONF, Ipv4Conf
from netsim.kernel.tables.inet6 import FIRST_CONF6, FIRST_CONF6_ALL, FIRST_PARMS6
from netsim.kernel.tables.neigh import FIRST_PARMS
from netsim.kernel.tables.settings import having
from netsim.kernel.tables.xtables import BridgeConf
from netsim.replay.operations import Operation, SetDeviceSysctls, SetSysctls
from netsim.replay.sites import Sites

NATURAL = {("accept_dad", -1), ("use_tempaddr", -1), ("accept_dad", 0)}
"""What kinds of devices have without being told."""
DERIVED = READ_ONLY | {"mtu", "forwarding"}
MACHINE_WIDE = ("net/core/rmem", "net/core/wmem", "net/core/netdev_max_backlog", "net/core/default_qdisc", "net/netfilter/nf_log_all_netns")
"""Settings no namespace has for itself."""
BRIDGE_NAMES = {field.name: f"net.bridge.bridge-nf-{field.name.replace('_', '-')}" for field in attrs.fields(BridgeConf)}


def settings(sites: Sites) -> Iterator[Operation]:
    """Those of whole namespaces, before there are devices."""
    for site, netns in sites.with_netns():
        words = [*_ipv4(netns), *_ipv6(netns), *_others(netns)]
        if words:
            yield SetSysctls(site.name, tuple(words))


def _ipv4(netns: Netns) -> Iterator[str]:
    state = netns.inet
    if state.conf_all.forwarding:
        yield f"net.ipv4.ip_forward={state.conf_all.forwarding}"
    router = Ipv4Conf(accept_redirects=0 if state.conf_all.forwarding else 1)
    for place, conf, fresh in (("all", state.conf_all, router), ("default", state.conf_default, FIRST_CONF)):
        for name, value in _changed(conf, fresh):
            if name not in DERIVED:
                yield f"net.ipv4.conf.{place}.{name}={value}"
    if state.conf_default.forwarding != state.conf_all.forwarding:
        yield f"net.ipv4.conf.default.forwarding={state.conf_default.forwarding}"
    for name, value in _changed(state.arp_default, FIRST_PARMS):
        yield f"net.ipv4.neigh.default.{name}={value}"
    for name, value in state.sysctl.items():
        if str(value) != IPV4_DEFAULTS.get(name, ""):
            yield f"net.ipv4.{name.replace('/', '.')}={value}"


def _ipv6(netns: Netns) -> Iterator[str]:
    state = netns.inet6
    if state.conf_all.forwarding:
        yield f"net.ipv6.conf.all.forwarding={state.conf_all.forwarding}"
    if state.conf_all.disable_ipv6:
        yield f"net.ipv6.conf.all.disable_ipv6={state.conf_all.disable_ipv6}"
    for place, conf, fresh in (("all", state.conf_all, FIRST_CONF6_ALL), ("default", state.conf_default, FIRST_CONF6)):
        for name, value in _changed(conf, having(fresh, disable_ipv6=state.conf_all.disable_ipv6)):
            if name not in DERIVED:
                yield f"net.ipv6.conf.{place}.{name}={value}"
    if state.conf_default.forwarding != state.conf_all.forwarding:
        yield f"net.ipv6.conf.default.forwarding={state.conf_default.forwarding}"
    for name, value in _changed(state.nd_default, FIRST_PARMS6):
        yield f"net.ipv6.neigh.default.{name}={value}"


def _others(netns: Netns) -> Iterator[str]:
    for path, value in netns.inet6.sysctl.items():
        default = default_of(netns, path) if path in IPV6_DEFAULTS else OTHER_DEFAULTS.get(path, "")
        if str(value) != default and not path.startswith(MACHINE_WIDE):
            yield f"{path.replace('/', '.')}={value}"
    if netns.netfilter is None:
        return
    state = state_of(netns)
    for name, value in _changed(state.conntrack.conf, ConntrackConf()):
        if name not in CONNTRACK_GLOBAL:
            yield f"net.netfilter.nf_conntrack_{name}={value}"
    for name, value in _changed(state.bridge, BridgeConf(hung=state.bridge.hung)):
        yield f"{BRIDGE_NAMES[name]}={value}"


def machine_wide(netns: Netns) -> list[str]:
    """Changed settings that belong to the whole machine and are left alone."""
    found = [path for path, value in netns.inet6.sysctl.items() if path.startswith(MACHINE_WIDE) and str(value) != OTHER_DEFAULTS.get(path, "")]
    if netns.netfilter is not None:
        changed = dict(_changed(state_of(netns).conntrack.conf, ConntrackConf()))
        found += [f"net/netfilter/nf_conntrack_{name}" for name in changed if name in CONNTRACK_GLOBAL]
    return [path.replace("/", ".") for path in found]


def device_settings(sites: Sites) -> Iterator[Operation]:
    """Those of single devices, where they are not what the namespace gives new ones."""
    for site, netns in sites.with_netns():
        for _, dev in sorted(netns.devices.items()):
            words = [*_device4(netns, dev), *_device6(netns, dev)]
            if words:
                yield SetDeviceSysctls(site.name, tuple(words))


def _device4(netns: Netns, dev: NetDevice) -> Iterator[str]:
    if dev.inet is None:
        return
    name = dev.name.replace(".", "/")
    for setting, value in _changed(dev.inet.conf, netns.inet.conf_default):
        yield f"net.ipv4.conf.{name}.{setting}={value}"
    for setting, value in _changed(dev.inet.arp, netns.inet.arp_default):
        yield f"net.ipv4.neigh.{name}.{setting}={value}"


def _device6(netns: Netns, dev: NetDevice) -> Iterator[str]:
    if dev.inet6 is None:
        return
    name = dev.name.replace(".", "/")
    for setting, value in _changed(dev.inet6.conf, netns.inet6.conf_default):
        if (setting, value) not in NATURAL and setting != "mtu":
            yield f"net.ipv6.conf.{name}.{setting}={value}"
    for setting, value in _changed(dev.inet6.nd, netns.inet6.nd_default):
        yield f"net.ipv6.neigh.{name}.{setting}={value}"


def _changed(conf: Any, fresh: Any) -> Iterator[tuple[str, Any]]:
    before = _values(fresh)
    for name, value in _values(conf).items():
        if value != before[name]:
            yield name, value


def _values(conf: Any) -> Mapping[str, Any]:
    return {field.name: getattr(conf, field.name) for field in attrs.fields(type(conf))}
