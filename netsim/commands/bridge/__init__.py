"""bridge (iproute2 6.1.0): fdb and link."""

from netsim.commands.bridge.main import bridge

__all__ = ["bridge"]
