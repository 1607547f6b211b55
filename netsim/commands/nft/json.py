"""`nft -j list`: tables, chains and objects as JSON (libnftables-json(5)); rules and sets are refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from netsim.commands.nft.lexer import NftError, Token
from netsim.commands.nft.listing import HOOKS
from netsim.commands.nft.objects import SIZES, UNITS
from netsim.kernel.netfilter.nft.stateful import ByteLimit, Counter, Limit, Quota
from netsim.kernel.tables.nftables import NftChain, NftObject, NftTable

METAINFO = {"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}


def document(items: Iterable[dict[str, Any]]) -> str:
    """What one command prints."""
    return json.dumps({"nftables": [METAINFO, *items]}) + "\n"


def of_table(table: NftTable) -> dict[str, Any]:
    """A table alone."""
    comment = {"comment": table.comment} if table.comment else {}
    return {"table": {"family": table.family, "name": table.name, "handle": table.handle, **comment}}


def of_chain(table: NftTable, chain: NftChain) -> dict[str, Any]:
    """A chain alone."""
    told: dict[str, Any] = {"family": table.family, "table": table.name, "name": chain.name, "handle": chain.handle}
    if chain.comment:
        told["comment"] = chain.comment
    if chain.hook >= 0:
        hook = next(name for name, number in HOOKS.items() if number == chain.hook)
        told |= {"type": chain.kind, "hook": hook, "prio": chain.priority, "policy": "accept" if chain.policy else "drop"}
    return {"chain": told}


def of_object(table: NftTable, known: NftObject) -> dict[str, Any]:
    """A counter, quota or limit."""
    told: dict[str, Any] = {"family": table.family, "name": known.name, "table": table.name, "handle": known.handle}
    if known.comment:
        told["comment"] = known.comment
    return {known.kind: {**told, **_state(known.state)}}


def _state(state: Any) -> dict[str, Any]:
    if isinstance(state, Counter):
        return {"packets": state.packets, "bytes": state.bytes}
    if isinstance(state, Quota):
        return {"bytes": state.quota, "used": state.used, "inv": state.over}
    assert isinstance(state, Limit | ByteLimit)
    inverted = {"inv": True} if state.over else {}
    per = next(name for name, seconds in UNITS.items() if seconds == state.unit)
    if isinstance(state, Limit):
        return {"rate": state.rate, "per": per, **inverted, "burst": state.burst}
    rate, unit = _sized(state.rate)
    told = {"rate": rate, "per": per, **inverted, "rate_unit": unit}
    if state.burst:
        burst, of_burst = _sized(state.burst)
        told |= {"burst": burst, "burst_unit": of_burst}
    return told


def _sized(size: int) -> tuple[int, str]:
    unit = next(unit for unit in reversed(SIZES) if not size % SIZES[unit])
    return size // SIZES[unit], unit


def whole(table: NftTable, at: Token) -> list[dict[str, Any]]:
    """A table with what is in it; NftError where that is more than is modelled."""
    if table.sets or any(chain.rules for chain in table.chains.values()):
        raise NftError("netsim: rules and sets as JSON are not modelled", [at])
    objects = [of_object(table, known) for known in table.objects.values()]
    return [of_table(table), *objects, *(of_chain(table, chain) for chain in table.chains.values())]
