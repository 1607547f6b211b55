"""Applets that BusyBox has and that are not modelled: refused by name, with what to use instead where there is something."""

from __future__ import annotations

from netsim.machine.call import Call, Result
from netsim.programs.busybox.applet import name_of


def refused(call: Call) -> Result:
    """Status 127 and why."""
    name = name_of(call)
    return Result("", f"{name}: netsim: this applet is not modelled\n", 127)
