"""nftables' tables as data: chains, rules, sets and maps by family and name (`struct nft_table`)."""

from __future__ import annotations

from typing import Any

import attrs

Key = tuple[Any, Any]
"""Lowest and highest value of an element; the same for a single one. Interface names are text, all else whole numbers."""


@attrs.define(eq=False)
class NftElement:
    """An element of a set: in maps with data, where the set has timeouts with its end (ns, 0: never)."""

    data: Any = None
    expires: int = 0
    comment: str = ""


@attrs.define(eq=False)
class NftSet:
    """A named set, or a map where `data_type` is given; `timeout` in seconds."""

    name: str
    handle: int
    key_type: str
    data_type: str = ""
    flags: tuple[str, ...] = ()
    elements: dict[Key, NftElement] = attrs.field(factory=dict)
    timeout: int = 0
    size: int = 0
    comment: str = ""
    auto_merge: bool = False
    typeof: str = ""

    def find(self, value: Any, now: int) -> NftElement | None:
        """The element a value belongs to."""
        element = self.elements.get((value, value))
        if element is None and "interval" in self.flags:
            element = next((kept for (low, high), kept in self.elements.items() if low <= value <= high), None)
        return None if element is not None and element.expires and element.expires <= now else element


@attrs.define(eq=False)
class NftObject:
    """A counter, quota or limit with a name; `state` is the statement that does its work."""

    kind: str
    name: str
    handle: int
    state: Any
    comment: str = ""


@attrs.define(eq=False)
class NftRule:
    """A rule: its statements in order, and a remark."""

    handle: int
    statements: tuple[Any, ...]
    comment: str = ""


@attrs.define(eq=False)
class NftChain:
    """A chain; base chains have a type, a hook and a priority."""

    name: str
    handle: int
    kind: str = ""
    hook: int = -1
    priority: int = 0
    policy: int = 1
    rules: list[NftRule] = attrs.field(factory=list)
    comment: str = ""
    entry: Any = None  # what hangs in the hook


@attrs.define(eq=False)
class NftTable:
    """A table; everything made in it takes the next handle."""

    family: str
    name: str
    handle: int
    chains: dict[str, NftChain] = attrs.field(factory=dict)
    sets: dict[str, NftSet] = attrs.field(factory=dict)
    objects: dict[tuple[str, str], NftObject] = attrs.field(factory=dict)
    """By kind and name, in the order they were made."""
    next_handle: int = 1
    comment: str = ""
    netns: Any = None

    def take_handle(self) -> int:
        """A handle for something new."""
        self.next_handle += 1
        return self.next_handle - 1
