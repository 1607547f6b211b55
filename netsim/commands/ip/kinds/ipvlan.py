"""ipvlan (`iplink_ipvlan.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Shown, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.words import Stop, Words
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.ipvlan import FLAG_PRIVATE, FLAG_VEPA, MODE_L2, MODE_L3, MODE_L3S, Ipvlan

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

MODES = {"l2": MODE_L2, "l3": MODE_L3, "l3s": MODE_L3S}
MODE_NAMES = {value: name for name, value in MODES.items()}


def _mode(reader: Reader) -> None:
    word = reader.argument()
    if word not in MODES:
        raise Stop('Error: argument of "mode" must be either "l2", "l3" or "l3s"\n', 1)
    reader.data["mode"] = MODES[word]


@attrs.frozen
class Way:
    """How siblings reach each other: one of the three may be said."""

    flag: int

    def __call__(self, reader: Reader) -> None:
        """Keep it; a second one is an unknown option."""
        if "flags" in reader.data:
            raise _unknown(reader.word)
        reader.data["flags"] = self.flag


def _help(reader: Reader) -> None:
    raise Stop(KIND_HELP["ipvlan"], 1)


def _unknown(word: str) -> Stop:
    return Stop(f'ipvlan: unknown option "{word}"?\n{KIND_HELP["ipvlan"]}', 1)


KEYS = (
    Key("mode", _mode), Key("private", Way(FLAG_PRIVATE)), Key("vepa", Way(FLAG_VEPA)), Key("bridge", Way(0)),
    Key("help", _help),
)  # fmt: skip


def _parse(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return {"flags": 0, **read(KEYS, Reader(session, cursor, netns), _unknown)}  # always sent: a way that is not said is bridge


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Ipvlan)
    mode = MODE_NAMES[dev.port.mode]
    way = "private" if dev.port.flags & FLAG_PRIVATE else "vepa" if dev.port.flags & FLAG_VEPA else "bridge"
    return (Shown(f" mode {mode} ", "mode", mode), Shown(f"{way} ", way, True))


IPVLAN = LinkUtil(_parse, _show)
