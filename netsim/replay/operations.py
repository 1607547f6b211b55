"""The operations a world is built by: values, each one command in one namespace."""

from __future__ import annotations

import shlex
from typing import ClassVar

import attrs

DEFAULTS = (
    "net.ipv4.ip_forward=0",
    *(f"net.ipv4.conf.{place}.{name}" for place in ("all", "default") for name in ("rp_filter=0", "accept_redirects=1", "send_redirects=1")),
    *(f"net.ipv4.conf.{place}.{name}" for place in ("all", "default") for name in ("arp_ignore=0", "arp_announce=0", "accept_local=0")),
    "net.ipv4.conf.default.promote_secondaries=0",
)
"""The kernel's own defaults of settings that new namespaces inherit from the machine, where distributions and Docker change them."""


LOOK = 'for turn in $(seq 40); do ip -n "$1" -o link show dev "$2" | grep -q \'state UP\' && break; sleep 0.2; done'
"""How a carrier is waited for, eight seconds at most."""


@attrs.frozen
class Operation:
    """One step in the namespace `site`; `words` are those behind the tool's name."""

    subject: ClassVar[str] = ""
    """What it is about, for the headings of the script."""
    tool: ClassVar[str] = "ip"

    site: str
    words: tuple[str, ...] = ()

    @property
    def stdin(self) -> str:
        """What the command reads."""
        return ""

    def argv(self) -> tuple[str, ...]:
        """The command, as the machine's root types it (iproute2's `-n` names the namespace)."""
        return (self.tool, "-n", self.site, *self.words)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """Everything to be run for it."""
        return (self.argv(),)

    def text(self) -> str:
        """The same as a line of a shell script."""
        line = shlex.join(self.argv())
        return f"{line} <<'END'\n{self.stdin}END\n" if self.stdin else f"{line}\n"


@attrs.frozen
class AddNamespace(Operation):
    """A namespace, empty but for lo, with the kernel's defaults whatever the machine's are."""

    subject: ClassVar[str] = "namespaces"

    def argv(self) -> tuple[str, ...]:
        """The function of the script that makes one."""
        return ("namespace", self.site)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """`ip netns add SITE`, and the defaults."""
        return ("ip", "netns", "add", self.site), SetSysctls(self.site, DEFAULTS).argv()


@attrs.frozen
class SetSysctls(Operation):
    """Settings, each `NAME=VALUE`."""

    subject: ClassVar[str] = "settings"

    def argv(self) -> tuple[str, ...]:
        """`sysctl -qw` in the namespace."""
        return ("ip", "netns", "exec", self.site, "sysctl", "-qw", *self.words)


@attrs.frozen
class AddDevice(Operation):
    """A device; a veth's other end comes with it."""

    subject: ClassVar[str] = "devices"


@attrs.frozen
class ChangeDevice(Operation):
    """A device told more than when it was made."""

    subject: ClassVar[str] = "devices changed"


@attrs.frozen
class AddPort(Operation):
    """A device under a master."""

    subject: ClassVar[str] = "ports"


@attrs.frozen
class SetPort(Operation):
    """Options of a bridge's port."""

    subject: ClassVar[str] = "ports"


@attrs.frozen
class SetVlan(Operation):
    """A VLAN of a bridge or of its port."""

    subject: ClassVar[str] = "VLANs of bridges"
    tool: ClassVar[str] = "bridge"


@attrs.frozen
class SetDeviceSysctls(SetSysctls):
    """Settings of devices."""

    subject: ClassVar[str] = "settings of devices"


@attrs.frozen
class AddAddress(Operation):
    """An address on a device."""

    subject: ClassVar[str] = "addresses"


@attrs.frozen
class SetDevice(Operation):
    """A device set up, or otherwise changed."""

    subject: ClassVar[str] = "devices up"


@attrs.frozen
class ChangeRoute(Operation):
    """A route added, or one that an address brought along taken away."""

    subject: ClassVar[str] = "routes"


@attrs.frozen
class AddNexthop(Operation):
    """A nexthop object, by which routes will lead."""

    subject: ClassVar[str] = "nexthop objects"


@attrs.frozen
class ChangeRule(Operation):
    """A policy rule added or deleted."""

    subject: ClassVar[str] = "policy rules"


@attrs.frozen
class AddNeighbour(Operation):
    """A permanent neighbour, or one that is answered for."""

    subject: ClassVar[str] = "neighbours"


@attrs.frozen
class AddForwarding(Operation):
    """An entry of a bridge's or a VXLAN device's forwarding database."""

    subject: ClassVar[str] = "forwarding databases"
    tool: ClassVar[str] = "bridge"


@attrs.frozen
class AddQueue(Operation):
    """A queueing discipline."""

    subject: ClassVar[str] = "queues"
    tool: ClassVar[str] = "tc"


@attrs.frozen
class Load(Operation):
    """Rules or sets in the form a `-restore` command reads; `words` is the command."""

    subject: ClassVar[str] = "packet filters"

    content: str = ""

    @property
    def stdin(self) -> str:
        """The rules."""
        return self.content

    def argv(self) -> tuple[str, ...]:
        """The command in the namespace."""
        return ("ip", "netns", "exec", self.site, *self.words)


@attrs.frozen
class LoadServices(Load):
    """Virtual services with their destinations, in the form `ipvsadm -R` reads."""

    subject: ClassVar[str] = "virtual services"


@attrs.frozen
class Wait(Operation):
    """Time until carriers have come; `words` are the seconds."""

    subject: ClassVar[str] = "link-local addresses from now on"

    def argv(self) -> tuple[str, ...]:
        """`sleep`."""
        return ("sleep", *self.words)


@attrs.frozen
class AwaitCarrier(Operation):
    """A busy machine's link watch may take longer; `words` is the device, which is waited for some seconds and no longer."""

    subject: ClassVar[str] = "link-local addresses from now on"

    def argv(self) -> tuple[str, ...]:
        """The function of the script that waits."""
        return ("carrier", self.site, *self.words)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """What the function does."""
        return (("sh", "-c", LOOK, "carrier", self.site, *self.words),)


@attrs.frozen
class SetLinkLocals(Operation):
    """How a device makes itself a link-local address."""

    subject: ClassVar[str] = "link-local addresses from now on"
