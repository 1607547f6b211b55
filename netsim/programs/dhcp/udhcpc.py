"""udhcpc of BusyBox (networking/udhcp/dhcpc.c); its default script is what `DhcpClient` does to the device."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.machine.call import Call, Program, Result
from netsim.machine.getopt import Grammar, Option, OptionError, parse
from netsim.packet.dhcp import CLIENT, HOSTNAME, LONGEST, PARAMETERS, REQUESTED, SERVER, VENDOR, Dhcp
from netsim.programs.busybox.applet import die, ended, usage
from netsim.programs.busybox.applet import name_of as applet_name
from netsim.programs.dhcp.client import AGAIN, SELECTING, DhcpClient

GRAMMAR = Grammar(flags="fbqRBnCoS", valued="tTAispVFxrO", optional="a")
VERSION = "1.35.0"
WANTED = bytes((1, 3, 6, 12, 15, 28, 42))
SCRIPTS = ("/etc/udhcpc/default.script", "/usr/share/udhcpc/default.script")
REPORTED = {
    "R": "releasing the lease",
    "S": "the system's log",
    "a": "asking for the address by ARP",
    "B": "answers to all",
    "F": "names in DNS",
    "O": "further options",
}
LATER = "later"


def udhcpc(call: Call) -> Any:
    """udhcpc (BusyBox)."""
    return ended(_udhcpc, call)


def _udhcpc(call: Call) -> Result | Program:
    applet = applet_name(call)
    try:
        options, _ = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        raise usage(applet, str(error)) from None
    given = {option.name: option.argument or "" for option in options}
    if given.get("s", SCRIPTS[0]) not in SCRIPTS:
        raise die(applet, f'netsim: "udhcpc -s {given["s"]}" is not modelled')
    for letter in given.keys() & REPORTED.keys():
        call.netns.kernel.unmodelled.append(f"udhcpc -{letter}: {REPORTED[letter]}")
    name = given.get("i", "eth0")
    dev = call.netns.device(name)
    if dev is None:
        raise die(applet, "SIOCGIFINDEX: No such device")
    for word in "tTA":
        if word in given and not given[word].isdigit():
            raise die(applet, f"invalid number '{given[word]}'")
    return Udhcpc(
        name, dev.ifindex, dev.address, int(given.get("T", "3")), _asked(applet, options, int(dev.address)), discovers=int(given.get("t", "3")),
        wait=int(given.get("A", "20")), flags="".join(given.keys() & set("nqbf")), pidfile=given.get("p", ""),
    )  # fmt: skip


def _asked(applet: str, options: list[Option], address: int) -> dict[int, bytes]:
    asked = {LONGEST: (576).to_bytes(2, "big"), PARAMETERS: WANTED}
    letters = {option.name for option in options}
    if "o" in letters:
        del asked[PARAMETERS]
    for option in options:
        word = option.argument or ""
        if option.name == "x":
            name, _, value = word.partition(":")
            if name != "hostname":
                raise die(applet, f"netsim: option -x {name} is not modelled" if name.isalnum() else f"unknown option '{name}'")
            asked[HOSTNAME] = value.encode()
        elif option.name == "r":
            try:
                asked[REQUESTED] = int(IPv4.parse(word)).to_bytes(4, "big")
            except ValueError:
                raise die(applet, f"bad address '{word}'") from None
    vendor = next((option.argument or "" for option in options if option.name == "V"), f"udhcp {VERSION}")
    if vendor:
        asked[VENDOR] = vendor.encode()
    if "C" not in letters:
        asked[CLIENT] = b"\x01" + address.to_bytes(6, "big")
    return asked


@attrs.define(eq=False)
class Udhcpc(DhcpClient):
    """One udhcpc; `flags` are those of n, q, b and f that were given. Once in the background it is another process, which hears nobody's signals."""

    discovers: int = 3
    wait: int = 20
    flags: str = ""
    pidfile: str = ""
    speaks: int = 1

    def started(self, proc: Any) -> None:
        """Say hello and ask."""
        self._say(proc, f"started, v{VERSION}")
        if self.pidfile:
            proc.machine.files.write(proc, self.pidfile, f"{proc.pid}\n".encode())
        super().started(proc)

    def _say(self, proc: Any, text: str) -> None:
        if self.speaks:
            proc.write(2, f"udhcpc: {text}\n")

    def said_discover(self, proc: Any) -> None:
        """Each one is told."""
        self._say(proc, "broadcasting discover")

    def said_request(self, proc: Any, offer: Dhcp) -> None:
        """The offer it takes, or the lease it wants to keep."""
        if self.state == "requesting":
            self._say(proc, f"broadcasting select for {offer.yiaddr}, server {offer.address(SERVER)}")
        else:
            self._say(proc, f"sending renew to server {offer.address(SERVER)}")

    def unanswered(self, proc: Any) -> bool:
        """After some discovers it waits, or goes, as told."""
        if self.state != SELECTING or self.tries < self.discovers:
            return False
        if "n" in self.flags:
            self._say(proc, "no lease, failing")
            proc.exit(1)
            return True
        if "b" in self.flags and "f" not in self.flags:
            self._say(proc, "no lease, forking to background")
            self._go_on_behind(proc)
            return True
        self.tries = 0
        self.alarm = proc.timer(self.wait * SECOND, AGAIN)
        return True

    def leased(self, proc: Any, message: Dhcp, seconds: int) -> None:
        """With -q that was all; else it stays, in the background without -f."""
        self._say(proc, f"lease of {message.yiaddr} obtained from {message.address(SERVER)}, lease time {seconds}")
        if "q" in self.flags:
            proc.exit(0)
        elif "f" not in self.flags:
            self._go_on_behind(proc)

    def _go_on_behind(self, proc: Any) -> None:
        """Another process takes over, and the command ends (`udhcp_daemonize`); a container whose first process it was ends with it."""
        self.flags += "f"
        twin = attrs.evolve(self, fd=-1, alarm=0, speaks=0)
        proc.machine.spawn(proc.machine.init, proc.argv, fds={}, program=Behind(twin), netns=proc.netns, jail=proc.jail)
        proc.exit(0)

    def refused(self, proc: Any) -> None:
        """A NAK."""
        self._say(proc, "received DHCP NAK")

    def failed(self, proc: Any, what: str) -> None:
        """It says so and goes on."""
        self._say(proc, what)

    def signal(self, proc: Any, signum: int) -> None:
        """SIGTERM ends it."""
        if signum == 15:
            self._say(proc, "received SIGTERM")
        proc.die(signum)


@attrs.define(eq=False)
class Behind(Program):
    """A client that goes on in the background with what it has."""

    client: Udhcpc

    def started(self, proc: Any) -> None:
        """Listen, and keep the lease."""
        from netsim.programs.dhcp.client import AF_PACKET, RENEW, SOCK_DGRAM

        client = self.client
        client.fd = proc.socket(AF_PACKET, SOCK_DGRAM, 0x800)
        proc.sock(client.fd).bind(client.ifindex)
        if client.pidfile:
            proc.machine.files.write(proc, client.pidfile, f"{proc.pid}\n".encode())
        if client.state == SELECTING:
            client.tries = 0
            client.alarm = proc.timer(client.wait * SECOND, AGAIN)
        elif client.offer is not None:
            lease = int.from_bytes(client.offer.options.get(51, b""), "big")
            client.alarm = proc.timer(max(lease // 2, 10) * SECOND, RENEW)

    def readable(self, proc: Any, fd: int) -> None:
        """The client's."""
        self.client.readable(proc, fd)

    def timer(self, proc: Any, token: Any) -> None:
        """The client's."""
        self.client.timer(proc, token)
