"""bond and its slaves (`iplink_bond.c`, `iplink_bond_slave.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Number, Reader, Shown, Unmodelled, read
from netsim.commands.ip.kinds.help import BOND_PORT_HELP, KIND_HELP
from netsim.commands.ip.words import Stop, Words, invarg, no_device
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.bond import ACTIVEBACKUP, MODELLED, Bond, BondSlave

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
WORDS: dict[str, tuple[str, ...]] = {
    "arp_validate": ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup"),
    "arp_all_targets": ("any", "all"),
    "primary_reselect": ("always", "better", "failure"),
    "fail_over_mac": ("none", "active", "follow"),
    "xmit_hash_policy": ("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"),
    "lacp_active": ("off", "on"),
    "lacp_rate": ("slow", "fast"),
    "ad_select": ("stable", "bandwidth", "count"),
}
ORDER = (
    "miimon", "updelay", "downdelay", "peer_notify_delay", "use_carrier", "arp_interval", "arp_missed_max", "arp_validate", "arp_all_targets", "primary",
    "primary_reselect", "fail_over_mac", "xmit_hash_policy", "resend_igmp", "num_grat_arp", "all_slaves_active", "min_links", "lp_interval",
    "packets_per_slave", "lacp_active", "lacp_rate", "ad_select", "tlb_dynamic_lb",
)  # fmt: skip
JSON_KEYS = {"num_grat_arp": "num_peer_notif", "lacp_active": "ad_lacp_active", "lacp_rate": "ad_lacp_rate"}
WITHOUT_EFFECT = ("updelay", "downdelay", "peer_notify_delay", "arp_interval", "fail_over_mac", "lp_interval")
"""Delays and ARP monitoring are kept and shown, and reported as not modelled when they ask for something."""


def _mode(reader: Reader) -> None:
    word = reader.argument()
    index = MODES.index(word) if word in MODES else int(word) if word.isdigit() and int(word) < len(MODES) else None
    if index is None:
        raise invarg("invalid mode", word)
    if index not in MODELLED:
        raise Stop(f'netsim: bond mode "{MODES[index]}" is not modelled\n', 1)
    reader.data["mode"] = index


@attrs.frozen
class Device:
    """Reads the name of a device that is there."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        word = reader.argument()
        if reader.netns.device(word) is None:
            raise no_device(word)
        reader.data[self.name] = word


@attrs.frozen
class Counted:
    """A number; one that asks for what is not modelled is reported."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        value = reader.number(f"invalid {self.name}")
        reader.data[self.name] = value
        _report(reader, self.name, value)


@attrs.frozen
class Word:
    """One of a list of words, or its place in it."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        word, words = reader.argument(), WORDS[self.name]
        index = words.index(word) if word in words else int(word) if word.isdigit() and int(word) < len(words) else None
        if index is None:
            raise invarg(f"invalid {self.name}", word)
        if self.name == "xmit_hash_policy" and index > 2:
            raise Stop(f'netsim: bond xmit_hash_policy "{words[index]}" is not modelled\n', 1)
        reader.data[self.name] = index
        _report(reader, self.name, index)


def _report(reader: Reader, name: str, value: int) -> None:
    if value and name in WITHOUT_EFFECT:
        reader.netns.kernel.unmodelled.append(f"ip link type bond {name}")


def _clear(reader: Reader) -> None:
    reader.data["active_slave"] = ""


def _help(reader: Reader) -> None:
    raise Stop(KIND_HELP["bond"], 1)


def _unknown(word: str) -> Stop:
    return Stop(f'bond: unknown command "{word}"?\n{KIND_HELP["bond"]}', 1)


KEYS = (
    Key("mode", _mode), Key("active_slave", Device("active_slave")), Key("clear_active_slave", _clear), Key("miimon", Counted("miimon")),
    *(Key(name, Word(name) if name in WORDS else Counted(name)) for name in ORDER if name not in ("miimon", "primary", "primary_reselect")),
    Key("arp_ip_target", Unmodelled("bond")), Key("ns_ip6_target", Unmodelled("bond")), Key("primary", Device("primary"), exact=1),
    Key("primary_reselect", Word("primary_reselect")), Key("num_unsol_na", Counted("num_grat_arp")), Key("ad_user_port_key", Unmodelled("bond")),
    Key("ad_actor_sys_prio", Unmodelled("bond")), Key("ad_actor_system", Unmodelled("bond")), Key("help", _help),
)  # fmt: skip
PORT_KEYS = (Key("queue_id", Number("queue_id", "queue_id is invalid", 0xFFFF)), Key("prio", Number("prio", "prio is invalid")))


def _parse(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return read(KEYS, Reader(session, cursor, netns), _unknown)


def _unknown_port(word: str) -> Stop:
    return Stop(f'bond_slave: unknown option "{word}"?\n{BOND_PORT_HELP}', 1)


def parse_bond_port(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    """The words after `type bond_slave`."""
    return read(PORT_KEYS, Reader(session, cursor, netns), _unknown_port)


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Bond)
    shown = [Shown(f"mode {MODES[dev.mode]} ", "mode", MODES[dev.mode])]
    if dev.active is not None:
        shown.append(Shown(f"active_slave {dev.active.dev.name} ", "active_slave", dev.active.dev.name))
    for name in ORDER:
        if name == "primary":
            if dev.primary:
                shown.append(Shown(f"primary {dev.primary} ", "primary", dev.primary))
            continue
        value = dev.settings[name]
        text = WORDS[name][value] if name in WORDS else value
        json = None if name == "arp_validate" and not value else text
        shown.append(Shown(f"{name} {text} ", JSON_KEYS.get(name, name), json))
    return shown


def _show_port(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    slave = dev.slave_data
    assert isinstance(slave, BondSlave)
    state = "BACKUP" if slave.bond.mode == ACTIVEBACKUP and slave.bond.active is not slave else "ACTIVE"
    mii = "UP" if slave.is_up else "DOWN"
    return (
        Shown(f"state {state} ", "state", state), Shown(f"mii_status {mii} ", "mii_status", mii),
        Shown(f"link_failure_count {slave.failures} ", "link_failure_count", slave.failures),
        Shown(f"perm_hwaddr {slave.permanent_address} ", "perm_hwaddr", str(slave.permanent_address)),
        Shown(f"queue_id {slave.queue_id} ", "queue_id", slave.queue_id), Shown(f"prio {slave.prio} ", "prio", slave.prio),
    )  # fmt: skip


BOND = LinkUtil(_parse, _show, _show_port)
