"""A machine that has nginx itself, as a container of its image has."""

from __future__ import annotations

from netsim import Host, World


def machine() -> Host:
    """One with the program and its configuration in place."""
    made = World(seed=0).host("vm")
    made.machine.exec_table = {**made.machine.exec_table, "nginx": "netsim.programs.nginx.command:nginx"}
    return made
