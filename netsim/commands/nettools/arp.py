"""arp (man arp(8))."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4
from netsim.commands.nettools.families import ALIASES
from netsim.commands.nettools.names import Unresolved, ether, host_name, resolve
from netsim.commands.nettools.usage import E_OPTERR, FEATURES_AF, FEATURES_HW, HARDWARE, RELEASE, WITH_ARP, arp_usage
from netsim.errors import ENOENT, ENXIO, NetError, strerror
from netsim.kernel.core.netdevice import ARPHRD_ETHER
from netsim.kernel.rtnl import ioctl
from netsim.kernel.rtnl.ioctl_route import (
    ATF_COM,
    ATF_DONTPUB,
    ATF_NETMASK,
    ATF_PERM,
    ATF_PUBL,
    ATF_USETRAILERS,
    FULL_MASK,
    ArpEntry,
    delete_arp,
    set_arp,
)
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

ARP_GRAMMAR = Grammar(
    flags="adfnsevh?DNV", valued="AHpit",
    long={
        "verbose": ("v", ""), "version": ("V", ""), "all": ("a", ""), "delete": ("d", ""), "file": ("f", ""), "numeric": ("n", ""),
        "set": ("s", ""), "protocol": ("A", "="), "hw-type": ("H", "="), "device": ("i", "="), "help": ("h", ""), "use-device": ("D", ""),
        "symbolic": ("N", ""),
    },
)  # fmt: skip
HEAD = "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
IFNAMSIZ = 15
FAILED = 255
NUMBERS = "numbers"
LINUX, BSD = "linux", "bsd"
SHORT, LONG = ((ATF_COM, "C"), (ATF_PERM, "M"), (ATF_PUBL, "P"), (ATF_USETRAILERS, "T")), ((ATF_PERM, "PERM "), (ATF_PUBL, "PUB "))
MARKS = {"trail": ATF_USETRAILERS, "dontpub": ATF_DONTPUB, "auto": 0}


class Usage(Exception):
    """The words make no sense."""


@attrs.define(eq=False)
class Arp:
    """One invocation: what its options said, and what it has to say."""

    call: Call
    style: str = LINUX
    names: str = ""
    is_verbose: bool = False
    all_entries: bool = False
    from_device: bool = False
    hardware: str = ""
    device: str = ""
    out: str = ""
    err: str = ""

    # words that set or delete --------------------------------------------------------------------------------------------

    def host(self, words: list[str]) -> tuple[str, IPv4] | None:
        """The first word as an address."""
        if not words:
            self.err += "arp: need host name\n"
            return None
        word = words.pop(0)[:127]
        try:
            return word, resolve(self.call, word).address
        except Unresolved as error:
            self.err += f"{word}: {error}\n"
            return None

    def option(self, word: str, words: list[str]) -> IPv4 | None:
        """`dev IF` and `netmask MASK`, which both commands know; the mask when it was one that counts."""
        if not words or word not in ("dev", "netmask"):
            raise Usage
        value = words.pop(0)
        if word == "dev":
            self.device = value[:IFNAMSIZ]
            return None
        return None if value == "255.255.255.255" else resolve(self.call, value).address

    def delete(self, words: list[str]) -> int:
        """-d HOST [pub|priv ...]: the private entry, then the published one."""
        known = self.host(words)
        if known is None:
            return FAILED
        word, address = known
        flags, which, mask = ATF_PERM, set(), FULL_MASK
        while words:
            option = words.pop(0)
            if self.is_verbose:
                self.err += f"args={option}\n"
            if option in ("pub", "priv"):
                which.add(option)
            elif option == "temp":
                flags &= ~ATF_PERM
            elif option in MARKS:
                flags |= MARKS[option]
            else:
                chosen = self.option(option, words)
                mask, flags = (chosen, flags | ATF_NETMASK) if chosen is not None else (mask, flags)
        kind = WITH_ARP.get(self.hardware, 0)
        entry = ArpEntry(address, MAC(0), kind, flags, mask, self.device)
        for step, label, bits in (("priv", "dontpub", 0), ("pub", "pub", ATF_PUBL)):
            if which and step not in which:
                continue
            if self.is_verbose:
                self.err += f"arp: SIOCDARP({label})\n"
            try:
                delete_arp(self.call.netns, attrs.evolve(entry, flags=flags | bits))
            except NetError as error:
                if error.errno in (ENXIO, ENOENT):
                    if step == "priv" and (not which or "pub" in which):
                        continue
                    self.out += f"No ARP entry for {word}\n"
                    return FAILED
                self.err += f"SIOCDARP({label}): {strerror(error.errno)}\n"
                return FAILED
            return 0
        return 0

    def set(self, words: list[str]) -> int:
        """-s HOST LLADDR [temp|pub ...]."""
        known = self.host(words)
        if known is None:
            return FAILED
        if not words:
            self.err += "arp: need hardware address\n"
            return FAILED
        lladdr = self._device_address(words.pop(0)) if self.from_device else self._hardware_address(words.pop(0), known[1])
        if lladdr is None:
            return FAILED
        flags, mask = ATF_PERM | ATF_COM, FULL_MASK
        while words:
            option = words.pop(0)
            if option == "temp":
                flags &= ~ATF_PERM
            elif option == "pub":
                flags |= ATF_PUBL
            elif option == "priv":
                flags &= ~ATF_PUBL
            elif option in MARKS:
                flags |= MARKS[option]
            else:
                chosen = self.option(option, words)
                mask, flags = (chosen, flags | ATF_NETMASK) if chosen is not None else (mask, flags)
        if self.is_verbose:
            self.err += "arp: SIOCSARP()\n"
        try:
            set_arp(self.call.netns, ArpEntry(known[1], lladdr[0], lladdr[1], flags, mask, self.device))
        except NetError as error:
            self.err += f"SIOCSARP: {strerror(error.errno)}\n"
            return FAILED
        return 0

    def _hardware_address(self, word: str, address: IPv4) -> tuple[MAC, int] | None:
        """The buffer it is read into held the host's address before, which shows where octets are missing."""
        lladdr = ether(word, bytes(2) + address.to_bytes(4, "big"))
        if lladdr is None:
            self.err += "arp: invalid hardware address\n"
            return None
        return lladdr, WITH_ARP.get(self.hardware, ARPHRD_ETHER)

    def _device_address(self, name: str) -> tuple[MAC, int] | None:
        try:
            dev = ioctl.lookup(self.call.netns, name)
        except NetError as error:
            self.err += f"arp: cant get HW-Address for `{name}': {strerror(error.errno)}.\n"
            return None
        if self.hardware and dev.type != WITH_ARP[self.hardware]:
            self.err += "arp: protocol type mismatch.\n"
            return None
        if self.is_verbose:
            self.err += f"arp: device `{name}' has HW address ether `{dev.address}'.\n"
        return dev.address, dev.type

    def file(self, path: str) -> int:
        """-f FILE: one entry a line, host and address in either order."""
        try:
            text = self.call.machine.files.read(self.call.proc, path).decode(errors="replace")
        except NetError:
            self.err += f"arp: cannot open etherfile {path} !\n"
            return FAILED
        for number, line in enumerate(text.splitlines(), 1):
            if self.is_verbose:
                self.err += f">> {line}\n"
            words = line.split()
            if not line or line.startswith("#"):
                continue
            if len(words) < 2:
                self.err += f"arp: format error on line {number} of etherfile {path} !\n"
                continue
            if ":" in words[0]:
                words[:2] = words[1], words[0]
            if self.set(words):
                self.err += f"arp: cannot set entry on line {number} of etherfile {path} !\n"
        return 0

    # showing -------------------------------------------------------------------------------------------------------------

    def show(self, name: str | None) -> int:
        """The entries of /proc/net/arp that were asked about."""
        wanted = ""
        if name is not None:
            try:
                wanted = str(resolve(self.call, name[:99]).address)
            except Unresolved as error:
                self.err += f"{name}: {error}\n"
                return FAILED
        rows = [line.split() for line in self.call.proc.read_text("/proc/net/arp").splitlines()[1:]]
        kind = WITH_ARP.get(self.hardware)
        chosen = [
            row
            for row in rows
            if (kind is None or int(row[1], 16) == kind) and wanted in ("", row[0]) and self.device in ("", row[5])
        ]  # fmt: skip
        if chosen and self.style == LINUX:
            self.out += HEAD
        self.out += "".join(self._entry(*row) for row in chosen)
        if self.is_verbose:
            self.out += f"Entries: {len(rows)}\tSkipped: {len(rows) - len(chosen)}\tFound: {len(chosen)}\n"
        if not chosen and wanted and not self.all_entries:
            self.out += f"{name} ({wanted}) -- no entry\n"
        elif not chosen and (self.hardware or wanted or self.device):
            self.out += f"arp: in {len(rows)} entries no match found.\n"
        return 0

    def _entry(self, address: str, kind: str, flag_text: str, lladdr: str, mask: str, dev: str) -> str:
        flags = int(flag_text, 16)
        name = address if self.names == NUMBERS else host_name(self.call, IPv4.parse(address))
        hardware = next((known for known, number in WITH_ARP.items() if number == int(kind, 16)), "ether")
        if self.style == BSD:
            return self._bsd(address if name == address else name, address, hardware, flags, lladdr, dev)
        letters = "".join(letter for bit, letter in SHORT if flags & bit)
        if flags & ATF_COM:
            middle = f"{hardware:<8.8s}{lladdr:<20.20s}"
        else:
            middle = f"{'*':<8s}{'<from_interface>':<20s}" if flags & ATF_PUBL else f"{'':<8s}{'(incomplete)':<20s}"
        return f"{name:<23.23s}  {middle}{letters:<6s}{'':<15s} {dev}\n"

    def _bsd(self, name: str, address: str, hardware: str, flags: int, lladdr: str, dev: str) -> str:
        shown = "?" if name == address else name
        if flags & ATF_COM:
            middle = f"{lladdr} [{hardware}] "
        else:
            middle = "<from_interface> " if flags & ATF_PUBL else "<incomplete> "
        return f"{shown} ({address}) at {middle}{''.join(word for bit, word in LONG if flags & bit)}on {dev}\n"


def arp(call: Call) -> Result:
    """The arp command."""
    session, what, is_linux = Arp(call), "", False
    try:
        options, rest = parse(call.argv[1:], ARP_GRAMMAR)
    except OptionError as error:
        told = arp_usage(E_OPTERR)
        return Result("", f"arp: {error}\n{told.stderr}", told.status)
    for option in options:
        letter, value = option.name, option.argument or ""
        if letter in "afds":
            what = letter
            session.all_entries |= letter == "a"
        elif letter == "e":
            is_linux = True
        elif letter == "n":
            session.names = NUMBERS
        elif letter == "D":
            session.from_device = True
        elif letter == "N":
            session.err += "arp: -N not yet supported.\n"
        elif letter == "v":
            session.is_verbose = True
        elif letter in "Ap" or letter in "Ht":
            problem = _family(value) if letter in "Ap" else _hardware(session, value)
            if problem:
                return Result("", session.err + problem, FAILED)
        elif letter == "i":
            session.device = value[:IFNAMSIZ]
        elif letter == "V":
            return Result(RELEASE + "+I18N +SELINUX\n" + FEATURES_AF + "HW: (ether) " + FEATURES_HW)
        else:
            return arp_usage(0)
    session.style = BSD if what == "a" and not is_linux else LINUX
    return _done(session, what, rest)


def _family(name: str) -> str:
    if name in ("inet", "ip", "tcpip"):
        return ""
    known = name in ALIASES or name in ("ec", "ash")
    return f"arp: {name}: kernel only supports 'inet'.\n" if known else f"arp: {name}: unknown address family.\n"


def _hardware(session: Arp, name: str) -> str:
    if name not in HARDWARE:
        return f"arp: {name}: unknown hardware type.\n"
    if name not in WITH_ARP:
        return f"arp: {name}: hardware type without ARP support.\n"
    session.hardware = name
    return ""


def _done(session: Arp, what: str, rest: list[str]) -> Result:
    try:
        if what == "f":
            status = session.file(rest[0] if rest else "/etc/ethers")
        elif what == "d":
            status = session.delete(list(rest))
        elif what == "s":
            status = session.set(list(rest))
        else:
            status = session.show(rest[0] if rest else None)
    except Usage:
        told = arp_usage(E_OPTERR)
        return Result(session.out, session.err + told.stderr, told.status)
    except Unresolved as error:
        return Result(session.out, session.err + f"{error}\n", FAILED)
    return Result(session.out, session.err, status)
