"""netstat -s: counters in words."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from netsim.commands.nettools.statistics_words import WORDS, WORDS6, Words, sentence
from netsim.machine.call import Call

HISTOGRAM_IN, HISTOGRAM_OUT = "ICMP input histogram:", "ICMP output histogram:"
NORMAL = ""
KINDS = {"Ip": "raw", "Icmp": "raw", "Tcp": "tcp", "Udp": "udp", "Sctp": "sctp", "TcpExt": "tcp"}
KINDS6 = {"Ip6": "raw", "Icmp6": "raw", "Udp6": "udp", "Tcp6": "tcp"}


@attrs.define(eq=False)
class Printer:
    """Lines so far, and the histogram one is in, which indents what follows."""

    text: str = ""
    state: str = NORMAL

    def table(self, title: str, kind: str | None, chosen: frozenset[str]) -> bool:
        """A new table: whether it is shown. Unknown ones always are, and leave the indentation as it was (`newtable`)."""
        is_shown = kind is None or kind in chosen
        if is_shown:
            self.text += f"{title}:\n"
        if kind is not None:
            self.state = NORMAL
        return is_shown

    def value(self, words: Words, name: str, value: int) -> None:
        """One counter (`printval`)."""
        said = sentence(words, name)
        if said is None:
            if value:
                self.text += f"{self._indent()}{name}: {value}\n"
            return
        mark, _, rest = said.partition(" ")
        if not said or mark == "@static":
            return
        if mark in ("@in", "@out"):
            kind = HISTOGRAM_IN if mark == "@in" else HISTOGRAM_OUT
            if self.state != kind:
                self.text += f"{self._indent()}{kind}\n"
            self.state = kind
            self.text += f"        {rest.replace('#', str(value))}\n" if value else ""
            return
        self.state = NORMAL
        if mark == "?":
            self.text += f"    {rest.replace('#', str(value))}\n" if value else ""
        else:
            self.text += f"    {said.replace('#', str(value))}\n"

    def _indent(self) -> str:
        return "        " if self.state else "    "


def _tables(text: str) -> Iterable[tuple[str, list[tuple[str, int]]]]:
    lines = text.splitlines()
    for heads, values in zip(lines[::2], lines[1::2], strict=False):
        title, _, names = heads.partition(":")
        yield title, list(zip(names.split(), map(int, values.partition(":")[2].split()), strict=True))


def statistics(call: Call, chosen: frozenset[str]) -> str:
    """IPv4's tables; those nobody asked for are left out, unknown ones never are."""
    printer = Printer()
    for path in ("/proc/net/snmp", "/proc/net/netstat"):
        for title, counters in _tables(call.proc.read_text(path)):
            if printer.table(title, KINDS.get(title), chosen):
                for name, value in counters:
                    printer.value(WORDS.get(title, ()), name, value)
    return printer.text


def _family(name: str) -> str:
    """`Ip6InReceives` is of `Ip6`."""
    return name[: name.index("6") + 1] if "6" in name else name


def statistics6(call: Call, chosen: frozenset[str]) -> str:
    """IPv6's tables, then TCP's, which both versions share."""
    printer, current, is_shown = Printer(), "", False
    for line in call.proc.read_text("/proc/net/snmp6").splitlines():
        name, value = line.split()
        if not current or current not in name:
            current = _family(name)
            is_shown = printer.table(current, KINDS6.get(current), chosen)
        if is_shown:
            printer.value(WORDS6.get(current, ()), name, int(value))
    for title, counters in _tables(call.proc.read_text("/proc/net/snmp")):
        if title == "Tcp" and printer.table(title, "tcp", chosen):
            for name, count in counters:
                printer.value(WORDS["Tcp"], name, count)
    return printer.text
