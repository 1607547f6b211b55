"""Offload features of devices: what each kind can do, and what asking for a change does to the rest (`netdev_fix_features`)."""

from __future__ import annotations

from collections.abc import Mapping

from netsim.kernel.core.netdevice import NetDevice

KINDS = ("veth", "bridge", "", "ifb")
"""Kinds in the order of the letters below; the nameless one is loopback."""
ON, OFF, ALWAYS, NEVER = "+", "-", "1", "0"
FEATURES = {
    "tx-scatter-gather": "++1+",
    "tx-checksum-ipv4": "0000",
    "tx-checksum-ip-generic": "++1+",
    "tx-checksum-ipv6": "0000",
    "highdma": "++1+",
    "tx-scatter-gather-fraglist": "++1+",
    "tx-vlan-hw-insert": "++0+",
    "rx-vlan-hw-parse": "+000",
    "rx-vlan-filter": "0000",
    "tx-vlan-stag-hw-insert": "++0+",
    "rx-vlan-stag-hw-parse": "+000",
    "rx-vlan-stag-filter": "0000",
    "vlan-challenged": "0010",
    "tx-generic-segmentation": "++++",
    "rx-gro": "-+++",
    "rx-gro-hw": "0000",
    "rx-lro": "0000",
    "tx-tcp-segmentation": "++++",
    "tx-gso-robust": "0+00",
    "tx-tcp-ecn-segmentation": "++++",
    "tx-tcp-mangleid-segmentation": "++++",
    "tx-tcp6-segmentation": "++++",
    "tx-fcoe-segmentation": "0+00",
    "tx-gre-segmentation": "++0+",
    "tx-gre-csum-segmentation": "++0+",
    "tx-ipxip4-segmentation": "++0+",
    "tx-ipxip6-segmentation": "++0+",
    "tx-udp_tnl-segmentation": "++0+",
    "tx-udp_tnl-csum-segmentation": "++0+",
    "tx-gso-partial": "0+00",
    "tx-tunnel-remcsum-segmentation": "0+00",
    "tx-sctp-segmentation": "++++",
    "tx-esp-segmentation": "0+00",
    "tx-udp-segmentation": "++++",
    "tx-gso-list": "++++",
    "tx-tcp-accecn-segmentation": "++++",
    "tx-checksum-fcoe-crc": "0000",
    "tx-checksum-sctp": "+010",
    "rx-ntuple-filter": "0000",
    "rx-hashing": "0000",
    "rx-checksum": "+010",
    "tx-nocache-copy": "--0-",
    "loopback": "0010",
    "rx-fcs": "0000",
    "rx-all": "0000",
    "l2-fwd-offload": "0000",
    "hw-tc-offload": "0000",
    "esp-hw-offload": "0000",
    "esp-tx-csum-hw-offload": "0000",
    "rx-udp_tunnel-port-offload": "0000",
    "tls-hw-tx-offload": "0000",
    "tls-hw-rx-offload": "0000",
    "tls-hw-record": "0000",
    "rx-gro-list": "----",
    "macsec-hw-offload": "0000",
    "rx-udp-gro-forwarding": "----",
    "hsr-tag-ins-offload": "0000",
    "hsr-tag-rm-offload": "0000",
    "hsr-fwd-offload": "0000",
    "hsr-dup-offload": "0000",
}
"""Name in the kernel's order -> for each kind: on, off, always or never."""
TSO = ("tx-tcp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation", "tx-tcp6-segmentation")
GROUPS = {
    "rx": ("rx-checksum",), "tx": tuple(name for name in FEATURES if name.startswith("tx-checksum-")),
    "sg": ("tx-scatter-gather", "tx-scatter-gather-fraglist"), "tso": (*TSO, "tx-tcp-accecn-segmentation"), "ufo": (),
    "gso": ("tx-generic-segmentation",), "gro": ("rx-gro",), "lro": ("rx-lro",), "rxvlan": ("rx-vlan-hw-parse",),
    "txvlan": ("tx-vlan-hw-insert",), "ntuple": ("rx-ntuple-filter",), "rxhash": ("rx-hashing",),
}  # fmt: skip
"""The tool's old short names."""
GROUPS.update({
    "rx-checksumming": GROUPS["rx"], "tx-checksumming": GROUPS["tx"], "scatter-gather": GROUPS["sg"],
    "tcp-segmentation-offload": GROUPS["tso"], "udp-fragmentation-offload": (), "generic-segmentation-offload": GROUPS["gso"],
    "generic-receive-offload": GROUPS["gro"], "large-receive-offload": GROUPS["lro"], "rx-vlan-offload": GROUPS["rxvlan"],
    "tx-vlan-offload": GROUPS["txvlan"], "ntuple-filters": GROUPS["ntuple"], "receive-hashing": GROUPS["rxhash"],
})  # fmt: skip


def code(dev: NetDevice, name: str) -> str:
    """What a kind of device says about a feature; kinds that are not in the table are like ifb."""
    return FEATURES[name][KINDS.index(dev.kind) if dev.kind in KINDS else KINDS.index("ifb")]


def is_fixed(dev: NetDevice, name: str) -> bool:
    """Whether users cannot change it."""
    return code(dev, name) in (ALWAYS, NEVER)


def wanted(dev: NetDevice, changed: Mapping[str, int]) -> dict[str, int]:
    """What users want: the defaults with their changes; nothing of what cannot be changed (`wanted_features`)."""
    return {name: 0 if is_fixed(dev, name) else changed.get(name, int(code(dev, name) == ON)) for name in FEATURES}


def active(dev: NetDevice, changed: Mapping[str, int]) -> dict[str, int]:
    """What is on: what is wanted, as far as it does not need what is off."""
    state = {name: int(code(dev, name) == ALWAYS) if is_fixed(dev, name) else value for name, value in wanted(dev, changed).items()}
    if not state["tx-checksum-ip-generic"]:
        state.update(dict.fromkeys((*TSO, "tx-udp-segmentation"), 0))
    if not state["tx-scatter-gather"]:
        state.update(dict.fromkeys((*TSO, "tx-generic-segmentation"), 0))
    if not state["tx-tcp-segmentation"]:
        state["tx-tcp-mangleid-segmentation"] = 0
        if not state["tx-tcp6-segmentation"]:
            state["tx-tcp-ecn-segmentation"] = 0
    return state
