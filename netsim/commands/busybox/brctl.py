"""brctl and vconfig of BusyBox as Debian builds them: bridges made, filled and removed, nothing shown; VLANs by ioctl."""

from __future__ import annotations

from typing import Any

from netsim.errors import EBUSY, EINVAL, ENODEV, ENXIO, NetError, strerror
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.rtnl.link import dellink, newlink, set_master
from netsim.machine.call import Call, Result
from netsim.programs.busybox.applet import die, ended, unsigned, usage

COMMANDS = {"addbr": 1, "delbr": 1, "addif": 2, "delif": 2}
VLAN_COMMANDS = {"add": 2, "rem": 1, "set_flag": 3, "set_egress_map": 3, "set_ingress_map": 3, "set_name_type": 1}


def brctl(call: Call) -> Any:
    """brctl (BusyBox)."""
    return ended(_brctl, call)


def _brctl(call: Call) -> Result:
    words = list(call.argv[1:])
    if not words:
        raise usage("brctl")
    if words[0] not in COMMANDS:
        raise die("brctl", f"invalid argument '{words[0]}' to 'brctl'")
    if len(words) < COMMANDS[words[0]] + 1:
        raise usage("brctl")
    command, bridge = words[0], words[1][:15]
    try:
        call.netns.kernel.require_admin()
        if command == "addbr":
            newlink(call.netns, LinkRequest(name=bridge, kind="bridge"))
        elif command == "delbr":
            _remove(call, bridge)
    except NetError as error:
        raise die("brctl", f"bridge {bridge}: {strerror(error.errno)}") from None
    if command in ("addif", "delif"):
        _port(call, command, bridge, words[2][:15])
    return Result()


def _remove(call: Call, name: str) -> None:
    dev = call.netns.device(name)
    if dev is None:
        raise NetError(ENXIO)
    if dev.flags & IFF_UP:
        raise NetError(EBUSY)
    dellink(dev)


def _port(call: Call, command: str, bridge: str, name: str) -> None:
    dev, master = call.netns.device(name), call.netns.device(bridge)
    if dev is None:
        raise die("brctl", f"iface {name}: {strerror(ENODEV)}")
    if master is None:
        raise die("brctl", f"bridge {bridge}: {strerror(ENODEV)}")
    try:
        if command == "addif":
            if dev.master is not None:
                raise NetError(EBUSY)
            set_master(dev, master.ifindex)
        elif dev.master is not master:
            raise NetError(EINVAL)
        else:
            set_master(dev, 0)
    except NetError as error:
        raise die("brctl", f"bridge {bridge}: {strerror(error.errno)}") from None


def vconfig(call: Call) -> Any:
    """vconfig (BusyBox)."""
    return ended(_vconfig, call)


def _vconfig(call: Call) -> Result:
    words = list(call.argv[1:])
    if not words or words[0] not in VLAN_COMMANDS or len(words) != VLAN_COMMANDS[words[0]] + 1:
        raise usage("vconfig")
    try:
        if words[0] == "add":
            number = unsigned("vconfig", words[2], 4095)
            lower = call.netns.device(words[1])
            if lower is None:
                raise NetError(ENODEV)
            newlink(call.netns, LinkRequest(name=f"{words[1]}.{number}", kind="vlan", data={"id": number}, link=lower.ifindex, link_netns=call.netns))
        elif words[0] == "rem":
            dev = call.netns.device(words[1])
            if dev is None or dev.kind != "vlan":
                raise NetError(ENODEV)
            dellink(dev)
        else:
            raise die("vconfig", f"netsim: {words[0]} is not modelled")
    except NetError as error:
        raise die("vconfig", f"ioctl error for {words[0]}: {strerror(error.errno)}") from None
    return Result()
