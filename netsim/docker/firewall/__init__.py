"""What bridge networks want of the packet filter (`wants`), and how each release writes it: one file a release."""

from __future__ import annotations

from collections.abc import Callable

from netsim.docker.firewall.off import Off
from netsim.docker.firewall.v20_10 import V2010
from netsim.docker.firewall.writer import Firewall, Runner

WRITERS: dict[str, Callable[[Runner], Firewall]] = {"v20_10": V2010, "off": Off, "v27": V2010, "v28": V2010}
"""`EngineProfile.firewall` (or "nftables", "off") -> what writes the rules."""
