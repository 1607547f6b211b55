"""tcpdump: from the command line to a running capture, or the listing of a capture file."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.errors import EISDIR, NetError, strerror
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP, NetDevice
from netsim.machine.call import Call, Program, Result
from netsim.machine.process import Process
from netsim.machine.resolver import getaddrinfo
from netsim.packet import describe
from netsim.packet.pcap import Capture, PcapError
from netsim.packet.pcap import read as read_capture
from netsim.programs.tcpdump.frames import COOKED1, COOKED2, ETHERNET, LINK_NAMES
from netsim.programs.tcpdump.generate import Generator
from netsim.programs.tcpdump.grammar import Names, compile_filter
from netsim.programs.tcpdump.options import Options, Over, read
from netsim.programs.tcpdump.predicate import Condition, View, matches
from netsim.programs.tcpdump.program import DESCRIBED, Sink, Tcpdump
from netsim.programs.tcpdump.words import FilterError

AF_PACKET, SOCK_RAW, ETH_P_ALL = 17, 3, 3
PSEUDO = (
    "bluetooth-monitor (Bluetooth Linux Monitor) [Wireless]",
    "nflog (Linux netfilter log (NFLOG) interface) [none]",
    "nfqueue (Linux netfilter queue (NFQUEUE) interface) [none]",
    "dbus-system (D-Bus system bus) [none]",
    "dbus-session (D-Bus session bus) [none]",
)


def tcpdump(call: Call) -> Result | Program:
    """The tcpdump command (man tcpdump(8), pcap-filter(7))."""
    try:
        options = read(call.argv[1:])
        if options.has("D"):
            return Result(_listing(call))
        if options.filter_file is not None:
            options.expression = _filter_of_file(call, options.filter_file)
        if options.read_file is not None:
            return _from_file(call, options)
        return _live(call, options)
    except Over as over:
        return Result(over.stdout, over.stderr, over.status)


# devices -----------------------------------------------------------------------------------------------------------------


def _devices(call: Call) -> list[NetDevice | None]:
    """Devices in libpcap's order: running ones, others, loopback behind; None stands for `any`."""
    found: list[NetDevice | None] = [None, *call.netns.devices.values()]
    return sorted(found, key=_merit)


def _merit(dev: NetDevice | None) -> tuple[int, int, int, int]:
    if dev is None:
        return (0, 0, 1, 0)
    is_up = bool(dev.flags & IFF_UP)
    is_loopback = bool(dev.flags & IFF_LOOPBACK)
    return (int(not is_up), int(not (is_up and dev.carrier)), 2 if is_loopback else 0, dev.ifindex)


def _listing(call: Call) -> str:
    """-D: what can be captured on."""
    devices = _devices(call)
    up = [_named(dev) for dev in devices if dev is None or dev.flags & IFF_UP]
    down = [_named(dev) for dev in devices if dev is not None and not dev.flags & IFF_UP]
    return "".join(f"{number}.{line}\n" for number, line in enumerate([*up, *PSEUDO, *down], 1))


def _named(dev: NetDevice | None) -> str:
    if dev is None:
        return "any (Pseudo-device that captures on all interfaces) [Up, Running]"
    is_up = bool(dev.flags & IFF_UP)
    words = [word for word, holds in (("Up", is_up), ("Running", is_up and dev.carrier), ("Loopback", dev.flags & IFF_LOOPBACK)) if holds]
    if not dev.flags & IFF_LOOPBACK:
        words.append("Connected" if is_up and dev.carrier else "Disconnected")
    return f"{dev.name} [{', '.join(words)}]"


def _chosen(call: Call, options: Options) -> tuple[NetDevice | None, int]:
    """The device captured on (None: all of them) and the link type; Over."""
    word = options.device
    if word == "any":
        return None, COOKED2
    if word is None:
        dev = _devices(call)[0]
        return dev, ETHERNET if dev is not None else COOKED1
    dev = call.netns.device(word)
    if dev is None and word.isdigit():
        devices = _devices(call)
        number = int(word[:9])
        if not 1 <= number <= len(devices):
            raise Over("tcpdump: Invalid adapter index\n")
        dev = devices[number - 1]
        if dev is None:
            return None, COOKED2
    if dev is None:
        raise Over(f"tcpdump: {word}: No such device exists\n(No such device exists)\n")
    if not dev.flags & IFF_UP:
        raise Over(f"tcpdump: {dev.name}: That device is not up\n")
    if dev.header_length != 14:
        raise Over(f"tcpdump: netsim: capturing on {dev.name}, which has no Ethernet header, is not modelled; capture on the device below\n", 2)
    return dev, ETHERNET


# filters -----------------------------------------------------------------------------------------------------------------


def _filter_of_file(call: Call, path: str) -> str:
    try:
        return call.machine.files.read(call.proc, path).decode("utf-8", "replace")
    except NetError as error:
        raise Over(f"tcpdump: can't open {path}: {strerror(error.errno)}\n") from None


def _compiled(proc: Process, text: str, generator: Generator) -> Condition | None:
    names = Names(_Hosts(proc), _Ports(proc.read_text("/etc/services")), _Protocols(proc.read_text("/etc/protocols")))
    try:
        return compile_filter(text, generator, names)
    except FilterError as wrong:
        raise Over(f"tcpdump: {wrong}\n") from None


class _Hosts:
    """Names of hosts."""

    def __init__(self, proc: Process) -> None:
        self.proc = proc

    def __call__(self, name: str) -> list[IPv4 | IPv6]:
        found = getaddrinfo(self.proc, name, 0)
        return [] if isinstance(found, str) else found


class _Ports:
    """Names of ports in the text of /etc/services."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in self.text.splitlines():
            words = line.split("#")[0].split()
            if len(words) > 1 and name in (words[0], *words[2:]):
                port, _, transport = words[1].partition("/")
                found.setdefault(transport, int(port))
        return {transport: found[transport] for transport in ("tcp", "udp", "sctp") if transport in found}


class _Protocols:
    """Names of protocols in the text of /etc/protocols, and the common ones where there is none."""

    KNOWN = {
        "ip": 0,
        "icmp": 1,
        "igmp": 2,
        "ipencap": 4,
        "tcp": 6,
        "udp": 17,
        "gre": 47,
        "esp": 50,
        "ah": 51,
        "ipv6-icmp": 58,
        "ospf": 89,
        "sctp": 132,
    }

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, name: str) -> int | None:
        for line in self.text.splitlines():
            words = line.split("#")[0].split()
            if len(words) > 1 and name in (words[0], *words[2:]):
                return int(words[1])
        return self.KNOWN.get(name)


def _printer(call: Call, options: Options) -> describe.Printer:
    letters = {letter: options.has(letter) for letter in "nevqtAxXSK"}
    wanted = describe.Options(**letters, number=options.has("#"))
    names = describe.Names(devices={index: dev.name for index, dev in call.netns.devices.items()})
    if not options.has("n"):
        names = _names(call, names.devices)
    return describe.Printer(wanted, names)


def _names(call: Call, devices: object) -> describe.Names:
    """What numbers are called on this machine."""
    hosts4: dict[int, str] = {}
    hosts6: dict[int, str] = {}
    for line in call.proc.read_text("/etc/hosts").splitlines():
        words = line.split("#")[0].split()
        found = getaddrinfo(call.proc, words[0], 0) if len(words) > 1 else ""
        if isinstance(found, list):
            table = hosts6 if isinstance(found[0], IPv6) else hosts4
            table.setdefault(int(found[0]), words[1])
    ports: dict[str, dict[int, str]] = {"tcp": {}, "udp": {}}
    for line in call.proc.read_text("/etc/services").splitlines():
        words = line.split("#")[0].split()
        if len(words) > 1:
            port, _, transport = words[1].partition("/")
            if transport in ports:
                ports[transport].setdefault(int(port), words[0])
    return describe.Names(hosts4, hosts6, ports["tcp"], ports["udp"], devices=devices)  # type: ignore[arg-type]


# the two ways ------------------------------------------------------------------------------------------------------------


def _live(call: Call, options: Options) -> Program:
    dev, link = _chosen(call, options)
    proc = call.proc
    if link == COOKED2:
        proc.write(2, "tcpdump: data link type LINUX_SLL2\n")
    netmask = 0
    if dev is not None and dev.inet is not None and dev.inet.addresses:
        length = dev.inet.addresses[0].length
        netmask = 0xFFFFFFFF << (32 - length) & 0xFFFFFFFF
    condition = _compiled(proc, options.expression, Generator(link, netmask))
    sink = _sink(call, options, link)
    try:
        fd = proc.socket(AF_PACKET, SOCK_RAW, ETH_P_ALL)
    except NetError as error:
        shown = dev.name if dev is not None else "any"
        raise Over(
            f"tcpdump: {shown}: You don't have permission to perform this capture on that device\n(socket: {strerror(error.errno)})\n"
        ) from None
    sock = proc.sock(fd)
    sock.bind(dev.ifindex if dev is not None else 0)
    if dev is not None and not options.has("p"):
        sock.join_promiscuous()
    quiet = options.has("v") or options.write_file is not None
    intro = "tcpdump: " if quiet else "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n"
    name = dev.name if dev is not None else "any"
    proc.write(2, f"{intro}listening on {name}, link-type {LINK_NAMES[link]}, snapshot length {options.snaplen} bytes\n")
    return Tcpdump(options, condition, sink, fd, link)


def _sink(call: Call, options: Options, link: int) -> Sink:
    """Where frames go: lines on stdout, or a capture file; Over."""
    sink = Sink(_printer(call, options), link, options.snaplen, writes=options.write_file is not None)
    sink.prints = options.write_file is None or bool(options.has("print"))
    if options.write_file == "-":
        sink.fd = 1
    elif options.write_file is not None:
        try:
            sink.fd = call.proc.open(options.write_file, "w")
        except NetError as error:
            raise Over(f"tcpdump: {options.write_file}: {strerror(error.errno)}\n") from None
    if sink.writes:
        sink.write_header(call.proc)
    return sink


def _from_file(call: Call, options: Options) -> Result | Program:
    """List a capture file (-r)."""
    path = str(options.read_file)
    proc = call.proc
    data = _content(call, path)
    if len(data) < 4:
        raise Over(f"tcpdump: truncated dump file; tried to read 4 file header bytes, only got {len(data)}\n")
    try:
        capture = read_capture(data)
    except PcapError as wrong:
        raise Over("tcpdump: unknown file format\n" if not _is_capture(data) else f"tcpdump: {wrong}\n") from None
    link, snaplen = _link_of(capture)
    shown = "-" if path == "-" else path
    proc.write(2, f"reading from file {shown}, link-type {LINK_NAMES.get(link, str(link))}, snapshot length {snaplen}\n")
    if link not in DESCRIBED:
        raise Over(f"tcpdump: netsim: files of link type {link} are not modelled\n", 2)
    condition = _compiled(proc, options.expression, Generator(link, 0, is_live=False))
    sink = _sink(call, options, link)
    count = 0
    for record in capture.records:
        if not matches(condition, View(record.data, record.length)):
            continue
        count += 1
        if not options.has("count"):
            sink.take(proc, record.time, record.data, record.length)
        if count == options.count or proc.status is not None:
            break
    if options.has("count"):
        return Result(f"{count} packet{'' if count == 1 else 's'}\n")
    return Result()


def _content(call: Call, path: str) -> bytes:
    try:
        if path == "-":
            return call.proc.read(0) or b""
        return call.machine.files.read(call.proc, path)
    except NetError as error:
        if error.errno == EISDIR:
            raise Over(f"tcpdump: error reading dump file: {strerror(error.errno)}\n") from None
        raise Over(f"tcpdump: {path}: {strerror(error.errno)}\n") from None


def _is_capture(data: bytes) -> bool:
    return data[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")


def _link_of(capture: Capture) -> tuple[int, int]:
    first = capture.interfaces[0] if capture.interfaces else None
    return (first.linktype, first.snaplen) if first is not None else (ETHERNET, 0)
