"""DNS records as BIND's tools print them (masterdump.c, rdata)."""

from __future__ import annotations

from netsim.packet.dns import (
    DNS_AA,
    DNS_AD,
    DNS_CD,
    DNS_QR,
    DNS_RA,
    DNS_RD,
    DNS_TC,
    TYPE_A,
    TYPE_AAAA,
    TYPE_ANY,
    TYPE_CNAME,
    TYPE_MX,
    TYPE_NS,
    TYPE_OPT,
    TYPE_PTR,
    TYPE_SOA,
    TYPE_SRV,
    TYPE_TXT,
    Dns,
    Mx,
    Record,
    Soa,
    Srv,
)

TYPES = {"A": TYPE_A, "NS": TYPE_NS, "CNAME": TYPE_CNAME, "SOA": TYPE_SOA, "PTR": TYPE_PTR, "MX": TYPE_MX, "TXT": TYPE_TXT, "AAAA": TYPE_AAAA,
         "SRV": TYPE_SRV, "ANY": TYPE_ANY}  # fmt: skip
NAMES = {number: name for name, number in TYPES.items()} | {TYPE_OPT: "OPT"}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
FLAGS = ((DNS_QR, "qr"), (DNS_AA, "aa"), (DNS_TC, "tc"), (DNS_RD, "rd"), (DNS_RA, "ra"), (DNS_AD, "ad"), (DNS_CD, "cd"))


def dotted(name: str) -> str:
    """A name with the root's dot."""
    return name.rstrip(".") + "."


def data_text(record: Record) -> str:
    """The data of a record."""
    data = record.data
    if isinstance(data, Mx):
        return f"{data.preference} {dotted(data.exchange)}"
    if isinstance(data, Srv):
        return f"{data.priority} {data.weight} {data.port} {dotted(data.target)}"
    if isinstance(data, Soa):
        return f"{dotted(data.mname)} {dotted(data.rname)} {data.serial} {data.refresh} {data.retry} {data.expire} {data.minimum}"
    if isinstance(data, tuple):
        return " ".join('"' + part.decode("latin-1").replace('"', '\\"') + '"' for part in data)
    if isinstance(data, str):
        return dotted(data)
    return f"\\# {len(data)} {data.hex().upper()}" if isinstance(data, bytes) else str(data)


def _columns(cells: list[tuple[str, int]], last: str) -> str:
    """Cells at tab stops: after each, tabs up to the next column, or one blank when it is past already."""
    text, at = "", 0
    for cell, stop in cells:
        text += cell
        at += len(cell)
        if at >= stop:
            text, at = text + " ", at + 1
        while at < stop:
            text, at = text + "\t", at // 8 * 8 + 8
    return text + last


def record_line(record: Record) -> str:
    """A record as dig prints it."""
    cells = [(dotted(record.name), 24), (str(record.ttl), 32), ("IN", 40), (NAMES.get(record.type, f"TYPE{record.type}"), 48)]
    return _columns(cells, data_text(record)) + "\n"


def question_line(name: str, kind: int) -> str:
    """A question as dig prints it."""
    return _columns([(f";{dotted(name)}", 32), ("IN", 40)], NAMES.get(kind, f"TYPE{kind}")) + "\n"


def header_lines(message: Dns) -> str:
    """dig's two lines about the header."""
    flags = " ".join(name for bit, name in FLAGS if message.flags & bit)
    status = RCODES.get(message.rcode, f"RESERVED{message.rcode}")
    counts = [len(message.questions), len(message.answers), len(message.authority), len(message.additional)]
    numbers = ", ".join(f"{name}: {count}" for name, count in zip(("QUERY", "ANSWER", "AUTHORITY", "ADDITIONAL"), counts, strict=True))
    return f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: {message.ident}\n;; flags: {flags}; {numbers}\n"
