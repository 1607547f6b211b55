"""Capture files: pcap (micro- or nanoseconds) and pcapng, as bytes in and bytes out.

Written in little-endian order as on the machines recorded; read in either. Sources: pcap-savefile(5), draft-ietf-opsawg-pcapng.
"""

import enum
from collections.abc import Iterable, Iterator
from struct import Struct

import attrs

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101
SNAPLEN = 262144
"""tcpdump's default snapshot length."""


class PcapError(ValueError):
    """The bytes are no capture file, or a broken one."""


class Resolution(enum.Enum):
    """The unit of a pcap file's time stamps; the value is its nanoseconds."""

    MICRO = 1000
    NANO = 1


@attrs.frozen
class Interface:
    """A device of a capture: its name ("" if the format keeps none), link type and snapshot length."""

    name: str = ""
    linktype: int = LINKTYPE_ETHERNET
    snaplen: int = SNAPLEN


@attrs.frozen
class Record:
    """A captured frame: time in ns since the epoch, the bytes kept, the length it had, the index of its interface, a comment or ""."""

    time: int
    data: bytes
    length: int
    interface: int = 0
    comment: str = ""


@attrs.frozen
class Capture:
    """A whole capture file."""

    interfaces: tuple[Interface, ...]
    records: tuple[Record, ...]


def record(time: int, frame: bytes, snaplen: int = SNAPLEN, interface: int = 0, comment: str = "") -> Record:
    """A record of a frame cut to the snapshot length."""
    return Record(time, frame[:snaplen], len(frame), interface, comment)


def write_pcap(capture: Capture, resolution: Resolution = Resolution.MICRO) -> bytes:
    """A pcap file. It has one interface and no comments: names, comments and interface numbers are left out. Raises ValueError for several link types."""
    types = {interface.linktype for interface in capture.interfaces}
    if len(types) > 1:
        raise ValueError("a pcap file has one link type")
    first = capture.interfaces[0] if capture.interfaces else Interface()
    return pcap_header(first, resolution) + b"".join(pcap_record(record, resolution) for record in capture.records)


def pcap_header(interface: Interface, resolution: Resolution = Resolution.MICRO) -> bytes:
    """The first 24 bytes of a pcap file."""
    magic = 0xA1B2C3D4 if resolution is Resolution.MICRO else 0xA1B23C4D
    return _PCAP_HEADER["<"].pack(magic, 2, 4, 0, 0, interface.snaplen, interface.linktype)


def pcap_record(record: Record, resolution: Resolution = Resolution.MICRO) -> bytes:
    """One frame of a pcap file. Time past its 32 bits of seconds wraps, as in tcpdump."""
    seconds, nanoseconds = divmod(record.time, 1_000_000_000)
    fraction = nanoseconds // resolution.value
    return _PCAP_RECORD["<"].pack(seconds & 0xFFFFFFFF, fraction, len(record.data), record.length) + record.data


def write_pcapng(capture: Capture, application: str = "netsim") -> bytes:
    """A pcapng file: one section, an interface block for each device (named, nanoseconds), an enhanced packet block for each frame."""
    blocks = [_block(_SHB, _SHB_FIXED["<"].pack(_BYTE_ORDER, 1, 0, -1) + _options((4, application.encode())))]
    for interface in capture.interfaces:
        fixed = _IDB_FIXED["<"].pack(interface.linktype, 0, interface.snaplen)
        blocks.append(_block(_IDB, fixed + _options((2, interface.name.encode()), (9, b"\x09"))))
    blocks.extend(pcapng_record(record) for record in capture.records)
    return b"".join(blocks)


def pcapng_record(record: Record) -> bytes:
    """The enhanced packet block of one frame."""
    fixed = _EPB_FIXED["<"].pack(record.interface, record.time >> 32, record.time & 0xFFFFFFFF, len(record.data), record.length)
    return _block(_EPB, fixed + _padded(record.data) + _options((1, record.comment.encode())))


def read(data: bytes) -> Capture:
    """Read a pcap or pcapng file, by its magic number. Raises `PcapError`; a record cut off at the end of the file is an error too."""
    if data[:4] == _SHB.to_bytes(4, "little"):
        return _read_pcapng(data)
    return _read_pcap(data)


_ORDERS = "<>"
_PCAP_HEADER = {order: Struct(order + "IHHiIII") for order in _ORDERS}
_PCAP_RECORD = {order: Struct(order + "IIII") for order in _ORDERS}
_SHB_FIXED = {order: Struct(order + "IHHq") for order in _ORDERS}
_IDB_FIXED = {order: Struct(order + "HHI") for order in _ORDERS}
_EPB_FIXED = {order: Struct(order + "IIIII") for order in _ORDERS}
_BLOCK_HEAD = {order: Struct(order + "II") for order in _ORDERS}
_OPTION_HEAD = {order: Struct(order + "HH") for order in _ORDERS}
_BYTE_ORDER = 0x1A2B3C4D
_SHB = 0x0A0D0D0A
_IDB = 1
_SPB = 3
_EPB = 6
_MAGICS = {0xA1B2C3D4: Resolution.MICRO, 0xA1B23C4D: Resolution.NANO}


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _options(*options: tuple[int, bytes]) -> bytes:
    """Options with a value, and the end mark if there are any."""
    body = b"".join(_OPTION_HEAD["<"].pack(code, len(value)) + _padded(value) for code, value in options if value)
    return body + bytes(4) if body else b""


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return _BLOCK_HEAD["<"].pack(kind, length) + body + length.to_bytes(4, "little")


def _read_pcap(data: bytes) -> Capture:
    if len(data) < 24:
        raise PcapError("truncated dump file; not even a file header")
    for order in _ORDERS:
        magic, _major, _minor, _zone, _sigfigs, snaplen, linktype = _PCAP_HEADER[order].unpack_from(data)
        if magic in _MAGICS:
            records = tuple(_pcap_records(data, order, _MAGICS[magic]))
            return Capture((Interface("", linktype & 0xFFFF, snaplen),), records)
    raise PcapError("unknown file format")


def _pcap_records(data: bytes, order: str, resolution: Resolution) -> Iterator[Record]:
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            raise PcapError("truncated dump file; a packet header is cut off")
        seconds, fraction, kept, length = _PCAP_RECORD[order].unpack_from(data, at)
        at += 16
        if at + kept > len(data):
            raise PcapError("truncated dump file; a packet is cut off")
        yield Record(seconds * 1_000_000_000 + fraction * resolution.value, data[at : at + kept], length)
        at += kept


@attrs.frozen
class _Clock:
    """How an interface counts: ticks per second, and seconds to add."""

    ticks: int = 1_000_000
    offset: int = 0

    def nanoseconds(self, ticks: int) -> int:
        return self.offset * 1_000_000_000 + ticks * 1_000_000_000 // self.ticks


def _read_pcapng(data: bytes) -> Capture:
    order = "<"
    interfaces: list[Interface] = []
    clocks: list[_Clock] = []
    records: list[Record] = []
    section = 0
    at = 0
    while at < len(data):
        if at + 12 > len(data):
            raise PcapError("truncated pcapng file; a block header is cut off")
        if data[at : at + 4] == _SHB.to_bytes(4, "little"):
            order = _section_order(data[at + 8 : at + 12])
            section = len(interfaces)
        kind, length = _BLOCK_HEAD[order].unpack_from(data, at)
        if length < 12 or length % 4 or at + length > len(data):
            raise PcapError(f"pcapng block of length {length} does not fit the file")
        body = data[at + 8 : at + length - 4]
        if kind == _IDB:
            interface, clock = _read_interface(body, order)
            interfaces.append(interface)
            clocks.append(clock)
        elif kind == _EPB:
            records.append(_read_enhanced(body, order, clocks, section))
        elif kind == _SPB:
            records.append(_read_simple(body, order, interfaces, section))
        at += length
    return Capture(tuple(interfaces), tuple(records))


def _section_order(mark: bytes) -> str:
    if mark == _BYTE_ORDER.to_bytes(4, "little"):
        return "<"
    if mark == _BYTE_ORDER.to_bytes(4, "big"):
        return ">"
    raise PcapError("pcapng section without byte order")


def _fixed(layout: Struct, body: bytes) -> Iterable[int]:
    if len(body) < layout.size:
        raise PcapError("pcapng block too short")
    return layout.unpack_from(body)


def _read_interface(body: bytes, order: str) -> tuple[Interface, _Clock]:
    linktype, _reserved, snaplen = _fixed(_IDB_FIXED[order], body)
    options = _read_options(body[8:], order)
    unit = options.get(9, b"\x06")[0]
    ticks = 1 << (unit & 127) if unit & 128 else 10 ** (unit & 127)
    offset = int.from_bytes(options.get(14, b""), "little" if order == "<" else "big", signed=True)
    return Interface(_text(options.get(2, b"")), linktype, snaplen), _Clock(ticks, offset)


def _read_enhanced(body: bytes, order: str, clocks: list[_Clock], section: int) -> Record:
    interface, high, low, kept, length = _fixed(_EPB_FIXED[order], body)
    if section + interface >= len(clocks):
        raise PcapError(f"pcapng packet of an interface {interface} not described")
    if 20 + kept > len(body):
        raise PcapError("pcapng packet longer than its block")
    options = _read_options(body[20 + kept + -kept % 4 :], order)
    time = clocks[section + interface].nanoseconds(high << 32 | low)
    return Record(time, body[20 : 20 + kept], length, section + interface, _text(options.get(1, b"")))


def _read_simple(body: bytes, order: str, interfaces: list[Interface], section: int) -> Record:
    """A simple packet block: no time, always of the section's first interface."""
    if section >= len(interfaces) or len(body) < 4:
        raise PcapError("pcapng packet without an interface")
    length = int.from_bytes(body[:4], "little" if order == "<" else "big")
    kept = min(length, interfaces[section].snaplen or length)
    if 4 + kept > len(body):
        raise PcapError("pcapng packet longer than its block")
    return Record(0, body[4 : 4 + kept], length, section)


def _read_options(data: bytes, order: str) -> dict[int, bytes]:
    """The first value of each option."""
    options: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        code, length = _OPTION_HEAD[order].unpack_from(data, at)
        if code == 0:
            break
        if at + 4 + length > len(data):
            raise PcapError("pcapng option longer than its block")
        value = data[at + 4 : at + 4 + length]
        if value:
            options.setdefault(code, value)
        at += 4 + length + -length % 4
    return options


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").rstrip("\0")
