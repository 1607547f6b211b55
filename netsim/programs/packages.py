"""apt-get, apk, yum and their like: nothing is downloaded, but the programs of a package that are simulated are there from then on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from netsim.machine.call import Call, Result

DNS = ("dig", "nslookup", "host")
NET_TOOLS = ("ifconfig", "route", "arp", "netstat")
IPTABLES = tuple(
    f"{program}{build}{end}" for program in ("iptables", "ip6tables") for build in ("", "-nft", "-legacy") for end in ("", "-save", "-restore")
)
PINGS = ("ping", "ping4", "ping6")
PROGRAMS: dict[str, tuple[str, ...]] = {
    "iputils-ping": PINGS, "iputils": (*PINGS, "arping", "tracepath"), "inetutils-ping": PINGS, "iputils-arping": ("arping",), "arping": ("arping",),
    "iputils-tracepath": ("tracepath", "tracepath6"), "mtr": ("mtr",), "mtr-tiny": ("mtr",), "traceroute": ("traceroute", "traceroute6"), "inetutils-traceroute": ("traceroute",),
    **dict.fromkeys(("iproute2", "iproute", "iproute-tc", "iproute2-tc"), ("ip", "ss", "tc", "bridge", "nstat")),
    "net-tools": NET_TOOLS, "bridge-utils": ("brctl",), "bridge": ("brctl",),
    **dict.fromkeys(("iptables", "ip6tables", "iptables-legacy", "iptables-services"), IPTABLES), "nftables": ("nft",), "ipset": ("ipset",),
    "ipvsadm": ("ipvsadm",), "conntrack": ("conntrack",), "conntrack-tools": ("conntrack",), "tcpdump": ("tcpdump",), "curl": ("curl",), "wget": ("wget",),
    **dict.fromkeys(("dnsutils", "bind9-dnsutils", "bind9-host", "bind9utils", "bind-tools", "bind-utils", "knot-dnsutils"), DNS),
    **dict.fromkeys(("netcat", "netcat-openbsd", "netcat-traditional", "nc", "nmap-ncat", "ncat"), ("nc", "netcat", "nc.openbsd")),
    "socat": ("socat",), **dict.fromkeys(("telnet", "inetutils-telnet", "busybox-extras"), ("telnet",)),
    **dict.fromkeys(("procps", "procps-ng"), ("ps", "pgrep", "pkill", "sysctl", "watch")), "psmisc": ("killall", "fuser"), "lsof": ("lsof",), "tar": ("tar",), "jq": ("jq",), "bash": ("bash",),
    "ethtool": ("ethtool",), "isc-dhcp-client": ("dhclient",), "dhclient": ("dhclient",), "udhcpc": ("udhcpc",), "udhcpd": ("udhcpd",),
    "dnsmasq": ("dnsmasq",), "openvswitch-switch": ("ovs-vsctl",), "kmod": ("modprobe", "lsmod", "rmmod"), "util-linux": ("nsenter", "unshare", "lsns"),
    **dict.fromkeys(("python3", "python3-minimal", "python"), ("python3", "python")), "radvd": ("radvd",), "busybox": ("busybox",),
    **dict.fromkeys(("docker.io", "docker-ce", "docker-ce-cli", "docker"), ("docker", "dockerd")), "docker-compose": ("docker-compose",),
    **dict.fromkeys(("coreutils", "grep", "sed", "gawk", "mawk", "hostname", "sudo", "less"), ()),
    **dict.fromkeys(("ca-certificates", "gnupg", "gnupg2", "lsb-release", "apt-transport-https", "software-properties-common", "tzdata", "locales",
                     "apt-utils", "dirmngr", "epel-release", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin"), ()),
}  # fmt: skip
"""Package of Debian, Alpine or Fedora -> the programs of it that are simulated."""
MANAGERS = ("apt-get", "apt", "apk", "yum", "dnf", "microdnf")
REFRESH = ("update", "upgrade", "dist-upgrade", "full-upgrade", "autoremove", "clean", "autoclean", "makecache", "check-update", "fix")
BRING = ("install", "add", "reinstall", "localinstall")
TAKE = ("remove", "purge", "del", "erase")
TAKES_VALUE = (
    "-o",
    "-t",
    "-c",
    "--option",
    "--target-release",
    "--config-file",
    "-X",
    "--repository",
    "--virtual",
    "-p",
    "--root",
    "--enablerepo",
    "--repo",
)


def package_manager(call: Call) -> Result:
    """apt-get, apt, apk, yum, dnf, microdnf: update, install and remove."""
    name = call.argv[0].rsplit("/", 1)[-1]
    words = list(plain_words(call.argv[1:]))
    verb, packages = (words[0], [re.split(r"[=<>~:/]", word)[0] for word in words[1:]]) if words else ("", [])
    if verb in REFRESH:
        return Result("", f"{name}: netsim: nothing is downloaded; `{name} {'add' if name == 'apk' else 'install'}` makes simulated programs ready\n")
    if verb in TAKE:
        return Result("", f"{name}: netsim: nothing is taken away\n")
    if verb not in BRING:
        return Result("", f"{name}: netsim: {verb or 'nothing'}: only update, install and remove are modelled\n", 127)
    return _bring(call, name, packages)


def plain_words(words: Iterable[str]) -> Iterable[str]:
    """Words that are no options nor what belongs to one."""
    belongs = 0
    for word in words:
        if belongs:
            belongs = 0
        elif word.startswith("-"):
            belongs = int(word in TAKES_VALUE)
        else:
            yield word


def _bring(call: Call, name: str, packages: list[str]) -> Result:
    strangers = [package for package in packages if package not in PROGRAMS]
    ready = ready_programs(packages, call.machine.exec_table)
    if call.proc.jail is not None:
        call.proc.jail.installed.update(ready)
    for package in strangers:
        call.machine.kernel.unmodelled.append(f"{name} install {package}: its programs are not simulated")
    told = f"{name}: netsim: nothing is downloaded; ready: {', '.join(ready)}\n" if ready else f"{name}: netsim: nothing is downloaded\n"
    return Result("", told + "".join(f"{name}: netsim: the programs of {package} are not simulated\n" for package in strangers))


def ready_programs(packages: Iterable[str], table: Mapping[str, str]) -> dict[str, str]:
    """The simulated programs of packages, and the functions behind them."""
    found = (program for package in packages for program in PROGRAMS.get(package, ()))
    return {program: table[program] for program in found if program in table}


def programs_of(line: str, table: Mapping[str, str]) -> dict[str, str]:
    """The simulated programs that a shell's line would install."""
    found: dict[str, str] = {}
    for piece in re.split(r"&&|[;|\n]", line.replace("\\\n", " ")):
        words = list(plain_words(piece.split()))
        if len(words) > 2 and words[0] in MANAGERS and words[1] in BRING:
            found |= ready_programs([re.split(r"[=<>~:/]", word)[0] for word in words[2:]], table)
    return found
