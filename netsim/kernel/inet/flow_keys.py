"""What of a packet routing looks at beyond its network header, and how it chooses among several next hops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.kernel.core.fib_rules import Flow

L3, L4, INNER, CUSTOM = range(4)
"""What `fib_multipath_hash_policy` says; INNER, the headers within a tunnel, is not modelled: the outer ones are taken."""
SRC_IP, DST_IP, IP_PROTO, FLOWLABEL, SRC_PORT, DST_PORT = 1, 2, 4, 8, 16, 32
"""Bits of `fib_multipath_hash_fields`; those above are of inner headers."""
ALL_OUTER = 63


def ports_of(payload: Any) -> tuple[int, int]:
    """Source and destination port of a transport header; zeros for what has none, as the bytes of a fragment (`skb_flow_dissect_flow_keys`)."""
    return getattr(payload, "sport", 0), getattr(payload, "dport", 0)


def looks_inside(key: str, text: str) -> bool:
    """Whether a setting asks for the headers within tunnels, which are not modelled."""
    name = key.rpartition("/")[2]
    return (name == "fib_multipath_hash_policy" and int(text) == INNER) or (name == "fib_multipath_hash_fields" and int(text) > ALL_OUTER)


def policy_of(sysctl: Mapping[str, Any], prefix: str = "") -> int:
    """The namespace's way to tell flows apart."""
    return int(sysctl.get(f"{prefix}fib_multipath_hash_policy", L3))


def fields_of(sysctl: Mapping[str, Any], basic: int, prefix: str = "") -> int:
    """Which fields make a flow, as bits; `basic` are those of the policy L3 (`fib_multipath_hash`, `rt6_multipath_hash`)."""
    policy = policy_of(sysctl, prefix)
    if policy == L4:
        return SRC_IP | DST_IP | IP_PROTO | SRC_PORT | DST_PORT
    if policy == CUSTOM:
        return int(sysctl.get(f"{prefix}fib_multipath_hash_fields", SRC_IP | DST_IP | IP_PROTO))
    return basic


def flow_hash(flow: Flow, fields: int, flowlabel: int = 0) -> int:
    """A stable hash of a flow, the same in both directions (`flow_hash_from_keys`).

    The kernel's has a random seed for each boot, so which flow takes which way is ours; that it is always the same one is not.
    """
    source = int(flow.src or 0) if fields & SRC_IP else 0, flow.sport if fields & SRC_PORT else 0
    target = int(flow.dst) if fields & DST_IP else 0, flow.dport if fields & DST_PORT else 0
    value = 0
    for address, port in sorted((source, target)):
        value = value * 0x9E3779B97F4A7C15 + (address ^ address >> 64) * 0xC2B2AE3D27D4EB4F + port * 0x27D4EB2F
    value ^= (flow.protocol if fields & IP_PROTO else 0) * 0x165667B1 ^ (flowlabel if fields & FLOWLABEL else 0) * 0x85EBCA77
    value &= 0xFFFFFFFFFFFFFFFF
    value ^= value >> 31
    value = value * 0x7FB5D329728EA185 & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 29
