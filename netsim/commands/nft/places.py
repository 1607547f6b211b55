"""The draft of a rule set, and finding tables, chains and sets in it by the words of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.lexer import NftError, Token
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.nftables import NftChain, NftSet, NftTable

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
MODELLED_FAMILIES = ("ip", "ip6", "inet")
NOT_THERE = "No such file or directory"
PROCESS = "Could not process rule: "


@attrs.define(eq=False)
class Ruleset:
    """A draft of all tables by family and name; `made` collects what -e echoes."""

    tables: dict[tuple[str, str], NftTable]
    netns: Any
    next_table: int
    listings: list[tuple[str, ...]] = attrs.field(factory=list)
    out: list[str] = attrs.field(factory=list)
    emptied: list[tuple[str, str]] = attrs.field(factory=list)
    """Tables of iptables to take away: (family or "", name or "")."""
    flushed: list[tuple[str, str, str]] = attrs.field(factory=list)
    """Tables of iptables whose chains lose their rules, or one chain: (family, table, chain or "")."""
    show: Callable[..., None] | None = None
    echo: Callable[..., None] | None = None

    def devices(self) -> dict[str, int]:
        """ifindexes by name."""
        return {dev.name: dev.ifindex for dev in self.netns.devices.values()}


@attrs.define(eq=False)
class Places:
    """Words, and the draft they are about."""

    cursor: Cursor
    rules: Ruleset

    def family(self) -> str:
        """An optional family; ip by default."""
        token = self.cursor.peek()
        if token.text not in FAMILIES or token.kind != "word":
            return "ip"
        if token.text not in MODELLED_FAMILIES:
            raise NftError(f"netsim: family {token.text} is not modelled", [token])
        self.cursor.take()
        return token.text

    def table(self, words: str = PROCESS) -> tuple[NftTable, Token]:
        """The table named next; it must be there."""
        family = self.family()
        token = self.cursor.word()
        found = self.rules.tables.get((family, token.text))
        if found is None and self.is_of_iptables(family, token.text):
            raise NftError(f"netsim: table {family} {token.text} belongs to iptables; changing it with nft is not modelled", [token])
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return found, token

    def is_of_iptables(self, family: str, name: str) -> bool:
        """Whether iptables' nf_tables build has a table so called."""
        known = state_of(self.rules.netns).tables.get(({"ip": PF_INET, "ip6": PF_INET6}.get(family, 0), name))
        return known is not None and known.present

    def iptables_table(self) -> tuple[str, str] | None:
        """Family and name of the table named next if it is one of iptables; None, and nothing read, otherwise."""
        at = self.cursor.at
        family, token = self.family(), self.cursor.word()
        if (family, token.text) not in self.rules.tables and self.is_of_iptables(family, token.text):
            return family, token.text
        self.cursor.at = at
        return None

    def chain(self, words: str = PROCESS) -> tuple[NftTable, NftChain, Token]:
        """The chain named next, after its table."""
        table, _ = self.table()
        token = self.cursor.word()
        found = table.chains.get(token.text)
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return table, found, token

    def set(self, words: str = "") -> tuple[NftTable, NftSet, Token]:
        """The set named next, after its table."""
        table, _ = self.table()
        token = self.cursor.word()
        found = table.sets.get(token.text)
        if found is None:
            raise NftError(words + NOT_THERE, [token])
        return table, found, token
