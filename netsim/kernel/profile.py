"""What differs between kernel releases and builds, as one value that code asks instead of comparing versions."""

from __future__ import annotations

import attrs

ALL_MODULES = frozenset(
    [
        *("htb", "sfq", "fq", "fq_codel", "codel", "ingress", "cls_u32", "cls_u32_perf", "cls_fw", "cls_matchall", "cls_flower"),
        *("act_gact", "act_mirred", "act_police"),
        "veth",
        "bridge",
        "vlan_filtering",
        "vxlan",
        "macvlan",
        "ipvlan",
        "dummy",
        "ifb",
        "vrf",
        "8021q",
        "bonding",
        "ip_gre",
        "ipip",
        "sit",
        "tun",
        "br_netfilter",
        "ip_vs",
        "ip_vs_rr",
        "ip_vs_wrr",
        "ip_vs_lc",
        "ip_vs_wlc",
        "ip_vs_sh",
        "ip_vs_dh",
        "ip_vs_sed",
        "ip_vs_nq",
        "ip_vs_fo",
        "ip_vs_ovf",
        "xt_ipvs",
        "ip_tables",
        "nf_tables",
        "netem",
        "tbf",
        "prio",
        # Known, so that they are refused by name as not modelled rather than as unknown to the kernel.
        "ip6_gre",
        "ip6_tunnel",
        "ip_vti",
        "ip6_vti",
        "geneve",
        "team",
        "macvtap",
        "ipvtap",
        "wireguard",
        "xfrm_interface",
        "nlmon",
        "bareudp",
        "gtp",
        "macsec",
        "hsr",
        "vcan",
        "vxcan",
    ]
)


@attrs.frozen
class KernelProfile:
    """A kernel release and build as far as networking tools can tell it apart."""

    release: str
    """What `uname -r` prints."""
    extended_acks: int
    """Release (major * 100 + minor) whose set of explaining sentences netlink errors carry."""
    can_rename_up_devices: bool
    """Since 6.x a device may be renamed while it is up (`IFF_LIVE_RENAME_OK`)."""
    syncs_link_watch: bool = True
    """Since 6.8 asking for one device settles its state first."""
    counters: int = 618
    """Release (major * 100 + minor) whose counters /proc/net/snmp and netstat list."""
    syn_linear_timeouts: int = 4
    """How many SYNs are repeated a second apart before the pauses double (since 6.5; `tcp_syn_linear_timeouts`)."""
    icmp6_ratelimit: int = 100
    """The default of net.ipv6.icmp.ratelimit in ms; a second before 6.16."""
    cpus: int = 2
    """Processors: veth gets a queue for each."""
    iptables: str = "nf_tables"
    """The build that `iptables` without a suffix is: "nf_tables" or "legacy"."""
    hz: int = 250
    """Ticks a second: times that users set are kept in whole ticks."""
    answers_keep_socket: bool = True
    """Since 6.14 a reset or acknowledgement sent for a socket belongs to it, not to the kernel's own (`ip_send_unicast_reply`)."""
    reset_closes: bool = True
    """Since 6.3 a reset by REJECT closes the tracked connection (`nf_ct_set_closing`)."""
    clears_prefsrc_everywhere: bool = True
    """Since 6.6 an IPv6 address that goes is no preferred source any more, of routes over other devices neither (`fib6_remove_prefsrc`)."""
    ipvlan_follows: bool = True
    """Whether an ipvlan device loses its carrier at once when its lower device is set down; before, only a lost carrier told it."""
    names_full_netns: bool = True
    """Since 6.18 the message that the table of connections is full names the namespace, unless it is the first."""
    log_all_netns: str = "0"
    """net.netfilter.nf_log_all_netns as the machine sets it when it starts: whether rules of other namespaces than the first log."""
    knows_dccp: bool = False
    """Whether DCCP is a protocol that may be asked about; it left the kernel with 6.16."""
    modules: frozenset[str] = ALL_MODULES
    """Link kinds and features that are built in or loadable."""
    loaded: tuple[str, ...] = ()
    """Modules loaded at boot, in order."""
    nic: str = ""
    """What the built-in Ethernet card is called; empty without one."""
    fb_tunnels: str = "all"
    """Boot parameter `fb_tunnels`: which namespaces get gre0, tunl0 and their like: all, initns or none."""


LINUX_6_18 = KernelProfile("6.18.0", 618, can_rename_up_devices=True)
LINUX_6_1 = KernelProfile(
    "6.1.0",
    601,
    can_rename_up_devices=False,
    syncs_link_watch=False,
    counters=601,
    icmp6_ratelimit=1000,
    syn_linear_timeouts=0,
    answers_keep_socket=False,
    reset_closes=False,
    names_full_netns=False,
    ipvlan_follows=False,
    clears_prefsrc_everywhere=False,
    knows_dccp=True,
)
PROFILES = {"6.18": LINUX_6_18, "6.1": LINUX_6_1}
