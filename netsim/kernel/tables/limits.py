"""Between which values the kernel takes a setting (`proc_dointvec_minmax`, `proc_dou8vec_minmax`, `proc_doulongvec_minmax`)."""

from __future__ import annotations

MOST = 0x7FFFFFFF
FROM_NULL = (
    "app_solicit", "base_reachable_time_ms", "gc_min_interval_ms", "icmp_msgs_burst", "icmp_msgs_per_sec", "icmp_ratelimit", "ipfrag_max_dist",
    "mcast_resolicit", "mcast_solicit", "proxy_qlen", "ratelimit", "retrans_time_ms", "somaxconn", "tcp_invalid_ratelimit", "ucast_solicit",
    "unres_qlen_bytes",
)  # fmt: skip
FROM_ONE = ("igmp_qrv", "interval_probe_time_ms", "udp_rmem_min", "udp_wmem_min")
SWITCHES = (
    "fib_multipath_use_neigh", "icmp_echo_enable_probe", "icmp_echo_ignore_all", "icmp_echo_ignore_broadcasts", "icmp_errors_use_inbound_ifaddr",
    "icmp_ignore_bogus_error_responses", "ip_autobind_reuse", "ip_forward_update_priority", "nf_conntrack_acct", "nf_conntrack_checksum",
    "nf_conntrack_tcp_be_liberal", "nf_conntrack_tcp_ignore_invalid_rst", "nf_conntrack_tcp_loose", "nf_conntrack_timestamp", "raw_l3mdev_accept", "strict_mode",
    "skip_notify_on_dev_down", "tcp_l3mdev_accept", "udp_l3mdev_accept",
)  # fmt: skip
OCTETS = (
    "anycast_src_echo_reply", "bindv6only", "echo_ignore_anycast", "echo_ignore_multicast", "flowlabel_consistency", "flowlabel_state_ranges",
    "fwmark_reflect", "igmp_link_local_mcast_reports", "ip_dynaddr", "ip_early_demux", "ip_forward_use_pmtu", "ip_no_pmtu_disc", "ip_nonlocal_bind",
    "nf_conntrack_log_invalid", "nf_conntrack_tcp_max_retrans", "tcp_early_demux", "tcp_keepalive_probes", "tcp_mtu_probing", "tcp_retries1",
    "tcp_retries2", "tcp_sack", "tcp_synack_retries", "tcp_syncookies", "tcp_timestamps", "tcp_window_scaling",
)  # fmt: skip
UNLIKE = {
    "fib_multipath_hash_fields": (1, 4095), "fib_multipath_hash_policy": (0, 3), "fib_notify_on_flag_change": (0, 2), "flowlabel_reflect": (0, 7),
    "auto_flowlabels": (0, 3), "ip_default_ttl": (1, 255), "min_pmtu": (68, MOST), "nf_conntrack_events": (0, 2), "nf_conntrack_max": (1, MOST),
    "tcp_ecn": (0, 2), "tcp_syn_retries": (1, 127), "tcp_tw_reuse": (0, 2),
}  # fmt: skip
LIMITS = {
    **dict.fromkeys(FROM_NULL, (0, MOST)), **dict.fromkeys(FROM_ONE, (1, MOST)), **dict.fromkeys(SWITCHES, (0, 1)), **dict.fromkeys(OCTETS, (0, 255)),
    **UNLIKE,
}  # fmt: skip
"""Lowest and highest value by the last part of the name."""
NOT_ABOVE = {
    "ipfrag_low_thresh": "ipfrag_high_thresh",
    "ip6frag_low_thresh": "ip6frag_high_thresh",
    "ip_unprivileged_port_start": "ip_local_port_range",
}
NOT_BELOW = {"ipfrag_high_thresh": "ipfrag_low_thresh", "ip6frag_high_thresh": "ip6frag_low_thresh"}
"""The setting beside it that one may not pass; of a range the beginning counts."""
