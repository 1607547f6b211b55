"""All matches and targets by name; and those a kernel has that are refused by name because they are not modelled."""

from __future__ import annotations

from netsim.commands.iptables.extension import Extension
from netsim.commands.iptables.syntax import targets
from netsim.commands.iptables.syntax.addrtype import ADDRTYPE
from netsim.commands.iptables.syntax.classify import CHECKSUM, CLASSIFY, NFLOG, TRACE
from netsim.commands.iptables.syntax.connbytes import CONNBYTES
from netsim.commands.iptables.syntax.connlimit import CONNLIMIT
from netsim.commands.iptables.syntax.connmark import CONNMARK, CONNMARKS
from netsim.commands.iptables.syntax.conntrack import CONNTRACK, STATE
from netsim.commands.iptables.syntax.ct import CT, NOTRACK
from netsim.commands.iptables.syntax.ecn import ECN
from netsim.commands.iptables.syntax.frag import FRAG, RT
from netsim.commands.iptables.syntax.hashlimit import HASHLIMIT
from netsim.commands.iptables.syntax.icmp import ICMP, ICMP6
from netsim.commands.iptables.syntax.iprange import IPRANGE
from netsim.commands.iptables.syntax.ipvs import IPVS
from netsim.commands.iptables.syntax.limit import LIMIT
from netsim.commands.iptables.syntax.multiport import MULTIPORT
from netsim.commands.iptables.syntax.nat import DNAT, MASQUERADE, NETMAP, REDIRECT, SNAT
from netsim.commands.iptables.syntax.nfqueue import NFQUEUE
from netsim.commands.iptables.syntax.owner import OWNER
from netsim.commands.iptables.syntax.physdev import PHYSDEV
from netsim.commands.iptables.syntax.quota import QUOTA
from netsim.commands.iptables.syntax.recent import RECENT
from netsim.commands.iptables.syntax.rpfilter import RPFILTER
from netsim.commands.iptables.syntax.sctp import SCTP
from netsim.commands.iptables.syntax.set import SET, SETS
from netsim.commands.iptables.syntax.small import COMMENT, HL, LENGTH, MACS, MARKS, PKTTYPE, TTL
from netsim.commands.iptables.syntax.spi import AH, ESP
from netsim.commands.iptables.syntax.statistic import STATISTIC
from netsim.commands.iptables.syntax.string import STRING
from netsim.commands.iptables.syntax.tcp import TCP
from netsim.commands.iptables.syntax.tcpmss import TCPMSS, TCPMSS_MATCH
from netsim.commands.iptables.syntax.tee import TEE
from netsim.commands.iptables.syntax.time import TIME
from netsim.commands.iptables.syntax.tos import DSCP, SET_DSCP, SET_TOS, TOS
from netsim.commands.iptables.syntax.tproxy import SOCKET, TPROXY
from netsim.commands.iptables.syntax.u32 import U32
from netsim.commands.iptables.syntax.udp import UDP

MATCHES: dict[str, Extension] = {
    "addrtype": ADDRTYPE,
    "connmark": CONNMARKS,
    "conntrack": CONNTRACK,
    "physdev": PHYSDEV,
    "state": STATE,
    "tcp": TCP,
    "udp": UDP,
    "icmp": ICMP,
    "icmp6": ICMP6,
    "multiport": MULTIPORT,
    "iprange": IPRANGE,
    "comment": COMMENT,
    "length": LENGTH,
    "mac": MACS,
    "mark": MARKS,
    "pkttype": PKTTYPE,
    "ttl": TTL,
    "hl": HL,
    "limit": LIMIT,
    "statistic": STATISTIC,
    "sctp": SCTP,
    "tos": TOS,
    "dscp": DSCP,
    "ecn": ECN,
    "esp": ESP,
    "ah": AH,
    "owner": OWNER,
    "tcpmss": TCPMSS_MATCH,
    "quota": QUOTA,
    "string": STRING,
    "set": SET,
    "connbytes": CONNBYTES,
    "connlimit": CONNLIMIT,
    "frag": FRAG,
    "rt": RT,
    "hashlimit": HASHLIMIT,
    "recent": RECENT,
    "socket": SOCKET,
    "time": TIME,
    "ipvs": IPVS,
    "rpfilter": RPFILTER,
    "u32": U32,
}
TARGETS: dict[str, Extension] = {"REJECT": targets.REJECT, "LOG": targets.LOG, "MARK": targets.MARK, "TTL": targets.TTL, "HL": targets.HL}
TARGETS |= {"TOS": SET_TOS, "DSCP": SET_DSCP, "TCPMSS": TCPMSS, "CLASSIFY": CLASSIFY, "NFLOG": NFLOG, "CHECKSUM": CHECKSUM, "TRACE": TRACE}
TARGETS |= {"CONNMARK": CONNMARK, "CT": CT, "DNAT": DNAT, "MASQUERADE": MASQUERADE, "NETMAP": NETMAP}
TARGETS |= {"NOTRACK": NOTRACK, "REDIRECT": REDIRECT, "SNAT": SNAT, "TPROXY": TPROXY, "NFQUEUE": NFQUEUE, "SET": SETS, "TEE": TEE}
ONLY_FAMILY = {"icmp": 2, "ttl": 2, "TTL": 2, "icmp6": 10, "frag": 10, "rt": 10, "hl": 10, "HL": 10}

UNMODELLED_MATCHES = frozenset(
    [
        "bpf",
        "cgroup",
        "cluster",
        "connlabel",
        "cpu",
        "dccp",
        "devgroup",
        "dst",
        "eui64",
        "hbh",
        "helper",
        "ipcomp",
        "srh",
        "ipv6header",
        "mh",
        "nfacct",
        "osf",
        "policy",
        "rateest",
        "realm",
    ]
)
UNMODELLED_TARGETS = frozenset(
    [
        "AUDIT",
        "CLUSTERIP",
        "CONNSECMARK",
        "DNPT",
        "ECN",
        "HMARK",
        "IDLETIMER",
        "LED",
        "RATEEST",
        "SECMARK",
        "SNPT",
        "SYNPROXY",
        "TCPOPTSTRIP",
        "ULOG",
    ]
)
_BY_VALUE = {extension.makes: extension for extension in [*MATCHES.values(), *TARGETS.values()]}
_SHARED = frozenset(extension.makes for extension in (ICMP, ESP, TTL, targets.TTL))
"""What more than one extension makes."""


def of_value(value: object, family: int) -> Extension:
    """The extension that words a match or target value."""
    extension = _BY_VALUE[type(value)]
    if extension.makes not in _SHARED:
        return extension
    if extension.name in ("icmp", "icmp6"):
        return ICMP if family == 2 else ICMP6
    if extension.name in ("esp", "ah"):
        return ESP if value.protocol == 50 else AH  # type: ignore[attr-defined]
    if extension.name in ("ttl", "hl"):
        return TTL if family == 2 else HL
    return targets.TTL if family == 2 else targets.HL
