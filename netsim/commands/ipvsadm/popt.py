"""Words of a command line to options as popt(3) does: long options with `=` or a word after, short ones in clusters."""

from __future__ import annotations

import attrs

from netsim.commands.ipvsadm.problem import FAILED, Problem

NOTHING, WORD, PERHAPS = range(3)
"""What follows an option: nothing, a word, a word unless that looks like an option."""

SHORT = {
    **dict.fromkeys(("A", "E", "D", "C", "a", "e", "d", "L", "l", "R", "S", "Z", "h", "v", "6", "g", "i", "m", "c", "o", "n"), NOTHING),
    **dict.fromkeys(("t", "u", "f", "s", "M", "r", "w", "x", "y", "b"), WORD),
    "p": PERHAPS,
}
LONG = {
    "add-service": ("A", NOTHING), "edit-service": ("E", NOTHING), "delete-service": ("D", NOTHING), "clear": ("C", NOTHING),
    "add-server": ("a", NOTHING), "edit-server": ("e", NOTHING), "delete-server": ("d", NOTHING), "list": ("L", NOTHING),
    "restore": ("R", NOTHING), "save": ("S", NOTHING), "zero": ("Z", NOTHING), "set": ("set", NOTHING), "start-daemon": ("start-daemon", WORD),
    "stop-daemon": ("stop-daemon", WORD), "help": ("h", NOTHING), "version": ("v", NOTHING), "tcp-service": ("t", WORD),
    "udp-service": ("u", WORD), "sctp-service": ("sctp-service", WORD), "fwmark-service": ("f", WORD), "scheduler": ("s", WORD),
    "persistent": ("p", PERHAPS), "netmask": ("M", WORD), "real-server": ("r", WORD), "masquerading": ("m", NOTHING), "ipip": ("i", NOTHING),
    "gatewaying": ("g", NOTHING), "weight": ("w", WORD), "u-threshold": ("x", WORD), "l-threshold": ("y", WORD), "numeric": ("n", NOTHING),
    "connection": ("c", NOTHING), "timeout": ("timeout", NOTHING), "daemon": ("daemon", NOTHING), "stats": ("stats", NOTHING),
    "rate": ("rate", NOTHING), "thresholds": ("thresholds", NOTHING), "persistent-conn": ("persistent-conn", NOTHING),
    "tun-info": ("tun-info", NOTHING), "nosort": ("nosort", NOTHING), "sort": ("sort", NOTHING), "exact": ("exact", NOTHING),
    "ipv6": ("6", NOTHING), "ops": ("o", NOTHING), "pe": ("pe", WORD), "sched-flags": ("b", WORD), "tun-type": ("tun-type", WORD),
    "tun-port": ("tun-port", WORD), "tun-nocsum": ("tun-nocsum", NOTHING), "tun-csum": ("tun-csum", NOTHING),
    "tun-remcsum": ("tun-remcsum", NOTHING), "mcast-interface": ("mcast-interface", WORD), "mcast-group": ("mcast-group", WORD),
    "mcast-port": ("mcast-port", WORD), "mcast-ttl": ("mcast-ttl", WORD), "syncid": ("syncid", WORD), "sync-maxlen": ("sync-maxlen", WORD),
}  # fmt: skip


@attrs.frozen
class Given:
    """One option: what it is called inside, its argument, and how it was written."""

    name: str
    argument: str | None
    spelling: str


@attrs.define
class Words:
    """A command line being read."""

    words: list[str]
    cluster: str = ""
    rest: list[str] = attrs.field(factory=list)

    def next(self) -> Given | None:
        """The next option, None at the end; raises as popt words it."""
        while not self.cluster:
            if not self.words:
                return None
            word = self.words.pop(0)
            if word == "--":
                self.rest += self.words
                self.words = []
            elif word.startswith("--"):
                return self._long(word)
            elif word.startswith("-") and len(word) > 1:
                self.cluster = word[1:]
            else:
                self.rest.append(word)
        return self._short()

    def _short(self) -> Given:
        letter, self.cluster = self.cluster[0], self.cluster[1:]
        takes = SHORT.get(letter)
        if takes is None:
            raise Problem(f"-{letter}: unknown option", FAILED)
        attached = self.cluster.removeprefix("=")
        if takes != NOTHING and attached:
            self.cluster = ""
            return Given(letter, attached, f"-{letter}")
        return Given(letter, self._argument(takes, f"-{letter}"), f"-{letter}")

    def _long(self, word: str) -> Given:
        name, equals, value = word[2:].partition("=")
        if name not in LONG:
            raise Problem(f"{word}: unknown option", FAILED)
        known, takes = LONG[name]
        if equals and takes == NOTHING:
            raise Problem(f"{word}: option does not take an argument", FAILED)
        return Given(known, value if equals else self._argument(takes, f"--{name}"), f"--{name}")

    def _argument(self, takes: int, spelling: str) -> str | None:
        if takes == NOTHING or (takes == PERHAPS and (not self.words or self.words[0].startswith("-"))):
            return None
        if not self.words:
            raise Problem(f"{spelling}: missing argument", FAILED)
        return self.words.pop(0)
