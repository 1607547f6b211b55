"""Reaching plugins that are real processes: HTTP on sockets of the user's machine, in directories the user names."""

from netsim.plugins.directory import Plugins

__all__ = ["Plugins"]
