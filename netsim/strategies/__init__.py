"""Hypothesis strategies: addresses, packets, topologies, rulesets, Docker hosts, command scripts, and a state machine to extend.

What they draw is small and close together on purpose (few names, few networks), so that what is drawn meets.
"""

from netsim.strategies.addresses import ipv4_nets, ipv4s, ipv6_nets, ipv6s, macs
from netsim.strategies.commands import command_lines, docker_lines, scripts
from netsim.strategies.docker import DockerHost, docker_worlds
from netsim.strategies.packets import frames, ipv4_packets, ipv6_packets
from netsim.strategies.rulesets import Ruleset, rulesets
from netsim.strategies.stateful import WorldMachine
from netsim.strategies.topologies import Topology, topologies

__all__ = [
    "DockerHost",
    "Ruleset",
    "Topology",
    "WorldMachine",
    "command_lines",
    "docker_lines",
    "docker_worlds",
    "frames",
    "ipv4_nets",
    "ipv4_packets",
    "ipv4s",
    "ipv6_nets",
    "ipv6_packets",
    "ipv6s",
    "macs",
    "rulesets",
    "scripts",
    "topologies",
]
