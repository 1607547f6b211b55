"""Objects of ip that are refused by name, with the real tool's words where a kernel without the module would answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.words import Stop, Words

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def refuse(session: Ip, cursor: Words) -> None:
    """Objects nothing is modelled of."""
    name = cursor.words[cursor.at - 1]
    raise Stop(f'netsim: "ip {name}" is not modelled\n', 1)
