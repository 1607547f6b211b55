"""DNS messages (RFC 1035) as values, with their own bytes codec: a program sends them as plain bytes over its socket."""

from functools import lru_cache
from struct import Struct

import attrs

from netsim.addr import IPv4, IPv6
from netsim.packet.decode_icmp6 import DecodeError
from netsim.values import quick

TYPE_A = 1
TYPE_NS = 2
TYPE_CNAME = 5
TYPE_SOA = 6
TYPE_PTR = 12
TYPE_MX = 15
TYPE_TXT = 16
TYPE_AAAA = 28
TYPE_SRV = 33
TYPE_OPT = 41
TYPE_ANY = 255
CLASS_IN = 1

DNS_QR = 0x8000
DNS_AA = 0x0400
DNS_TC = 0x0200
DNS_RD = 0x0100
DNS_RA = 0x0080
DNS_AD = 0x0020
DNS_CD = 0x0010

RCODE_NOERROR = 0
RCODE_FORMERR = 1
RCODE_SERVFAIL = 2
RCODE_NXDOMAIN = 3
RCODE_NOTIMP = 4
RCODE_REFUSED = 5


@quick
@attrs.frozen(weakref_slot=False)
class Question:
    """What is asked. Names are written without the final dot, the root as the empty string, special characters escaped as in zone files."""

    name: str
    type: int
    klass: int = CLASS_IN


@attrs.frozen
class Srv:
    """The data of an SRV record."""

    priority: int
    weight: int
    port: int
    target: str


@attrs.frozen
class Mx:
    """The data of an MX record."""

    preference: int
    exchange: str


@attrs.frozen
class Soa:
    """The data of an SOA record; times in seconds."""

    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


RecordData = IPv4 | IPv6 | str | Srv | Mx | Soa | tuple[bytes, ...] | bytes


@quick
@attrs.frozen(weakref_slot=False)
class Record:
    """A resource record. `data` is an IPv4 (A), IPv6 (AAAA), name (CNAME, NS, PTR), `Srv`, `Mx`, `Soa`, tuple of strings (TXT), or raw bytes."""

    name: str
    type: int
    ttl: int
    data: RecordData
    klass: int = CLASS_IN


@quick
@attrs.frozen(weakref_slot=False)
class Dns:
    """A message. `flags` is the header's second word: `DNS_QR | DNS_RD ...`, opcode and response code included."""

    ident: int
    flags: int
    questions: tuple[Question, ...] = ()
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()

    @property
    def rcode(self) -> int:
        """The response code (`RCODE_NXDOMAIN` ...)."""
        return self.flags & 15

    @property
    def opcode(self) -> int:
        """The kind of query; 0 is a standard one."""
        return self.flags >> 11 & 15

    @property
    def is_response(self) -> bool:
        """Whether the QR bit is set."""
        return self.flags & DNS_QR != 0

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return len(encode_dns(self))


def encode_dns(message: Dns) -> bytes:
    """The bytes of a message, names compressed. Raises ValueError for a label over 63 or a name over 255 bytes."""
    answers, authority, additional = message.answers, message.authority, message.additional
    if len(message.questions) == 1 and not (answers or authority or additional):
        asked = message.questions[0]
        return _HEAD.pack(message.ident, message.flags, 1, 0, 0, 0) + _wire_name(asked.name) + _ASKED.pack(asked.type, asked.klass)
    counts = len(message.questions), len(answers), len(authority), len(additional)
    out = bytearray(_HEAD.pack(message.ident, message.flags, *counts))
    seen: dict[tuple[bytes, ...], int] = {}
    for question in message.questions:
        _put_name(out, question.name, seen)
        out += _ASKED.pack(question.type, question.klass)
    for section in (answers, authority, additional):
        for record in section:
            _put_record(out, record, seen)
    return bytes(out)


def decode_dns(data: bytes) -> Dns:
    """Read a message; bytes after it are ignored. Raises `DecodeError`."""
    if len(data) < 12:
        raise DecodeError(f"DNS message of {len(data)} bytes")
    known = _decoded(b"\0\0" + data[2:])
    return Dns(data[0] << 8 | data[1], known.flags, known.questions, known.answers, known.authority, known.additional)


@lru_cache(maxsize=256)
def _decoded(data: bytes) -> Dns:
    """The same of a message whose ident is 0: others ask and answer alike."""
    ident, flags, asked, answers, authority, additional = _HEAD.unpack_from(data)
    at = 12
    questions = []
    for _ in range(asked):
        name, at = get_name(data, at)
        if at + 4 > len(data):
            raise DecodeError("DNS message cut short")
        questions.append(Question(name, *_ASKED.unpack_from(data, at)))
        at += 4
    if not (answers or authority or additional):
        return Dns(ident, flags, tuple(questions))
    sections: list[tuple[Record, ...]] = []
    for count in (answers, authority, additional):
        records = []
        for _ in range(count):
            record, at = _get_record(data, at)
            records.append(record)
        sections.append(tuple(records))
    return Dns(ident, flags, tuple(questions), *sections)


@lru_cache(maxsize=1024)
def split_name(name: str) -> tuple[bytes, ...]:
    """The labels of a name as bytes. Raises ValueError for empty or long labels and long names, in the words of BIND's library (dns_name_fromtext)."""
    if name.endswith(".") and not name.endswith("\\."):
        name = name[:-1]
    if not name:
        return ()
    return _checked(tuple(name.encode().split(b".")) if "\\" not in name else _unescaped(name))


def _unescaped(name: str) -> tuple[bytes, ...]:
    labels = [bytearray()]
    at = 0
    while at < len(name):
        char = name[at]
        if char == ".":
            labels.append(bytearray())
        elif char == "\\" and name[at + 1 : at + 4].isdigit() and len(name[at + 1 : at + 4]) == 3:
            labels[-1].append(int(name[at + 1 : at + 4]))
            at += 3
        elif char == "\\":
            labels[-1] += name[at + 1 : at + 2].encode()
            at += 1
        else:
            labels[-1] += char.encode()
        at += 1
    return tuple(map(bytes, labels))


def _checked(labels: tuple[bytes, ...]) -> tuple[bytes, ...]:
    for label in labels:
        if not 0 < len(label) < 64:
            raise ValueError("label too long" if label else "empty label")
    if sum(map(len, labels)) + len(labels) > 254:
        raise ValueError("ran out of space")
    return labels


def join_name(labels: tuple[bytes, ...]) -> str:
    """A name of labels, escaped so that `split_name` gives them back."""
    return ".".join([label.decode() if label.isalnum() else "".join(map(_LABEL_CHARS.__getitem__, label)) for label in labels])


@lru_cache(maxsize=1024)
def _wire_name(name: str) -> bytes:
    """A name's bytes where nothing before it could be pointed at. Raises ValueError as `split_name` does."""
    return b"".join([bytes((len(label),)) + label for label in split_name(name)]) + b"\0"


@lru_cache(maxsize=1024)
def _plain_name(wire: bytes) -> str | None:
    """The name that bytes are, the last zero left out; None where they hold a pointer or are not whole labels."""
    labels: list[bytes] = []
    at = 0
    while at < len(wire):
        end = at + 1 + wire[at]
        if wire[at] >= 64 or end > len(wire):
            return None
        labels.append(wire[at + 1 : end])
        at = end
    return join_name(tuple(labels)) if len(wire) < 255 else None


def get_name(data: bytes, at: int) -> tuple[str, int]:
    """A possibly compressed name at an offset, and the offset after it. Raises `DecodeError`."""
    zero = data.find(0, at)
    plain = _plain_name(data[at:zero]) if zero >= 0 else None
    if plain is not None:
        return plain, zero + 1
    labels: list[bytes] = []
    end = -1
    length = 0
    lowest, whole = at, len(data)
    while True:
        if at >= whole:
            raise DecodeError("DNS message cut short")
        size = data[at]
        if size & 0xC0 == 0xC0:
            target = int.from_bytes(_get(data, at, 2), "big") & 0x3FFF
            end = at + 2 if end < 0 else end
            if target >= lowest:
                raise DecodeError("DNS name points forward")
            at = lowest = target
        elif size & 0xC0:
            raise DecodeError("DNS label of unknown kind")
        elif size == 0:
            return join_name(tuple(labels)), at + 1 if end < 0 else end
        else:
            begin, at = at + 1, at + 1 + size
            if at > whole:
                raise DecodeError("DNS message cut short")
            labels.append(data[begin:at])
            length += 1 + size
            if length > 254:
                raise DecodeError("DNS name too long")


_LABEL_CHARS = [f"\\{chr(code)}" if chr(code) in ".\\" else chr(code) if 32 < code < 127 else f"\\{code:03d}" for code in range(256)]
_HEAD, _ASKED, _FIXED = Struct("!6H"), Struct("!HH"), Struct("!HHIH")
_NAME_TYPES = (TYPE_NS, TYPE_CNAME, TYPE_PTR)


def _put_name(out: bytearray, name: str, seen: dict[tuple[bytes, ...], int]) -> None:
    labels = split_name(name)
    while labels:
        known = seen.get(labels)
        if known is not None:
            out += (0xC000 | known).to_bytes(2, "big")
            return
        if len(out) < 0x4000:
            seen[labels] = len(out)
        out.append(len(labels[0]))
        out += labels[0]
        labels = labels[1:]
    out.append(0)


def _put_record(out: bytearray, record: Record, seen: dict[tuple[bytes, ...], int]) -> None:
    _put_name(out, record.name, seen)
    out += _FIXED.pack(record.type, record.klass, record.ttl, 0)
    start = len(out)
    data = record.data
    if isinstance(data, str):
        _put_name(out, data, seen)
    elif isinstance(data, IPv4 | IPv6):
        out += data.packed
    elif isinstance(data, Srv):
        for word in (data.priority, data.weight, data.port):
            out += word.to_bytes(2, "big")
        _put_name(out, data.target, {})
    elif isinstance(data, Mx):
        out += data.preference.to_bytes(2, "big")
        _put_name(out, data.exchange, seen)
    elif isinstance(data, Soa):
        _put_name(out, data.mname, seen)
        _put_name(out, data.rname, seen)
        for word in (data.serial, data.refresh, data.retry, data.expire, data.minimum):
            out += word.to_bytes(4, "big")
    elif isinstance(data, tuple):
        out += b"".join(bytes((len(text),)) + text for text in data)
    else:
        out += data
    out[start - 2 : start] = (len(out) - start).to_bytes(2, "big")


def _get(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise DecodeError("DNS message cut short")
    return data[at : at + size]


def _get_record(data: bytes, at: int) -> tuple[Record, int]:
    name, at = get_name(data, at)
    kind, klass, ttl, length = _FIXED.unpack(_get(data, at, 10))
    at += 10
    _get(data, at, length)
    return Record(name, kind, ttl, _get_data(data, at, at + length, kind), klass), at + length


def _get_data(data: bytes, at: int, end: int, kind: int) -> RecordData:
    raw = data[at:end]
    if kind == TYPE_A and len(raw) == 4:
        return IPv4.from_bytes(raw)
    if kind == TYPE_AAAA and len(raw) == 16:
        return IPv6.from_bytes(raw)
    if kind in _NAME_TYPES:
        return _ending(get_name(data, at), end)
    if kind == TYPE_SRV and len(raw) > 6:
        priority, weight, port = (int.from_bytes(raw[word : word + 2], "big") for word in (0, 2, 4))
        return Srv(priority, weight, port, _ending(get_name(data, at + 6), end))
    if kind == TYPE_MX and len(raw) > 2:
        return Mx(int.from_bytes(raw[:2], "big"), _ending(get_name(data, at + 2), end))
    if kind == TYPE_SOA:
        mname, at = get_name(data, at)
        rname, at = get_name(data, at)
        numbers = _get(data, at, 20)
        _ending(("", at + 20), end)
        return Soa(mname, rname, *(int.from_bytes(numbers[word : word + 4], "big") for word in range(0, 20, 4)))
    if kind == TYPE_TXT and raw:
        return _texts(raw)
    return raw


def _ending(named: tuple[str, int], end: int) -> str:
    """The name just read, if it ends where the record does."""
    name, at = named
    if at != end:
        raise DecodeError("DNS record of wrong length")
    return name


def _texts(raw: bytes) -> tuple[bytes, ...] | bytes:
    texts = []
    at = 0
    while at < len(raw):
        size = raw[at]
        if at + 1 + size > len(raw):
            return raw
        texts.append(raw[at + 1 : at + 1 + size])
        at += 1 + size
    return tuple(texts)
