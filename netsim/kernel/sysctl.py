"""net.* settings by name: where each lives, what it takes, and what changing it sets off (`sysctl_net_ipv4.c`, `devinet.c`, `addrconf.c`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from netsim.errors import EACCES, EBUSY, EINVAL, ENOENT, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vrf import has_shared_table
from netsim.kernel.inet.flow_keys import looks_inside
from netsim.kernel.ipv6.route import flush_cache as flush_cache6
from netsim.kernel.ipv6.sysctl import ACTING, IPV6_DEFAULTS, default_of, normal, set_conf
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.conntrack import ConntrackConf
from netsim.kernel.tables.inet import InDevice, Ipv4Conf
from netsim.kernel.tables.inet6 import Inet6Dev, Ipv6Conf
from netsim.kernel.tables.ipvs import IDLE as IPVS_IDLE
from netsim.kernel.tables.ipvs import IpvsConf
from netsim.kernel.tables.limits import LIMITS, MOST, NOT_ABOVE, NOT_BELOW
from netsim.kernel.tables.neigh import NeighParms
from netsim.kernel.tables.settings import Holder, having

IPV4_DEFAULTS: dict[str, str] = {
    "icmp_echo_enable_probe": "0", "icmp_echo_ignore_all": "0", "icmp_echo_ignore_broadcasts": "1", "icmp_errors_use_inbound_ifaddr": "0",
    "icmp_ignore_bogus_error_responses": "1", "icmp_ratelimit": "1000", "icmp_ratemask": "6168", "icmp_msgs_burst": "50",
    "icmp_msgs_per_sec": "1000", "igmp_link_local_mcast_reports": "1", "igmp_max_memberships": "20", "igmp_max_msf": "10", "igmp_qrv": "2",
    "ip_autobind_reuse": "0", "ip_default_ttl": "64", "ip_dynaddr": "0", "ip_early_demux": "1", "ip_forward_update_priority": "1",
    "ip_forward_use_pmtu": "0", "ip_local_port_range": "32768\t60999", "ip_local_reserved_ports": "", "ip_no_pmtu_disc": "0",
    "ip_nonlocal_bind": "0", "ip_unprivileged_port_start": "1024", "ipfrag_high_thresh": "4194304", "ipfrag_low_thresh": "3145728",
    "ipfrag_max_dist": "64", "ipfrag_secret_interval": "0", "ipfrag_time": "30", "fib_multipath_hash_fields": "7",
    "fib_multipath_hash_policy": "0", "fib_multipath_use_neigh": "0", "fib_notify_on_flag_change": "0", "fib_sync_mem": "524288",
    "fwmark_reflect": "0", "ping_group_range": "1\t0", "raw_l3mdev_accept": "1", "tcp_congestion_control": "cubic", "tcp_available_congestion_control": "reno cubic", "tcp_early_demux": "1",
    "tcp_ecn": "2", "tcp_fin_timeout": "60", "tcp_invalid_ratelimit": "500", "tcp_keepalive_intvl": "75", "tcp_keepalive_probes": "9", "tcp_keepalive_time": "7200",
    "tcp_l3mdev_accept": "0", "tcp_max_syn_backlog": "512", "tcp_mtu_probing": "0", "tcp_retries1": "3", "tcp_retries2": "15",
    "tcp_rmem": "4096\t131072\t33554432", "tcp_sack": "1", "tcp_syn_retries": "6", "tcp_synack_retries": "5", "tcp_syncookies": "1",
    "tcp_timestamps": "1", "tcp_tw_reuse": "2", "tcp_window_scaling": "1", "tcp_wmem": "4096\t16384\t4194304", "udp_l3mdev_accept": "0",
    "udp_rmem_min": "4096", "udp_wmem_min": "4096",
    "route/error_burst": "5000", "route/error_cost": "1000", "route/gc_elasticity": "8", "route/gc_interval": "60",
    "route/gc_min_interval": "0", "route/gc_min_interval_ms": "500", "route/gc_thresh": "-1", "route/gc_timeout": "300",
    "route/max_size": "2147483647", "route/min_adv_mss": "256", "route/min_pmtu": "552", "route/mtu_expires": "600",
    "route/redirect_load": "20", "route/redirect_number": "9", "route/redirect_silence": "20480",
    "neigh/default/gc_interval": "30", "neigh/default/gc_thresh1": "128", "neigh/default/gc_thresh2": "512", "neigh/default/gc_thresh3": "1024",
}  # fmt: skip
OTHER_DEFAULTS: dict[str, str] = {
    "net/core/somaxconn": "4096", "net/core/rmem_default": "212992", "net/core/rmem_max": "212992", "net/core/wmem_default": "212992",
    "net/core/wmem_max": "212992", "net/core/netdev_max_backlog": "1000", "net/core/default_qdisc": "pfifo_fast", "net/unix/max_dgram_qlen": "512",
    "net/netfilter/nf_log_all_netns": "0",
    **IPV6_DEFAULTS,
}  # fmt: skip
VRF_STRICT = ("net", "vrf", "strict_mode")
FLUSH_ROUTES6 = ("net", "ipv6", "route", "flush")
"""Written to, never read: forgets what was learnt about destinations."""
IDLE_CONF = frozenset(
    (
        "accept_ra_min_lft", "accept_source_route", "bootp_relay", "disable_policy", "disable_xfrm", "force_igmp_version",
        "force_tllao", "igmpv2_unsolicited_report_interval", "igmpv3_unsolicited_report_interval", "max_desync_factor", "medium_id",
        "mldv1_unsolicited_report_interval", "ra_honor_pio_life", "ra_honor_pio_pflag", "regen_max_retry", "regen_min_advance",
        "router_probe_interval", "secure_redirects", "suppress_frag_ndisc", "temp_prefered_lft", "temp_valid_lft", "use_optimistic",
    )
)  # fmt: skip
"""Settings of a device, or of all, that nothing here reads; a change is reported."""
FOR_OTHERS = frozenset(["ip_unprivileged_port_start", "ping_group_range"])
"""What only binds those who are not root: here everybody is, so nothing is left out. Docker sets both in every container."""
WITH_EFFECT = frozenset(
    [
        "icmp_echo_ignore_all",
        "icmp_echo_ignore_broadcasts",
        "icmp_errors_use_inbound_ifaddr",
        "icmp_ratelimit",
        "icmp_ratemask",
        "icmp_msgs_burst",
        "icmp_msgs_per_sec",
        "ip_default_ttl",
        "ip_early_demux",
        "ip_local_port_range",
        "ip_no_pmtu_disc",
        "ip_nonlocal_bind",
        "ipfrag_time",
        "fib_multipath_hash_policy",
        "fib_multipath_hash_fields",
        "fwmark_reflect",
        "tcp_early_demux",
        "tcp_invalid_ratelimit",
        "tcp_syn_retries",
        "route/error_burst",
        "route/error_cost",
        "route/gc_timeout",
        "route/min_pmtu",
        "route/mtu_expires",
        "route/redirect_load",
        "route/redirect_number",
        "route/redirect_silence",
    ]
)
READ_ONLY = frozenset({"mc_forwarding", "fib_sync_mem_ro", "nf_conntrack_count", "tcp_available_congestion_control"})
CONNTRACK = "nf_conntrack_"
BRIDGE_NF = ("call-arptables", "call-ip6tables", "call-iptables", "filter-pppoe-tagged", "filter-vlan-tagged", "pass-vlan-input-dev")
IPVS = "ip_vs"
IPVS_TEXTS = {"sync_threshold": "3\t50"}
CONNTRACK_GLOBAL = frozenset({"max", "buckets", "expect_max"})
TIME_MS = {"retrans_time_ms", "base_reachable_time_ms", "interval_probe_time_ms"}
_NEIGH_NAMES = {
    "app_solicit", "base_reachable_time_ms", "delay_first_probe_time", "gc_stale_time", "interval_probe_time_ms", "locktime", "mcast_resolicit",
    "mcast_solicit", "anycast_delay", "proxy_delay", "proxy_qlen", "retrans_time_ms", "ucast_solicit", "unres_qlen", "unres_qlen_bytes",
    "base_reachable_time", "retrans_time",
}  # fmt: skip
_ALIASES = {"base_reachable_time": ("base_reachable_time_ms", 1000), "retrans_time": ("retrans_time_ms", 10)}


def _conf_names(kind: type) -> list[str]:
    return [field.name for field in attrs.fields(kind)]


def parts(netns: Netns) -> Iterator[tuple[str, ...]]:
    """Every setting of a namespace as the parts of its path below /proc/sys."""
    devices = [dev.name for dev in netns.devices.values()]
    for place in ("all", "default", *devices):
        for name in _conf_names(Ipv4Conf):
            yield "net", "ipv4", "conf", place, name
    for place in ("default", *devices) if netns is netns.kernel.init_net else devices:
        for name in sorted(_NEIGH_NAMES):
            yield "net", "ipv4", "neigh", place, name
            yield "net", "ipv6", "neigh", place, name
    yield "net", "ipv4", "ip_forward"
    for name in IPV4_DEFAULTS:
        path = "net", "ipv4", *name.split("/")
        if not _is_elsewhere(netns, path):
            yield path
    for place in ("all", "default", *devices):
        for name in _conf_names(Ipv6Conf):
            yield "net", "ipv6", "conf", place, name
    for name in (*_conf_names(ConntrackConf), "count"):
        yield "net", "netfilter", CONNTRACK + name
    for name in BRIDGE_NF:
        yield "net", "bridge", f"bridge-nf-{name}"
    if IPVS in netns.kernel.loaded_modules:
        for name in (*_conf_names(IpvsConf), *IPVS_TEXTS):
            yield "net", "ipv4", "vs", name
    if _knows_vrf(netns):
        yield VRF_STRICT
    for name in OTHER_DEFAULTS:
        if not _is_elsewhere(netns, parts_of := tuple(name.split("/"))):
            yield parts_of


def _is_elsewhere(netns: Netns, path: tuple[str, ...]) -> bool:
    """What neighbours have by default belongs to the first namespace alone (`arp_init`, `ndisc_init`)."""
    return path[2:4] == ("neigh", "default") and netns is not netns.kernel.init_net


def is_setting(netns: Netns, path: tuple[str, ...]) -> bool:
    """Whether a path names a setting."""
    try:
        _place(netns, path)
    except NetError:
        return False
    return True


def _place(netns: Netns, path: tuple[str, ...]) -> tuple[Any, str, int]:
    """The object, attribute and divisor a path stands for; an empty attribute: plain text by path. ENOENT."""
    if _is_elsewhere(netns, path):
        raise NetError(ENOENT)
    if len(path) == 5 and path[0] == "net" and path[1] in ("ipv4", "ipv6") and path[2] in ("conf", "neigh"):
        return _device_place(netns, path)
    if path == FLUSH_ROUTES6:
        return netns, "", 1
    if path == VRF_STRICT and _knows_vrf(netns):
        return netns, "vrf_strict_mode", 1
    if path == ("net", "ipv4", "ip_forward"):
        return Holder(netns.inet, "conf_all"), "forwarding", 1
    if path[:2] == ("net", "ipv4") and "/".join(path[2:]) in IPV4_DEFAULTS:
        return netns, "", 1
    if len(path) == 4 and path[:3] == ("net", "ipv4", "vs") and IPVS in netns.kernel.loaded_modules:
        return _ipvs_place(netns, path[3])
    if "/".join(path) in OTHER_DEFAULTS:
        return netns, "", 1
    if len(path) == 3 and path[:2] == ("net", "netfilter") and path[2].startswith(CONNTRACK):
        return _conntrack_place(netns, path[2].removeprefix(CONNTRACK))
    if len(path) == 3 and path[:2] == ("net", "bridge") and path[2].removeprefix("bridge-nf-") in BRIDGE_NF:
        return state_of(netns).bridge, path[2].removeprefix("bridge-nf-").replace("-", "_"), 1
    raise NetError(ENOENT)


def _knows_vrf(netns: Netns) -> bool:
    """Whether the module of VRFs is there (`vrf_netns_init_sysctl`)."""
    kernel = netns.kernel
    return netns.has_vrf_rules or "vrf" in kernel.loaded_modules or any(other.has_vrf_rules for other in kernel.namespaces)


def _conntrack_place(netns: Netns, name: str) -> tuple[Any, str, int]:
    """Settings of the tracker; the table's limits belong to the machine (`nf_conntrack_standalone_init_sysctl`)."""
    table = state_of(netns.kernel.init_net if name in CONNTRACK_GLOBAL else netns).conntrack
    if name == "count":
        return table, "count", 1
    if not hasattr(table.conf, name):
        raise NetError(ENOENT)
    return Holder(table, "conf"), name, 1


def _ipvs_place(netns: Netns, name: str) -> tuple[Any, str, int]:
    """Settings of virtual services (`ip_vs_control_net_init_sysctl`)."""
    conf = state_of(netns).ipvs.conf
    if name in IPVS_TEXTS:
        return netns, "", 1
    if not hasattr(conf, name):
        raise NetError(ENOENT)
    return conf, name, 1


def _is_read_only(netns: Netns, name: str) -> bool:
    if name.removeprefix(CONNTRACK) in CONNTRACK_GLOBAL and name.startswith(CONNTRACK):
        return netns is not netns.kernel.init_net
    return name in READ_ONLY


def _device_place(netns: Netns, path: tuple[str, ...]) -> tuple[Any, str, int]:
    _, family, kind, where, name = path
    if kind == "neigh" and ("/".join(path[2:]) in IPV4_DEFAULTS if family == "ipv4" else "/".join(path) in IPV6_DEFAULTS):
        return netns, "", 1
    holder = _holder(netns, family, kind, where)
    attribute, factor = _ALIASES.get(name, (name, 1)) if kind == "neigh" else (name, 1)
    if name == "retrans_time" and family == "ipv6":
        factor = 1000 // netns.kernel.profile.hz  # in ticks (`ndisc_ifinfo_sysctl_change`)
    if holder is None or (kind == "neigh" and name not in _NEIGH_NAMES) or not hasattr(holder.settings, attribute):
        raise NetError(ENOENT)
    return holder, attribute, factor


def _holder(netns: Netns, family: str, kind: str, where: str) -> Holder | None:
    state = netns.inet if family == "ipv4" else netns.inet6
    slot = "conf" if kind == "conf" else "arp" if family == "ipv4" else "nd"
    if where == "default" or (where == "all" and kind == "conf"):
        return Holder(state, f"{slot}_{where}")
    dev = netns.device(where)
    of_device = None if dev is None else dev.inet if family == "ipv4" else dev.inet6
    return None if of_device is None else Holder(of_device, slot)


def _value(holder: Any, attribute: str) -> Any:
    if not isinstance(holder, Holder):
        return getattr(holder, attribute)
    return holder.owner.mtu if attribute == "mtu" and isinstance(holder.owner, Inet6Dev) else getattr(holder.settings, attribute)


def _text_key(path: tuple[str, ...]) -> str:
    return "/".join(path[2:]) if path[:2] == ("net", "ipv4") else "/".join(path)


def split_name(netns: Netns, name: str) -> tuple[str, ...]:
    """The parts of a name written with dots or slashes; a device's name may hold dots itself."""
    if "/" in name:
        return tuple(name.strip("/").split("/"))
    words = name.split(".")
    for _at in range(3, len(words)):
        if words[:1] == ["net"] and len(words) > 5 and words[2] in ("conf", "neigh"):
            return (*words[:3], ".".join(words[3:-1]), words[-1])
        break
    return tuple(words)


def read(netns: Netns, name: str) -> str:
    """The value as /proc/sys shows it; ENOENT."""
    path = split_name(netns, name)
    holder, attribute, factor = _place(netns, path)
    if attribute:
        return str(_value(holder, attribute) // factor)
    key = _text_key(path)
    known = netns.inet.sysctl.get(key) if path[:2] == ("net", "ipv4") else netns.inet6.sysctl.get(key)
    if known is None and key in IPV6_DEFAULTS:
        return default_of(netns, key)
    return str(known if known is not None else IPV4_DEFAULTS.get(key, OTHER_DEFAULTS.get(key, IPVS_TEXTS.get(path[-1], ""))))


def is_read_only(netns: Netns, name: str) -> bool:
    """Whether a setting cannot even be opened for writing (`proc_sys_permission`)."""
    return _is_read_only(netns, split_name(netns, name)[-1])


def write(netns: Netns, name: str, text: str) -> None:
    """Set a value; ENOENT, EACCES for what is read only, EINVAL for what it cannot be."""
    path = split_name(netns, name)
    holder, attribute, factor = _place(netns, path)
    if _is_read_only(netns, path[-1]):
        raise NetError(EACCES)
    if path == FLUSH_ROUTES6:
        flush_cache6(netns)
        return
    netns.inet.rt_genid += 1
    if not attribute:
        _write_text(netns, path, text)
        return
    value = _number(text, path[-1])
    if path == VRF_STRICT and value and has_shared_table(netns):
        raise NetError(EBUSY)
    if _is_idle(holder, attribute) and value != _value(holder, attribute):
        netns.kernel.unmodelled.append(f"sysctl {'.'.join(path)}={value}")
    netns.stir()
    if not isinstance(holder, Holder):
        setattr(holder, attribute, value * factor)
        return
    settings = holder.settings
    if isinstance(settings, Ipv6Conf):
        set_conf(netns, holder, attribute, value)
    elif isinstance(settings, NeighParms | ConntrackConf):
        holder.change(attribute, value * factor)
        if isinstance(holder.owner, InDevice | Inet6Dev):
            holder.owner.drawn_for = 0
    elif attribute == "forwarding":
        _set_forwarding(netns, holder, value)
    else:
        _set_conf4(netns, path, holder, value)


def write_conf6(dev: NetDevice, name: str, value: int) -> None:
    """Set net.ipv6.conf.DEV.NAME to a number, as `write` does with the name and the text; ENOENT where the device has no IPv6."""
    if dev.inet6 is None:
        raise NetError(ENOENT)
    netns = dev.netns
    netns.inet.rt_genid += 1
    netns.stir()
    set_conf(netns, Holder(dev.inet6, "conf"), name, value)


def _is_idle(holder: Any, attribute: str) -> bool:
    """Whether nothing here asks for a setting, so that changing it is reported."""
    if isinstance(holder, IpvsConf):
        return attribute in IPVS_IDLE
    return attribute in IDLE_CONF and isinstance(holder, Holder) and isinstance(holder.settings, Ipv4Conf | Ipv6Conf)


def _set_conf4(netns: Netns, path: tuple[str, ...], holder: Holder, value: int) -> None:
    """Set net.ipv4.conf.DEV.NAME (`devinet_conf_proc`)."""
    attribute = path[-1]
    before = getattr(holder.settings, attribute)
    holder.change(attribute, value)
    _mark_explicit(netns, path)
    if holder.slot == "conf_default" and before != value:
        _propagate_default(netns, attribute, value)


def _mark_explicit(netns: Netns, path: tuple[str, ...]) -> None:
    """A value set on a device itself no longer follows the default."""
    dev = netns.device(path[3]) if len(path) == 5 and path[2] == "conf" else None
    if dev is not None and dev.inet is not None and path[1] == "ipv4" and path[4] not in dev.inet.explicit:
        dev.inet.explicit = (*dev.inet.explicit, path[4])


def _number(text: str, name: str) -> int:
    try:
        value = int(text.split()[0], 0)
    except (ValueError, IndexError):
        raise NetError(EINVAL) from None
    low, high = LIMITS.get(name, (-MOST - 1, MOST))
    if not low <= value <= high:
        raise NetError(EINVAL)
    return value


def _beside(netns: Netns, path: tuple[str, ...], bounds: dict[str, str], otherwise: int) -> int:
    """The value of the setting that bounds another, or `otherwise`."""
    other = bounds.get(path[-1])
    return otherwise if other is None else int(read(netns, ".".join((*path[:-1], other))).split()[0])


FIRST_FREE_PORT = 1024
"""Ports from here on need no privilege (`ip_unprivileged_port_start`)."""


def _write_text(netns: Netns, path: tuple[str, ...], text: str) -> None:
    key = _text_key(path)
    default = IPV4_DEFAULTS.get(key, OTHER_DEFAULTS.get(key, IPVS_TEXTS.get(path[-1], "")))
    if default.lstrip("-").isdigit():
        value = _number(text, path[-1])
        if value > _beside(netns, path, NOT_ABOVE, MOST) or value < _beside(netns, path, NOT_BELOW, -MOST):
            raise NetError(EINVAL)
        text = str(value)
    elif "\t" in default:
        kept = read(netns, ".".join(path)).split()  # numbers that are not given stay as they are
        numbers = [_number(word, path[-1]) for word in [*text.split(), *kept[len(text.split()) :]][: len(kept)]]
        if path[-1] == "ip_local_port_range" and not (FIRST_FREE_PORT <= numbers[0] <= numbers[1] <= 65535):
            raise NetError(EINVAL)
        text = "\t".join(map(str, numbers))
    elif key in IPV6_DEFAULTS:
        text = normal(key, text)
    elif path[-1] == "tcp_congestion_control" and text not in read(netns, "net.ipv4.tcp_available_congestion_control").split():
        raise NetError(ENOENT)
    store = netns.inet.sysctl if path[:2] == ("net", "ipv4") else netns.inet6.sysctl
    store[key] = text
    if looks_inside(key, text) or (
        key not in WITH_EFFECT and key not in ACTING and key not in FOR_OTHERS and text != default and "bridge-nf" not in key
    ):
        netns.kernel.unmodelled.append(f"sysctl {'.'.join(path)}={text}")


def _set_forwarding(netns: Netns, holder: Holder, value: int) -> None:
    """`ip_forward` changes every device, but only when its own value changes (`devinet_sysctl_forward`, `inet_forward_change`)."""
    if holder.settings.forwarding == value:
        return
    holder.change("forwarding", value)
    if holder.slot == "conf_all":
        holder.change("accept_redirects", int(not value))
        netns.inet.conf_default = having(netns.inet.conf_default, forwarding=value)
        for dev in netns.devices.values():
            if dev.inet is not None:
                dev.inet.conf = having(dev.inet.conf, forwarding=value)


def _propagate_default(netns: Netns, attribute: str, value: int) -> None:
    """A new default reaches the devices whose value nobody set by hand (`devinet_copy_dflt_conf`)."""
    for dev in netns.devices.values():
        if dev.inet is not None and not dev.inet.is_settled and attribute not in dev.inet.explicit:
            dev.inet.conf = having(dev.inet.conf, **{attribute: value})


def is_known(netns: Netns, name: str) -> bool:
    """Whether there is a setting of this name."""
    try:
        read(netns, name)
    except NetError:
        return False
    return True


def names(netns: Netns) -> list[str]:
    """All names with dots, in the order `sysctl -a` lists them."""
    return sorted(".".join(path) for path in parts(netns))
