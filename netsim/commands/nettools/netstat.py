"""netstat (man netstat(8))."""

from __future__ import annotations

import attrs

from netsim.commands.nettools import interfaces, netstat_sockets
from netsim.commands.nettools.families import AddressFamilies, UnknownFamily
from netsim.commands.nettools.ifconfig import show
from netsim.commands.nettools.netstat_sockets import Style
from netsim.commands.nettools.route import NAMED, NUMBERS, print_tables
from netsim.commands.nettools.statistics import statistics, statistics6
from netsim.commands.nettools.usage import E_OPTERR, FEATURES_AF, FEATURES_HW, RELEASE, netstat_usage
from netsim.kernel.core.netdevice import IFF_UP
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

NETSTAT_GRAMMAR = Grammar(
    flags="CFMacdeghilnNoprsStuUvVWw2fx64?Z", valued="A",
    long={
        "version": ("V", ""), "interfaces": ("i", ""), "help": ("h", ""), "route": ("r", ""), "masquerade": ("M", ""), "protocol": ("A", "="),
        "tcp": ("t", ""), "sctp": ("S", ""), "udp": ("u", ""), "udplite": ("U", ""), "raw": ("w", ""), "unix": ("x", ""), "l2cap": ("2", ""),
        "rfcomm": ("f", ""), "listening": ("l", ""), "all": ("a", ""), "timers": ("o", ""), "continuous": ("c", ""), "extend": ("e", ""),
        "programs": ("p", ""), "verbose": ("v", ""), "statistics": ("s", ""), "wide": ("W", ""), "numeric": ("n", ""),
        "numeric-hosts": ("hosts", ""), "numeric-ports": ("ports", ""), "numeric-users": ("users", ""), "symbolic": ("N", ""),
        "cache": ("C", ""), "fib": ("F", ""), "groups": ("g", ""), "context": ("Z", ""),
        **{name: (f"--{name}", "") for name in ("ax25", "ip", "ipx", "inet", "inet6", "netrom", "ddp", "appletalk", "rose", "tcpip", "x25")},
    },
)  # fmt: skip
SOCKET_LETTERS = {"t": "tcp", "S": "sctp", "u": "udp", "U": "udplite", "w": "raw"}
ABSENT = {"ipx": "AF IPX", "ax25": "AF AX25", "x25": "AF X25", "netrom": "AF NETROM", "rose": "AF ROSE"}
"""Families whose files the kernel does not have, in the order they are asked for."""
SCTP = "AF INET (sctp)"
INTERNET, UNIX = "Active Internet connections ", "Active UNIX domain sockets "


@attrs.define(eq=False)
class Netstat:
    """One invocation: what its options chose."""

    call: Call
    letters: set[str] = attrs.field(factory=set)
    extent: int = 0
    families: AddressFamilies = attrs.field(factory=AddressFamilies)
    sockets: set[str] = attrs.field(factory=set)
    out: str = ""
    err: str = ""

    def has(self, letter: str) -> bool:
        """Whether an option was given."""
        return letter in self.letters

    def style(self) -> Style:
        """How sockets are shown."""
        numbers = {"hosts", "ports", "users"} if self.has("n") else self.letters & {"hosts", "ports", "users"}
        return Style(
            frozenset(numbers), self.has("W"), self.has("a"), self.has("l"), int(self.extent > 0), self.has("p"), self.has("o"),
        )  # fmt: skip

    # kinds of listing --------------------------------------------------------------------------------------------------------

    def run(self) -> Result:
        """Print what was chosen."""
        if sum(self.has(letter) for letter in "irMs") > 1:
            return netstat_usage(E_OPTERR)
        if self.has("M"):
            return Result("", "netstat: no support for `ip_masquerade' on this system.\n", 1)
        if self.has("s"):
            return self._statistics()
        if self.has("r"):
            return self._routes()
        if self.has("i"):
            return self._interfaces()
        return self._sockets()

    def _statistics(self) -> Result:
        chosen = self.sockets or {"tcp", "udp", "raw", "sctp"}
        family = self.families.names[0] if self.families.names else "inet"
        if family == "inet":
            return Result(statistics(self.call, frozenset(chosen)))
        if family == "inet6":
            return Result(statistics6(self.call, frozenset(chosen)))
        return Result(f"netstat: No statistics support for specified address family: {family}\n", "", 1)

    def _routes(self) -> Result:
        extent = {1: 1, 0: 2, 2: 3}.get(self.extent, self.extent + 1)
        what = {word for letter, word in (("C", "cache"), ("F", "fib")) if self.has(letter)} or {"fib"}
        style = NUMBERS if self.has("n") or self.has("hosts") else NAMED
        return print_tables(self.call, self.families.names or ["inet"], extent, style, frozenset(what))

    def _interfaces(self) -> Result:
        must_be = 0 if self.has("a") else IFF_UP
        if self.extent:
            out, err, is_fine = show(self.call, None, self._long, must_be)
            head = ""
        else:
            out, err, is_fine = show(self.call, None, interfaces.short, must_be)
            head = interfaces.NETSTAT_HEAD
        return Result("Kernel Interface table\n" + head + out, err, 0 if is_fine else 1)

    def _long(self, ife: interfaces.Interface) -> str:
        return interfaces.long(self.call, ife)

    # sockets -----------------------------------------------------------------------------------------------------------------

    def _which(self) -> str:
        return "(servers and established)" if self.has("a") else "(only servers)" if self.has("l") else "(w/o servers)"

    def _sockets(self) -> Result:
        """Internet sockets, groups, local sockets, and families that are not there; asked for by name they are an error."""
        names = self.families.names
        internet = [name for name in names if name in ("inet", "inet6")]
        chosen = set(self.sockets)
        if internet and not chosen:
            chosen = {"tcp", "udp", "raw", "sctp", "udplite"}
            is_default = True
        else:
            is_default = False
        others = [name for name in names if name not in ("inet", "inet6")]
        asked = bool(chosen or others or self.has("g") or self.has("2") or self.has("f"))
        versions = internet or ["inet", "inet6"]
        held = netstat_sockets.owners(self.call) if self.has("p") else {}
        if not asked or chosen:
            self.out += self._head()
            problem = self._internet(chosen or set(SOCKET_LETTERS.values()), versions, held, is_named=bool(chosen) and not is_default)
            if problem:
                return Result(self.out, self.err, problem)
        if self.has("g"):
            self.out += "IPv6/IPv4 Group Memberships\nInterface       RefCnt Group\n--------------- ------ ---------------------\n"
            self.out += netstat_sockets.groups(self.call)
        if not asked or "unix" in others:
            self.out += f"{UNIX}{self._which()}\nProto RefCnt Flags       Type       State         I-Node  "
            self.out += f" {'PID/Program name':<20s}" if self.has("p") else ""
            self.out += " Path\n"
        return self._absent(others, asked=asked)

    def _head(self) -> str:
        text = f"{INTERNET}{self._which()}\nProto Recv-Q Send-Q Local Address           Foreign Address         State      "
        text += " User       Inode     " if self.extent else ""
        text += f" {'PID/Program name':<20s}" if self.has("p") else ""
        return text + (" Timer" if self.has("o") else "") + "\n"

    def _internet(self, chosen: set[str], versions: list[str], held: dict[int, str], *, is_named: bool) -> int:
        style = self.style()
        six = {"inet": "", "inet6": "6"}
        for kind in ("tcp", "sctp", "udp", "udplite", "raw"):
            if kind not in chosen:
                continue
            if kind == "sctp":
                if is_named or self.has("v"):
                    self.err += f"netstat: no support for `{SCTP}' on this system.\n"
                if is_named:
                    return 1
            for version in versions:
                name = kind + six[version]
                if kind == "tcp":
                    self.out += netstat_sockets.tcp(self.call, style, name, held)
                elif kind == "udp":
                    self.out += netstat_sockets.udp(self.call, style, name, name, held)
                elif kind == "udplite" and version == "inet":
                    self.out += netstat_sockets.udp(self.call, style, name, "udpl", held)
                elif kind == "raw":
                    self.out += netstat_sockets.raw(self.call, style, name, held)
        return 0

    def _absent(self, others: list[str], *, asked: bool) -> Result:
        for name, title in ABSENT.items():
            if name in others or (not asked and self.has("v")):
                self.err += f"netstat: no support for `{title}' on this system.\n"
            if name in others:
                return Result(self.out, self.err, 1)
        if self.has("2") or self.has("f"):
            self.err += "netstat: feature `AF BLUETOOTH' not supported.\n"
            self.err += "Please recompile `net-tools' with newer kernel source or full configuration.\n"
            return Result(self.out, self.err, 1)
        return Result(self.out, self.err)


def netstat(call: Call) -> Result:
    """The netstat command."""
    session = Netstat(call)
    try:
        options, _ = parse(call.argv[1:], NETSTAT_GRAMMAR)
    except OptionError as error:
        told = netstat_usage(E_OPTERR)
        return Result("", f"netstat: {error}\n{told.stderr}", told.status)
    for option in options:
        letter = option.name
        try:
            session.families.take(option)
        except UnknownFamily as error:
            return Result("", f"{error}\n", 1)
        if letter in SOCKET_LETTERS:
            session.sockets.add(SOCKET_LETTERS[letter])
        elif letter == "x":
            session.families.names.append("unix")
        elif letter == "e":
            session.extent += 1
        elif letter == "V":
            return Result(
                RELEASE
                + "Fred Baumgarten, Alan Cox, Bernd Eckenfels, Phil Blundell, Tuan Hoang, Brian Micek and others\n"
                + "+NEW_ADDRT +RTF_IRTT +RTF_REJECT +FW_MASQUERADE +I18N +SELINUX\n"
                + FEATURES_AF
                + "HW:  "
                + FEATURES_HW
            )
        elif letter == "Z":
            return Result("", "SELinux is not enabled on this machine.\n", 1)
        elif letter in "?h" and len(letter) == 1:
            return netstat_usage(E_OPTERR if letter == "?" else 0)
        elif letter == "c":
            return Result("", "netsim: netstat -c would never end; use a loop with sleep\n", 1)
        session.letters.add(letter)
    return session.run()
