"""The files a machine starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.machine.devices import Endless, Random
from netsim.machine.iproute2 import iproute2_files
from netsim.machine.mounts import Proc, Sys
from netsim.machine.nodes import Device, Directory, File, Stream, Symlink
from netsim.machine.services import services_file

if TYPE_CHECKING:
    from netsim.machine.machine import Machine

DIRECTORIES = (
    "/bin",
    "/dev",
    "/etc",
    "/etc/docker",
    "/etc/iproute2",
    "/etc/iproute2/rt_protos.d",
    "/etc/iproute2/rt_tables.d",
    "/etc/netns",
    "/etc/sysctl.d",
    "/home",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/var",
    "/var/log",
    "/var/tmp",
)
HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
SYSCTL_CONF = "#\n# /etc/sysctl.conf - Configuration file for setting system variables\n# See /etc/sysctl.d/ for additional system variables.\n#\n"
NETWORKS = "default\t\t0.0.0.0\nloopback\t127.0.0.0\nlink-local\t169.254.0.0\n"
NUMBERED = (
    ("ip", 0, "IP"), ("hopopt", 0, "HOPOPT"), ("icmp", 1, "ICMP"), ("igmp", 2, "IGMP"), ("ggp", 3, "GGP"), ("ipencap", 4, "IP-ENCAP"),
    ("st", 5, "ST"), ("tcp", 6, "TCP"), ("egp", 8, "EGP"), ("igp", 9, "IGP"), ("pup", 12, "PUP"), ("udp", 17, "UDP"), ("hmp", 20, "HMP"),
    ("xns-idp", 22, "XNS-IDP"), ("rdp", 27, "RDP"), ("iso-tp4", 29, "ISO-TP4"), ("dccp", 33, "DCCP"), ("xtp", 36, "XTP"), ("ddp", 37, "DDP"),
    ("idpr-cmtp", 38, "IDPR-CMTP"), ("ipv6", 41, "IPv6"), ("ipv6-route", 43, "IPv6-Route"), ("ipv6-frag", 44, "IPv6-Frag"), ("idrp", 45, "IDRP"),
    ("rsvp", 46, "RSVP"), ("gre", 47, "GRE"), ("esp", 50, "IPSEC-ESP"), ("ah", 51, "IPSEC-AH"), ("skip", 57, "SKIP"), ("ipv6-icmp", 58, "IPv6-ICMP"),
    ("ipv6-nonxt", 59, "IPv6-NoNxt"), ("ipv6-opts", 60, "IPv6-Opts"), ("rspf", 73, "RSPF"), ("vmtp", 81, "VMTP"), ("eigrp", 88, "EIGRP"),
    ("ospf", 89, "OSPFIGP"), ("ax.25", 93, "AX.25"), ("ipip", 94, "IPIP"), ("etherip", 97, "ETHERIP"), ("encap", 98, "ENCAP"), ("pim", 103, "PIM"),
    ("ipcomp", 108, "IPCOMP"), ("vrrp", 112, "VRRP"), ("l2tp", 115, "L2TP"), ("isis", 124, "ISIS"), ("sctp", 132, "SCTP"), ("fc", 133, "FC"),
    ("mobility-header", 135, "Mobility-Header"), ("udplite", 136, "UDPLite"), ("mpls-in-ip", 137, "MPLS-in-IP"), ("manet", 138, ""),
    ("hip", 139, "HIP"), ("shim6", 140, "Shim6"), ("wesp", 141, "WESP"), ("rohc", 142, "ROHC"), ("ethernet", 143, "Ethernet"),
    ("mptcp", 262, "MPTCP"),
)  # fmt: skip
"""Protocols of IP: name, number and other name (Debian's netbase, after IANA)."""
PROTOCOLS = "".join(f"{name}\t{number}\t{alias}".rstrip() + "\n" for name, number, alias in NUMBERED)


def lay_out(machine: Machine) -> None:
    """Make the usual directories and files."""
    files = machine.files
    for path in DIRECTORIES:
        files.makedirs(None, path)
    files.root.own()["proc"] = Proc(0o555, machine=machine)
    files.root.own()["sys"] = Sys(0o555, machine=machine)
    etc = files.resolve(None, "/etc")
    assert isinstance(etc, Directory)
    etc.own()["hosts"] = File(0o644, 0, HOSTS.encode())
    etc.own()["hostname"] = File(0o644, 0, f"{machine.name}\n".encode())
    etc.own()["resolv.conf"] = File(0o644, 0, b"")
    etc.own()["networks"] = File(0o644, 0, NETWORKS.encode())
    etc.own()["protocols"] = File(0o644, 0, PROTOCOLS.encode())
    etc.own()["sysctl.conf"] = File(0o644, 0, SYSCTL_CONF.encode())
    etc.own()["services"] = File(0o644, 0, services_file().encode())
    names = etc.entries["iproute2"]
    assert isinstance(names, Directory)
    names.own().update({name: File(0o644, 0, text.encode()) for name, text in iproute2_files().items()})
    etc.own()["os-release"] = File(0o644, 0, b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n')
    dev = files.resolve(None, "/dev")
    assert isinstance(dev, Directory)
    for name in ("null", "tty"):
        dev.own()[name] = Device(0o666)
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        dev.own()[name] = Stream(0o666, 0, fd)
    for name in ("random", "urandom"):
        dev.own()[name] = Random(0o666, rng=machine.kernel.rng)
    dev.own()["zero"] = Endless(0o666)
    dev.own()["fd"] = Symlink(0o777, 0, "/proc/self/fd")
    var = files.resolve(None, "/var")
    assert isinstance(var, Directory)
    var.own()["run"] = Symlink(0o777, 0, "/run")
