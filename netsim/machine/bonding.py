"""/proc/net/bonding/BOND and /sys/class/net/BOND/bonding (`bond_procfs.c`, `bond_sysfs.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netsim.errors import EACCES, EINVAL, ENODEV, NetError
from netsim.kernel.drivers import bond as driver
from netsim.kernel.drivers.bond import ACTIVEBACKUP, MODELLED, XOR, Bond
from netsim.machine.sysfs_values import Shown, fixed, number

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
TITLES = (
    "load balancing (round-robin)", "fault-tolerance (active-backup)", "load balancing (xor)", "fault-tolerance (broadcast)",
)  # fmt: skip
POLICIES = ("layer2", "layer3+4", "layer2+3")
RESELECTIONS = ("always", "better", "failure")


def bonds_of(netns: Netns) -> dict[str, Bond]:
    """The bonds of a namespace by name."""
    return {dev.name: dev for dev in netns.devices.values() if isinstance(dev, Bond)}


def proc_text(bond: Bond) -> str:
    """What /proc/net/bonding tells of a bond (`bond_info_seq_show`)."""
    settings = bond.settings
    text = f"Ethernet Channel Bonding Driver: v{bond.netns.kernel.profile.release}\n\nBonding Mode: {TITLES[bond.mode]}\n"
    if bond.mode == XOR:
        policy = settings["xmit_hash_policy"]
        text += f"Transmit Hash Policy: {POLICIES[policy]} ({policy})\n"
    if bond.mode == ACTIVEBACKUP:
        primary = f"{bond.primary} (primary_reselect {RESELECTIONS[settings['primary_reselect']]})" if bond.primary else "None"
        text += f"Primary Slave: {primary}\nCurrently Active Slave: {bond.active.dev.name if bond.active is not None else 'None'}\n"
    text += (
        f"MII Status: {'up' if bond.carrier else 'down'}\nMII Polling Interval (ms): {settings['miimon']}\nUp Delay (ms): {settings['updelay']}\n"
        f"Down Delay (ms): {settings['downdelay']}\nPeer Notification Delay (ms): {settings['peer_notify_delay']}\n"
    )
    for slave in bond.slaves:
        speed = slave.dev.link_speed()
        text += (
            f"\nSlave Interface: {slave.dev.name}\nMII Status: {'up' if slave.is_up else 'down'}\n"
            f"Speed: {f'{speed} Mbps' if speed > 0 else 'Unknown'}\nDuplex: {'full' if speed > 0 else 'Unknown'}\n"
            f"Link Failure Count: {slave.failures}\nPermanent HW addr: {slave.permanent_address}\nSlave queue ID: {slave.queue_id}\n"
        )
    return text


# /sys --------------------------------------------------------------------------------------------------------------------


def _setting(name: str) -> Shown:
    def show(bond: Bond) -> str:
        return str(bond.settings[name])

    def store(bond: Bond, text: str) -> None:
        driver.change(bond, {name: number(text, 0x7FFFFFFF)})

    return Shown(show, store)


def _named(show: Callable[[Bond], int], words: tuple[str, ...], store: Callable[[Bond, int], None]) -> Shown:
    def shown(bond: Bond) -> str:
        return f"{words[show(bond)]} {show(bond)}"

    def stored(bond: Bond, text: str) -> None:
        word = text.strip()
        if word not in words and not (word.isdigit() and int(word) < len(words)):
            raise NetError(EINVAL)
        store(bond, words.index(word) if word in words else int(word))

    return Shown(shown, stored)


def _mode(bond: Bond) -> int:
    return bond.mode


def _set_mode(bond: Bond, value: int) -> None:
    if value not in MODELLED:
        bond.netns.kernel.unmodelled.append(f"bond mode {MODES[value]}")
        raise NetError(EINVAL)
    driver.change(bond, {"mode": value})


def _policy(bond: Bond) -> int:
    return int(bond.settings["xmit_hash_policy"])


def _set_policy(bond: Bond, value: int) -> None:
    driver.change(bond, {"xmit_hash_policy": value})


def _reselect(bond: Bond) -> int:
    return int(bond.settings["primary_reselect"])


def _set_reselect(bond: Bond, value: int) -> None:
    driver.change(bond, {"primary_reselect": value})


def _slaves(bond: Bond) -> str:
    return " ".join(slave.dev.name for slave in bond.slaves) + (" " if bond.slaves else "")


def _change_slaves(bond: Bond, text: str) -> None:
    """`+DEV` adds a slave, `-DEV` lets one go (`bond_option_slaves_set`)."""
    word = text.strip()
    dev = bond.netns.device(word[1:])
    if word[:1] not in ("+", "-") or not word[1:]:
        raise NetError(EINVAL)
    if dev is None:
        raise NetError(ENODEV)
    if word[0] == "+":
        bond.add_port(dev)
    else:
        bond.del_port(dev)


def _active(bond: Bond) -> str:
    return bond.active.dev.name if bond.active is not None else ""


def _set_active(bond: Bond, text: str) -> None:
    if bond.mode != ACTIVEBACKUP:
        raise NetError(EACCES)
    driver.change(bond, {"active_slave": text.strip()})


def _primary(bond: Bond) -> str:
    return bond.primary


def _set_primary(bond: Bond, text: str) -> None:
    if bond.mode != ACTIVEBACKUP:
        raise NetError(EACCES)
    driver.change(bond, {"primary": text.strip()})


def _mii_status(bond: Bond) -> str:
    return "up" if bond.carrier else "down"


def _queues(bond: Bond) -> str:
    return " ".join(f"{slave.dev.name}:{slave.queue_id}" for slave in bond.slaves)


BONDING_ATTRIBUTES: dict[str, Shown] = {
    "active_slave": Shown(_active, _set_active),
    "mii_status": Shown(_mii_status),
    "mode": _named(_mode, MODES, _set_mode),
    "primary": Shown(_primary, _set_primary),
    "primary_reselect": _named(_reselect, RESELECTIONS, _set_reselect),
    "queue_id": Shown(_queues),
    "slaves": Shown(_slaves, _change_slaves),
    "xmit_hash_policy": _named(_policy, POLICIES, _set_policy),
    "arp_ip_target": Shown(fixed("")),
    **{
        name: _setting(name)
        for name in (
            "all_slaves_active", "arp_interval", "arp_missed_max", "downdelay", "lp_interval", "miimon", "min_links", "num_grat_arp",
            "packets_per_slave", "resend_igmp", "tlb_dynamic_lb", "updelay", "use_carrier",
        )
    },
}  # fmt: skip
