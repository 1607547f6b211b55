"""The verbs every release's rules are written by, and how rules get into the kernel: by running the real tool's command lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs

from netsim.docker.errors import Refusal, failed
from netsim.docker.firewall.wants import LinkWants, NetworkWants, PortWants
from netsim.machine.call import Result

Runner = Callable[[tuple[str, ...]], Result]
"""Runs a command line as the daemon would (`iptables --wait ...`) and gives its answer."""


class Firewall:
    """Rules of one daemon (`firewaller.Firewaller`)."""

    __slots__ = ()
    ingress_from: ClassVar[str] = "FORWARD"
    """The chain that jumps to the rules of the routing mesh."""
    leaves_half: ClassVar[int] = 0
    """1: what was written of a port's rules stays when another one of them fails."""
    ingress_tracks: ClassVar[int] = 0
    """1: these ask for connections' states by `conntrack`, 0: by the older `state`."""

    def start(self, forward_drop: int) -> None:
        """Chains and jumps that are there before any network; `forward_drop`: the daemon has just switched forwarding on, so drop what it does not know."""

    def user_chain(self) -> None:
        """The chain for the user's own rules, once the networks' are there."""

    def arrange(self) -> None:
        """A network was made by request: the user's chain goes to its place."""

    def add_network(self, wants: NetworkWants) -> None:
        """A network begins."""

    def del_network(self, wants: NetworkWants) -> None:
        """A network ends."""

    def add_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """A container gets an address."""

    def del_endpoint(self, wants: NetworkWants, addresses: Sequence[object]) -> None:
        """A container's address is given back."""

    def add_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Ports are published."""

    def del_ports(self, wants: NetworkWants, ports: Sequence[PortWants]) -> None:
        """Ports are published no more."""

    def add_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """A legacy link begins."""

    def del_link(self, wants: NetworkWants, link: LinkWants) -> None:
        """A legacy link ends."""


@attrs.define(eq=False)
class Tables:
    """One family's `iptables`: rules are put in once and taken out if they are there."""

    run: Runner
    command: str = "iptables"

    def __call__(self, *words: str) -> Result:
        """One command line."""
        return self.run((self.command, "--wait", *words))

    def must(self, *words: str) -> None:
        """One command line that must succeed."""
        done = self.run((self.command, "--wait", *words))
        if done.status:
            text = (done.stderr or done.stdout).strip()
            raise failed(f"{self.command} failed: {self.command} --wait {' '.join(words)}: {text}\n (exit status {done.status})")

    def program(self, *words: str) -> None:
        """The same, refused in brackets behind what the tool printed on its standard output, which is nothing (`RawCombinedOutput`)."""
        try:
            self.must(*words)
        except Refusal as problem:
            raise failed(f" ({problem.text})") from None

    def chain(self, table: str, chain: str) -> None:
        """Make a chain if it is not there."""
        if self("-t", table, "-n", "-L", chain).status:
            self.must("-t", table, "-N", chain)

    def withdraw_jumps(self, loopback: str) -> None:
        """The ways into nat's DOCKER that a daemon before us left, with its userland proxy or without (`ChainInfo.Remove`)."""
        local = ("-m", "addrtype", "--dst-type", "LOCAL")
        self.delete("nat", "PREROUTING", *local, "-j", "DOCKER")
        for spared in ("!", "-d", loopback), ():
            self.delete("nat", "OUTPUT", *local, *spared, "-j", "DOCKER")

    def renew(self, table: str, chain: str) -> None:
        """Make a chain, or empty the one that a daemon before us left."""
        if self("-t", table, "-n", "-L", chain).status:
            self.must("-t", table, "-N", chain)
        else:
            self.must("-t", table, "-F", chain)

    def has(self, table: str, chain: str, *rule: str) -> bool:
        """Whether a rule is there (`-C`)."""
        return not self.run((self.command, "--wait", "-t", table, "-C", chain, *rule)).status

    def append(self, table: str, chain: str, *rule: str) -> None:
        """Put a rule at the end unless it is there."""
        if self.run((self.command, "--wait", "-t", table, "-C", chain, *rule)).status:
            self.must("-t", table, "-A", chain, *rule)

    def insert(self, table: str, chain: str, *rule: str) -> None:
        """Put a rule at the top unless it is there."""
        if self.run((self.command, "--wait", "-t", table, "-C", chain, *rule)).status:
            self.must("-t", table, "-I", chain, *rule)

    def delete(self, table: str, chain: str, *rule: str) -> None:
        """Take a rule out if it is there."""
        if not self.run((self.command, "--wait", "-t", table, "-C", chain, *rule)).status:
            self.must("-t", table, "-D", chain, *rule)
