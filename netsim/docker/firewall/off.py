"""`--iptables=false`: the daemon writes no rules."""

from __future__ import annotations

import attrs

from netsim.docker.firewall.writer import Firewall, Runner


@attrs.define(eq=False)
class Off(Firewall):
    """Nothing."""

    run: Runner
