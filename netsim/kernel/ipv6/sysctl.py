"""net.ipv6 settings that belong to no device: their defaults, what they take, and which of them act (`sysctl_net_ipv6.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import EINVAL, NetError
from netsim.kernel.ipv6.addrconf import conf_changed
from netsim.kernel.ipv6.icmp import masked_types
from netsim.kernel.tables.settings import Holder

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

PREFIX = "net/ipv6/"
RATELIMIT, RATEMASK = "net/ipv6/icmp/ratelimit", "net/ipv6/icmp/ratemask"
IPV6_DEFAULTS: dict[str, str] = {
    PREFIX + name: value
    for name, value in {
        "anycast_src_echo_reply": "0", "auto_flowlabels": "1", "bindv6only": "0", "fib_multipath_hash_fields": "7",
        "fib_multipath_hash_policy": "0", "fib_notify_on_flag_change": "0", "flowlabel_consistency": "1", "flowlabel_reflect": "0",
        "flowlabel_state_ranges": "0", "fwmark_reflect": "0", "icmp/echo_ignore_all": "0", "icmp/echo_ignore_anycast": "0",
        "icmp/echo_ignore_multicast": "0", "icmp/ratelimit": "1000", "icmp/ratemask": "0-1,3-127", "idgen_delay": "1", "idgen_retries": "3",
        "ip6frag_high_thresh": "4194304", "ip6frag_low_thresh": "3145728", "ip6frag_time": "60", "ip_nonlocal_bind": "0",
        "max_dst_opts_length": "2147483647", "max_dst_opts_number": "8", "max_hbh_length": "2147483647", "max_hbh_opts_number": "8",
        "neigh/default/gc_interval": "30", "neigh/default/gc_thresh1": "128", "neigh/default/gc_thresh2": "512",
        "neigh/default/gc_thresh3": "1024", "route/gc_elasticity": "9", "route/gc_interval": "30", "route/gc_min_interval": "0",
        "route/gc_min_interval_ms": "500", "route/gc_thresh": "1024", "route/gc_timeout": "60", "route/max_size": "2147483647",
        "route/min_adv_mss": "1220", "route/mtu_expires": "600", "route/skip_notify_on_dev_down": "0", "seg6_flowlabel": "0",
    }.items()
}  # fmt: skip
ACTING = frozenset(
    PREFIX + name
    for name in (
        "auto_flowlabels", "bindv6only", "fib_multipath_hash_policy", "fib_multipath_hash_fields", "fwmark_reflect", "icmp/echo_ignore_all", "icmp/echo_ignore_anycast",
        "icmp/echo_ignore_multicast", "icmp/ratelimit", "icmp/ratemask", "ip6frag_time", "ip_nonlocal_bind", "route/mtu_expires",
    )
)  # fmt: skip
"""Settings with an effect here; the others are kept, and reported when they change."""
ACTING_CONF = frozenset(("disable_ipv6", "forwarding", "mtu", "addr_gen_mode"))
CONF_LIMITS = {"addr_gen_mode": (0, 3), "hop_limit": (1, 255), "accept_ra_min_hop_limit": (1, 255), "router_solicitations": (-1, 0x7FFFFFFF)}


def default_of(netns: Netns, key: str) -> str:
    """What a setting is before anybody set it; some defaults came with a release."""
    if key == RATELIMIT:
        return str(netns.kernel.profile.icmp6_ratelimit)
    return IPV6_DEFAULTS[key]


def set_conf(netns: Netns, holder: Holder, name: str, value: int) -> None:
    """Set net.ipv6.conf.DEV.NAME; EINVAL outside its range (`addrconf_sysctl_*`)."""
    low, high = CONF_LIMITS.get(name, (-0x80000000, 0x7FFFFFFF))
    if name == "mtu":
        dev = next((dev for dev in netns.devices.values() if dev.inet6 is not None and dev.inet6 is holder.owner), None)
        low, high = 1280, dev.mtu if dev is not None else 0x7FFFFFFF
    if not low <= value <= high:
        raise NetError(EINVAL)
    if name in ACTING_CONF:
        conf_changed(netns, holder, name, value)
    else:
        holder.change(name, value)


def normal(key: str, text: str) -> str:
    """A value as it will be read back."""
    if key != RATEMASK:
        return text
    runs: list[list[int]] = []
    for number in sorted(masked_types(text)):
        if not 0 <= number <= 255:
            raise NetError(EINVAL)
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
