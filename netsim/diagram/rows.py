"""What a picture says of a device: its addresses, what it is, and why it does not work."""

from __future__ import annotations

from netsim.diagram.model import Row
from netsim.diagram.neighbours import tunnel_remotes
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.netdevice import IF_OPER_UP, IFF_UP, NetDevice
from netsim.kernel.drivers.stacking import Stacked
from netsim.kernel.drivers.vlan import Vlan
from netsim.kernel.drivers.vxlan import VxlanDevice

PORT_STATES = {0: "disabled", 1: "listening", 2: "learning", 4: "blocking"}
SAY_NOTHING = ("", "veth", "bridge")


def device_row(dev: NetDevice, segment: str) -> Row:
    """The row of a device on a segment."""
    return Row(dev.name, dev.name, tuple(addresses(dev)), note(dev), segment, state(dev))


def addresses(dev: NetDevice) -> list[str]:
    """Its addresses with their prefix lengths, link-local ones left out."""
    found = [f"{ifa.local}/{ifa.length}" for ifa in dev.inet.addresses] if dev.inet is not None else []
    if dev.inet6 is not None:
        found += [f"{ifa.address}/{ifa.length}" for ifa in dev.inet6.addresses if not ifa.address.is_linklocal]
    return found


def note(dev: NetDevice) -> str:
    """What kind it is, with what matters of it, and its master."""
    told = [] if dev.kind in SAY_NOTHING else [dev.kind]
    if isinstance(dev, VxlanDevice):
        told = [f"vxlan {dev.config.id}"]
    elif isinstance(dev, Vlan):
        told = [f"vlan {dev.vid}"]
    if isinstance(dev, Stacked) and dev.real.netns is dev.netns:
        told.append(f"on {dev.real.name}")
    remotes = tunnel_remotes(dev)
    if remotes:
        told.append(f"→ {', '.join(str(remote) for remote in remotes)}")
    if dev.master is not None and dev.master.kind != "bridge":
        told.append(f"in {dev.master.name}")
    return " ".join(told)


def state(dev: NetDevice) -> str:
    """Why it passes nothing on; empty when it does."""
    if not dev.flags & IFF_UP:
        return "down"
    if not dev.carrier and not _will_have_carrier(dev):
        return "no carrier"
    port = dev.slave_data
    if not isinstance(port, BridgePort) or (dev.operstate != IF_OPER_UP and not port.state):
        return ""  # the bridge hears of a port that just came up when time passes
    return PORT_STATES.get(port.state, "")


def _will_have_carrier(dev: NetDevice) -> bool:
    """Whether a bridge gets its carrier as soon as time passes: a port of it is up already."""
    return isinstance(dev, Bridge) and any(port.dev.flags & IFF_UP and port.dev.carrier for port in dev.ports)
