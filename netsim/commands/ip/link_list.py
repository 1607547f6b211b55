"""ip link show: which devices (`ipaddr_list_link`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.commands.ip import link_show
from netsim.commands.ip.names import number_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.usage import LINK
from netsim.commands.ip.words import Stop, Words, duparg2, invarg, matches
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.rtnl.link import dumped, getlink

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


@attrs.define(eq=False)
class Filter:
    """What a listing is asked about."""

    name: str | None = None
    kind: str | None = None
    up: int = 0
    group: int | None = None
    master: NetDevice | None = None
    has_no_master: int = 0

    def passes(self, dev: NetDevice) -> bool:
        """Whether a device is asked about."""
        if (self.up and not dev.flags & IFF_UP) or (self.group is not None and dev.group != self.group):
            return False
        if (self.master is not None and dev.master is not self.master) or (self.has_no_master and dev.master is not None):
            return False
        if self.kind is None:
            return True
        if self.kind.endswith("_slave"):
            return dev.master is not None and dev.master.kind == self.kind.removesuffix("_slave")
        return dev.kind == self.kind


def _filter(session: Ip, cursor: Words) -> Filter:
    wanted = Filter()
    while cursor.more():
        word = cursor.take()
        if word == "up":
            wanted.up = 1
        elif matches(word, "master"):
            value = cursor.argument()
            wanted.master = getlink(session.netns, value)
            if wanted.master is None:
                raise invarg("Device does not exist\n", value)
        elif word == "vrf":
            value = cursor.argument()
            wanted.master = getlink(session.netns, value)
            if wanted.master is None or not wanted.master.l3mdev_table:
                raise invarg("Not a valid VRF name\n", value)
        elif word == "nomaster":
            wanted.has_no_master = 1
        elif word == "type":
            wanted.kind = cursor.argument()
        elif word == "group":
            value = cursor.argument()
            wanted.group = number_of(session, "group", value)
            if wanted.group is None:
                raise invarg('Invalid "group" value\n', value)
        else:
            if word == "dev":
                word = cursor.argument()
            elif matches(word, "help"):
                raise Stop(LINK, 255)
            if wanted.name is not None:
                raise duparg2("dev", word)
            wanted.name = word
    return wanted


def show(session: Ip, cursor: Words) -> None:
    """ip link show, with its filters."""
    wanted = _filter(session, cursor)
    devices = dumped(session.netns)
    if wanted.name is not None:
        found = getlink(session.netns, wanted.name)
        if found is None:
            raise Stop(f'Device "{wanted.name}" does not exist.\n', 1)
        devices = [found]
    devices = [dev for dev in devices if wanted.passes(dev)]
    if session.style.json:
        session.print(to_json([link_show.to_dict(session, dev) for dev in devices], session.style))
        return
    for dev in devices:
        session.print(link_show.show(session, dev))
