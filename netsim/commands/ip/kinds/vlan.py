"""vlan (`iplink_vlan.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Number, Reader, Shown, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.words import Stop, Words, invarg, number
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vlan import BRIDGE_BINDING, GVRP, LOOSE_BINDING, MVRP, REORDER_HDR, Vlan

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

PROTOCOLS = {"802.1q": 0x8100, "802.1ad": 0x88A8}
PROTOCOL_NAMES = {0x8100: "802.1Q", 0x88A8: "802.1ad"}
FLAG_NAMES = ((REORDER_HDR, "REORDER_HDR"), (GVRP, "GVRP"), (MVRP, "MVRP"), (LOOSE_BINDING, "LOOSE_BINDING"), (BRIDGE_BINDING, "BRIDGE_BINDING"))
REPORTED = (GVRP, MVRP, BRIDGE_BINDING)


@attrs.frozen
class Flag:
    """A switch of the device; registration protocols and bridge binding are kept and shown, but do nothing, and are reported."""

    name: str
    bit: int

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        value = reader.on_off(self.name)
        data = reader.data
        data["flag_mask"] = data.get("flag_mask", 0) | self.bit
        data["flags"] = data.get("flags", 0) & ~self.bit | (self.bit if value else 0)
        if value and self.bit in REPORTED:
            reader.netns.kernel.unmodelled.append(f"ip link type vlan {self.name}")


def _protocol(reader: Reader) -> None:
    word = reader.argument()
    value = PROTOCOLS.get(word.lower())
    if value is None:
        raise invarg("protocol is invalid", word)
    reader.data["protocol"] = value


@attrs.frozen
class QosMap:
    """FROM:TO pairs up to the next word that is none (`vlan_parse_qos_map`)."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Read them."""
        cursor = reader.cursor
        pairs = reader.data.setdefault(self.name, {})
        if not cursor.more():
            cursor.argument()
        while cursor.more() and ":" in cursor.peek():
            word = cursor.take()
            start, _, end = word.partition(":")
            low, high = number(start, 0, 0xFFFFFFFF), number(end, 0, 0xFFFFFFFF)
            if low is None or high is None:
                raise invarg(f"invalid {self.name}-qos-map", start)
            pairs[low] = high


def _help(reader: Reader) -> None:
    raise Stop(KIND_HELP["vlan"], 1)


def _unknown(word: str) -> Stop:
    return Stop(f'vlan: unknown command "{word}"?\n{KIND_HELP["vlan"]}', 1)


KEYS = (
    Key("protocol", _protocol), Key("id", Number("id", "id is invalid", 0xFFFF)), Key("reorder_hdr", Flag("reorder_hdr", REORDER_HDR)),
    Key("gvrp", Flag("gvrp", GVRP)), Key("mvrp", Flag("mvrp", MVRP)), Key("loose_binding", Flag("loose_binding", LOOSE_BINDING)),
    Key("bridge_binding", Flag("bridge_binding", BRIDGE_BINDING)), Key("ingress-qos-map", QosMap("ingress")), Key("egress-qos-map", QosMap("egress")),
    Key("help", _help),
)  # fmt: skip


def _parse(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return read(KEYS, Reader(session, cursor, netns), _unknown)


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Vlan)
    name = PROTOCOL_NAMES[dev.protocol]
    shown = [Shown(f"protocol {name} ", "protocol", name), Shown(f"id {dev.vid} ", "id", dev.vid)]
    flags = [text for bit, text in FLAG_NAMES if dev.vlan_flags & bit]
    if flags:
        shown.append(Shown(f"<{','.join(flags)}> ", "flags", flags))
    for title, key, pairs in (
        ("ingress", "ingress_qos", dev.ingress),
        ("egress", "egress_qos", {low: high for low, high in dev.egress.items() if high}),
    ):
        if pairs:
            text = " ".join(f"{low}:{high}" for low, high in pairs.items())
            items = [{"from": low, "to": high} for low, high in pairs.items()]
            shown.append(Shown(f"{session.style.newline}      {title}-qos-map {{ {text} }} ", key, items))
    return shown


VLAN = LinkUtil(_parse, _show)
