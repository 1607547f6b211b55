"""ip tunnel of BusyBox, by ioctls (`libiproute/iptunnel.c`)."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPv4
from netsim.commands.busybox.ip.words import Ip, address, device, keyword, whole
from netsim.errors import NetError, strerror
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.rtnl import ioctl_tunnel
from netsim.kernel.rtnl.link import dumped

COMMANDS = ("add", "change", "delete", "show", "list", "lst")
MODES = {"ipip": "ipip", "ip/ip": "ipip", "gre": "gre", "gre/ip": "gre", "sit": "sit", "ipv6/ip": "sit"}
TOLD_MODES = {"ipip": "ip/ip", "gre": "gre/ip", "sit": "ipv6/ip"}
UNMODELLED = ("key", "ikey", "okey", "seq", "iseq", "oseq", "csum", "icsum", "ocsum", "nopmtudisc", "pmtudisc")


def do_iptunnel(ip: Ip) -> None:
    """ip tunnel (`do_iptunnel`)."""
    command = "show"
    if ip.more():
        word = ip.take()
        command = keyword(word, COMMANDS)
        if not command:
            raise ip.wrong(word, "ip")
    if command in ("show", "list", "lst"):
        show(ip)
        return
    mode, name, data = _read(ip)
    try:
        if command == "add":
            if not mode:
                raise ip.fail("can't determine tunnel mode (ipip, gre or sit)")
            ioctl_tunnel.add(ip.netns, mode, name, data)
        elif command == "change":
            ioctl_tunnel.change(ip.netns, mode or "ipip", name, data)
        else:
            ioctl_tunnel.delete(ip.netns, name, data)
    except NetError as error:
        request = {"add": "SIOCADDTUNNEL", "change": "SIOCCHGTUNNEL", "delete": "SIOCDELTUNNEL"}[command]
        raise ip.fail(f"{request}: {strerror(error.errno)}") from None


def _read(ip: Ip) -> tuple[str, str, dict[str, Any]]:
    mode, name, data = "", "", dict[str, Any]()
    while ip.more():
        word = ip.take()
        if word == "mode":
            value = ip.argument()
            if value not in MODES:
                raise ip.wrong(value, "mode")
            mode = MODES[value]
        elif word in ("remote", "local"):
            value = ip.argument()
            data[word] = IPv4(0) if value == "any" else address(ip, value, 2)
        elif word == "dev":
            data["dev"] = device(ip, ip.argument()).ifindex
        elif word in ("ttl", "tos", "dsfield"):
            value = ip.argument()
            data["ttl" if word == "ttl" else "tos"] = 0 if value == "inherit" else whole(ip, value, word, 255)
        elif word in UNMODELLED:
            raise ip.fail(f'netsim: "ip tunnel" option "{word}" is not modelled')
        else:
            name = ip.argument() if word == "name" else word
    return mode, name, data


def show(ip: Ip) -> None:
    """ip tunnel show: mode and ends of each (`print_tunnel`)."""
    name = ip.take() if ip.more() else ""
    for dev in dumped(ip.netns):
        if isinstance(dev, IpTunnel) and dev.family in TOLD_MODES and name in ("", dev.name):
            ends = [str(end) if end else "any" for end in (dev.parms.remote, dev.parms.local)]
            text = f"{dev.name}: {TOLD_MODES[dev.family]}  remote {ends[0]}  local {ends[1]} "
            text += f" ttl {dev.parms.ttl} " if dev.parms.ttl else " ttl inherit "
            ip.print(text + "\n")
