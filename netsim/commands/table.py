"""Which command names lead to which functions; modules are loaded at first use."""

from __future__ import annotations

EXEC_TABLE: dict[str, str] = {
    "ip": "netsim.commands.ip.main:ip",
    "iptables": "netsim.commands.iptables.main:iptables",
    "iptables-nft": "netsim.commands.iptables.main:iptables",
    "ip6tables": "netsim.commands.iptables.main:ip6tables",
    "ip6tables-nft": "netsim.commands.iptables.main:ip6tables",
    "ping": "netsim.programs.ping.command:ping",
    "ping4": "netsim.programs.ping.command:ping",
    "ping6": "netsim.programs.ping.command:ping6",
    "traceroute": "netsim.programs.traceroute.command:traceroute",
    "brctl": "netsim.commands.brctl:brctl",
    "bridge": "netsim.commands.bridge:bridge",
    "ifconfig": "netsim.commands.ifconfig:ifconfig",
    "route": "netsim.commands.route:route",
    "arp": "netsim.commands.arp:arp",
    "netstat": "netsim.commands.netstat:netstat",
    "sysctl": "netsim.commands.sysctl:sysctl",
    "ethtool": "netsim.commands.ethtool:ethtool",
    "nstat": "netsim.commands.nstat:nstat",
    "modprobe": "netsim.commands.modprobe:modprobe",
    "lsmod": "netsim.commands.modprobe:lsmod",
    "bash": "netsim.shell.program:bash",
    "sh": "netsim.shell.program:bash",
    "dash": "netsim.shell.program:bash",
}
