"""The rules of 28.0.0 alone: no chains of Docker's own below FORWARD; a set of the networks' prefixes says what is for a container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import attrs

from netsim.docker.errors import failed
from netsim.docker.firewall.iptabler import ANSWERS, Iptabler
from netsim.docker.firewall.wants import NetworkWants
from netsim.docker.firewall.writer import Tables

SETS = {"iptables": ("docker-ext-bridges-v4", "inet"), "ip6tables": ("docker-ext-bridges-v6", "inet6")}


@attrs.define(eq=False)
class BySets(Iptabler):
    """One engine's rules; prefixes of networks that are not internal are in a set of each family (`ipset(8)`, hash:net)."""

    ingress_from: ClassVar[str] = "FORWARD"
    forward: ClassVar[str] = "FORWARD"
    chains: ClassVar[tuple[str, ...]] = ("DOCKER",)

    def _set(self, *words: str) -> None:
        done = self.run(("ipset", "-exist", *words))
        if done.status:
            raise failed(f"ipset {' '.join(words)}: {done.stderr.strip()}")

    def _jumps(self, tables: Tables, between: str) -> None:
        name, family = SETS[tables.command]
        self._set("create", name, "hash:net", "family", family)
        self._set("flush", name)  # what a daemon before us left
        towards = ("-m", "set", "--match-set", name, "dst")
        for rule in ((*towards, "-j", "DOCKER"), ("-j", between), (*towards, *ANSWERS, "-j", "ACCEPT")):
            tables.delete("filter", "FORWARD", *rule)
            tables.must("-I", "FORWARD", *rule)

    def arrange(self) -> None:
        """The user's chain is the first jump, whatever was inserted since (`arrangeUserFilterRule`)."""
        self.user_chain()

    def _towards(self, br: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
        """The set says it for all of them."""
        yield from ()

    def add_network(self, wants: NetworkWants) -> None:
        """A network's rules, and its prefixes into the sets."""
        for tables, family in self._each(wants):
            if not wants.internal:
                self._set("add", SETS[tables.command][0], str(family.subnet))
        super().add_network(wants)

    def del_network(self, wants: NetworkWants) -> None:
        """Take them out."""
        super().del_network(wants)
        for tables, family in self._each(wants):
            if not wants.internal:
                self._set("del", SETS[tables.command][0], str(family.subnet))
