"""DNS."""

from netsim.packet.describe.igmp import spoken
from netsim.packet.describe.output import Output, Truncated, printable

_OPCODES = (
    "", " inv_q", " stat", " op3", " notify", " update", " op6", " op7", " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA",
    " zoneInit", " zoneRef",
)  # fmt: skip
_RCODES = (
    "", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet", " NXRRSet", " NotAuth", " NotZone", " Resp11",
    " Resp12", " Resp13", " Resp14", " NoChange",
)  # fmt: skip
_TYPES = {
    1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO",
    14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP_PTR", 24: "SIG",
    25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT", 31: "EID", 32: "NIMLOC", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX",
    37: "CERT", 38: "A6", 39: "DNAME", 40: "SINK", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC",
    48: "DNSKEY", 99: "SPF", 100: "UINFO", 101: "UID", 102: "GID", 103: "UNSPEC", 104: "UNSPECA", 249: "TKEY", 250: "TSIG", 251: "IXFR",
    252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI",
}  # fmt: skip
_CLASSES = {1: "IN", 3: "CHAOS", 4: "HS", 255: "ANY"}
_EDNS = {
    1: "LLQ", 2: "UL", 3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U", 8: "ECS", 9: "EXPIRE", 10: "COOKIE", 11: "KEEPALIVE", 12: "PADDING", 13: "CHAIN",
    14: "KEY-TAG", 16: "CLIENT-TAG", 17: "SERVER-TAG",
}  # fmt: skip
_STRANGE_QUERY_BITS = 0x6CF


def print_dns(out: Output, at: int, length: int, mdns: int) -> None:
    """A DNS message over UDP, or of multicast DNS (`domain_print`)."""
    out.protocol = "domain"
    if length < 12:
        out.put(f"domain [length {length} < 12]")
        out.invalid()
        return
    try:
        _Message(out, at, mdns).print(length)
    except Truncated:
        out.truncated()


def print_dns_over_tcp(out: Output, at: int, length: int) -> None:
    """A piece of a TCP stream that starts with a length."""
    out.protocol = "domain"
    out.put(" ")
    if length < 2:
        out.put(f"[DNS over TCP: length {length} < 2]")
        out.invalid()
        return
    said = out.u16(at)
    if said != length - 2:
        out.put(f"[prefix length({said}) != length({length - 2})]")
        out.invalid()
        return
    print_dns(out, at + 2, length - 2, 0)


class _Message:
    """A message while it is printed: where it starts, since names point back into it."""

    def __init__(self, out: Output, start: int, mdns: int) -> None:
        self.out = out
        self.start = start
        self.mdns = mdns

    def print(self, length: int) -> None:
        out = self.out
        flags = out.u16(self.start + 2)
        counts = [out.u16(self.start + where) for where in (4, 6, 8, 10)]
        ident = out.u16(self.start)
        if flags & 0x8000:
            self._print_response(ident, flags, counts)
        else:
            self._print_query(ident, flags, counts)
        out.put(f" ({length})")

    def _print_response(self, ident: int, flags: int, counts: list[int]) -> None:
        out = self.out
        marks = ("*" if flags & 0x400 else "") + ("" if flags & 0x80 else "-") + ("|" if flags & 0x200 else "") + ("$" if flags & 0x20 else "")
        out.put(f"{ident}{_OPCODES[flags >> 11 & 15]}{_RCODES[flags & 15]}{marks}")
        questions, answers, authority, additional = counts
        if questions != 1:
            out.put(f" [{questions}q]")
        at = self.start + 12
        for index in range(questions):
            if index:
                out.put(",")
            if out.options.v > 1:
                out.put(" q:")
                at = self._print_question(at)
            else:
                at = self._skip_name(at) + 4
        out.put(f" {answers}/{authority}/{additional}")
        at = self._print_records(at, answers)
        if out.options.v > 1:
            self._print_rest(at, authority, additional)

    def _print_query(self, ident: int, flags: int, counts: list[int]) -> None:
        out = self.out
        opcode = flags >> 11 & 15
        out.put(f"{ident}{_OPCODES[opcode]}{'+' if flags & 0x100 else ''}{'%' if flags & 0x10 else ''}")
        if flags & _STRANGE_QUERY_BITS:
            out.put(f" [b2&3=0x{flags:x}]")
        questions, answers, authority, additional = counts
        if opcode == 1:
            out.put((f" [{questions}q]" if questions else "") + (f" [{answers}a]" if answers != 1 else ""))
        else:
            out.put((f" [{answers}a]" if answers else "") + (f" [{questions}q]" if questions != 1 else ""))
        out.put((f" [{authority}n]" if authority else "") + (f" [{additional}au]" if additional else ""))
        at = self.start + 12
        for _ in range(questions):
            at = self._print_question(at)
        if out.options.v > 1:
            at = self._print_records(at, answers)
            self._print_rest(at, authority, additional)

    def _print_rest(self, at: int, authority: int, additional: int) -> None:
        out = self.out
        for title, count in ((" ns:", authority), (" ar:", additional)):
            if count and at < out.end:
                out.put(title)
                at = self._print_records(at, count)
            elif count:
                raise Truncated

    def _print_records(self, at: int, count: int) -> int:
        out = self.out
        for index in range(count):
            if index:
                if at >= out.end:
                    raise Truncated
                out.put(",")
            at = self._print_record(at)
        return at

    def _print_question(self, at: int) -> int:
        out = self.out
        after = self._skip_name(at)
        if not out.has(after, 4):
            raise Truncated
        kind, klass = out.u16(after), out.u16(after + 2)
        out.put(f" {_TYPES.get(kind, f'Type{kind}')}")
        if self.mdns:
            out.put(" (QU)" if klass & 0x8000 else "")
            klass &= 0x7FFF
        out.put(self._class(klass))
        out.put("? ")
        self._print_name(at)
        return after + 4

    def _class(self, klass: int) -> str:
        return "" if klass == 1 else f" {_CLASSES.get(klass, f'(Class {klass})')}"

    def _print_record(self, at: int) -> int:
        out = self.out
        if out.options.v:
            out.put(" ")
            self._print_name(at)
        try:
            at = self._skip_name(at)
        except Truncated:
            return out.end
        if not out.has(at, 10):
            return out.end
        kind, klass, ttl, length = out.u16(at), out.u16(at + 2), out.u32(at + 4), out.u16(at + 8)
        if kind != 41:
            if self.mdns:
                out.put(" (Cache flush)" if klass & 0x8000 else "")
                klass &= 0x7FFF
            out.put(self._class(klass))
            out.put(f" [{spoken(ttl)}]" if out.options.v > 2 else "")
        out.put(f" {_TYPES.get(kind, f'Type{kind}')}")
        at += 10
        out.need(at, length)
        self._print_data(at, length, kind, klass, ttl)
        return at + length

    def _print_data(self, at: int, length: int, kind: int, klass: int, ttl: int) -> None:
        out = self.out
        if kind == 1:
            out.put(f" {out.ipv4(at)}")
        elif kind == 28:
            out.put(f" {out.ipv6(at)}")
        elif kind in (2, 5, 12, 39):
            out.put(" ")
            self._print_name(at)
        elif kind == 6 and out.options.v:
            self._print_soa(at)
        elif kind == 15:
            out.put(" ")
            self._print_name(at + 2)
            out.put(f" {out.u16(at)}")
        elif kind == 16:
            here = at
            while here < at + length:
                size = out.u8(here)
                out.put(f' "{printable(out.raw(here + 1, size))}"')
                here += 1 + size
        elif kind == 33:
            out.put(" ")
            self._print_name(at + 6)
            out.put(f":{out.u16(at + 4)} {out.u16(at)} {out.u16(at + 2)}")
        elif kind == 41:
            self._print_edns(at, length, klass, ttl)

    def _print_soa(self, at: int) -> None:
        for _ in range(2):
            self.out.put(" ")
            at = self._print_name(at)
        for index in range(5):
            self.out.put(f" {self.out.u32(at + 4 * index)}")

    def _print_edns(self, at: int, length: int, size: int, flags: int) -> None:
        out = self.out
        out.put(f" UDPsize={size}{' DO' if flags & 0x8000 else ''}")
        if not length:
            return
        out.put(" [")
        end = at + length
        separator = ""
        while at < end:
            out.put(separator)
            separator = ","
            kind, count = out.u16(at), out.u16(at + 2)
            out.put(_EDNS.get(kind, f"Opt{kind}"))
            if count:
                out.put(f" {self._edns_data(kind, out.raw(at + 4, count))}")
            at += 4 + count
        out.put("]")

    def _edns_data(self, kind: int, data: bytes) -> str:
        if kind == 10:
            if len(data) < 8 or 8 < len(data) < 16 or len(data) > 40:
                return " (invalid)"
            return data[:8].hex() + (f" {data[8:].hex()}" if len(data) > 8 else "")
        if kind == 12:
            return f"({len(data)})"
        return data.hex()

    def _skip_name(self, at: int) -> int:
        """The offset after a name."""
        out = self.out
        while True:
            size = out.u8(at)
            if size & 0xC0 == 0xC0:
                return at + 2
            if size & 0xC0:
                raise Truncated
            at += 1 + size
            if size == 0:
                return at

    def _print_name(self, at: int) -> int:
        return print_name(self.out, at, self.start)


def print_name(out: Output, at: int, start: int) -> int:
    """Print a domain name, each label with its dot; pointers count from `start`. Returns the offset after it (`fqdn_print`)."""
    after = -1
    lowest = at
    first = True
    while True:
        size = out.u8(at)
        if size & 0xC0 == 0xC0:
            target = start + (out.u16(at) & 0x3FFF)
            after = at + 2 if after < 0 else after
            if target >= lowest:
                out.put("<BAD PTR>")
                raise Truncated
            at = lowest = target
            continue
        if size & 0xC0:
            raise Truncated
        if size == 0:
            out.put("." if first else "")
            return at + 1 if after < 0 else after
        out.put(f"{printable(out.raw(at + 1, size))}.")
        first = False
        at += 1 + size
