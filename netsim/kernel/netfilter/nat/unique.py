"""Finding a tuple that nobody has (`nf_nat_core.c:get_unique_tuple`)."""

from __future__ import annotations

from random import Random

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter.conntrack.entries import kill, source_key
from netsim.kernel.netfilter.conntrack.tcp_states import SYN_SENT, TIME_WAIT
from netsim.kernel.netfilter.nat.ranges import MANIP_DST, MANIP_SRC, MAP_IPS, PERSISTENT, PROTO_OFFSET, PROTO_SPECIFIED, RANDOM_ALL, NatRange
from netsim.kernel.tables.conntrack import ORIGINAL, PROTO_GRE, PROTO_ICMP, PROTO_ICMP6, PROTO_TCP, WITH_PORTS, Connection, ConntrackTable, Tuple

MAX_ATTEMPTS = 128
HARDER_THRESHOLD = MAX_ATTEMPTS // 4
WORD = 0xFFFFFFFF


def is_taken(table: ConntrackTable, tuple_: Tuple, ours: Connection, now: int) -> bool:
    """Whether answers to this tuple would go to another connection (`nf_nat_used_tuple`)."""
    reply = tuple_.inverted()
    found = table.find(reply, now) if reply is not None else None
    if found is None or found[0] is ours:
        return False
    return found[0].tuples[ORIGINAL] != ours.tuples[ORIGINAL]


def _is_taken_for_good(table: ConntrackTable, tuple_: Tuple, ours: Connection, now: int, left: int) -> bool:
    """The same, but the last attempts take a port from a TCP connection that is over (`nf_nat_used_tuple_harder`)."""
    if not is_taken(table, tuple_, ours, now):
        return False
    if left > HARDER_THRESHOLD or tuple_.protocol != PROTO_TCP or ours.tcp is None or ours.tcp.state != SYN_SENT:
        return True
    found = table.find(tuple_.answered(), now)
    if found is None or found[1] == ORIGINAL or found[0].tcp is None or found[0].tcp.state != TIME_WAIT:
        return True
    kill(table, found[0])
    return False


def unique_tuple(table: ConntrackTable, rng: Random, now: int, wanted: Tuple, choice: NatRange, ours: Connection, manip: int) -> Tuple:
    """`wanted` with its source or destination moved into the range so that its answers are nobody else's; the last try when there is none."""
    is_random = choice.flags & RANDOM_ALL
    if manip == MANIP_SRC and not is_random:
        if choice.holds_source(wanted):
            if not is_taken(table, wanted, ours, now):
                return wanted
        else:
            known = _mapped_source(table, wanted, choice, ours)
            if known is not None and not is_taken(table, known, ours, now):
                return known
    tuple_ = _with_address(wanted, choice, ours.zone, manip)
    if not is_random:
        if choice.flags & PROTO_SPECIFIED:
            fits = not choice.flags & PROTO_OFFSET and choice.holds_port(tuple_, manip)
            if fits and (choice.min_port == choice.max_port or not is_taken(table, tuple_, ours, now)):
                return tuple_
        elif not is_taken(table, tuple_, ours, now):
            return tuple_
    return _with_port(table, rng, now, tuple_, choice, ours, manip)


def _mapped_source(table: ConntrackTable, wanted: Tuple, choice: NatRange, ours: Connection) -> Tuple | None:
    """The same sender port is mapped already: map it alike where the range allows (`find_appropriate_src`)."""
    zone = source_key(ours)[0]
    for other in reversed(table.sources.get((zone, wanted.family, wanted.protocol, wanted.src, wanted.sport), ())):
        mapped = other.tuples[1].answered()
        candidate = wanted.with_source(mapped.src, mapped.sport)
        if choice.holds_source(candidate):
            return candidate
    return None


# addresses -------------------------------------------------------------------------------------------------------------


def _rotated(value: int, bits: int) -> int:
    return (value << bits | value >> 32 - bits) & WORD


def jhash2(words: list[int], seed: int) -> int:
    """Bob Jenkins' lookup3 over 32-bit words, as the kernel seeds it."""
    a = b = c = 0xDEADBEEF + (len(words) << 2) + seed & WORD
    at = 0
    while len(words) - at > 3:
        a, b, c = a + words[at] & WORD, b + words[at + 1] & WORD, c + words[at + 2] & WORD
        a = (a - c & WORD) ^ _rotated(c, 4)
        c = c + b & WORD
        b = (b - a & WORD) ^ _rotated(a, 6)
        a = a + c & WORD
        c = (c - b & WORD) ^ _rotated(b, 8)
        b = b + a & WORD
        a = (a - c & WORD) ^ _rotated(c, 16)
        c = c + b & WORD
        b = (b - a & WORD) ^ _rotated(a, 19)
        a = a + c & WORD
        c = (c - b & WORD) ^ _rotated(b, 4)
        b = b + a & WORD
        at += 3
    rest = [*words[at:], 0, 0, 0]
    a, b, c = a + rest[0] & WORD, b + rest[1] & WORD, c + rest[2] & WORD
    for target, source, bits in (("c", "b", 14), ("a", "c", 11), ("b", "a", 25), ("c", "b", 16), ("a", "c", 4), ("b", "a", 14), ("c", "b", 24)):
        values = {"a": a, "b": b, "c": c}
        mixed = (values[target] ^ values[source]) - _rotated(values[source], bits) & WORD
        a, b, c = (mixed if target == name else values[name] for name in "abc")
    return c


def _words(address: int, family: int) -> list[int]:
    """An address as little-endian machines read its four words; an IPv4 one fills the first."""
    packed = int(address).to_bytes(4, "big") + bytes(12) if family == PF_INET else int(address).to_bytes(16, "big")
    return [int.from_bytes(packed[at : at + 4], "little") for at in range(0, 16, 4)]


def _swapped(word: int) -> int:
    return int.from_bytes(word.to_bytes(4, "little"), "big")


def _with_address(tuple_: Tuple, choice: NatRange, zone: int, manip: int) -> Tuple:
    """The address of the range that this pair of ends always gets (`find_best_ips_proto`)."""
    if not choice.flags & MAP_IPS:
        return tuple_
    address = choice.min_addr if choice.min_addr == choice.max_addr else _spread(tuple_, choice, zone)
    found = IPv4(address) if tuple_.family == PF_INET else IPv6(address)
    return tuple_.with_source(found, tuple_.sport) if manip == MANIP_SRC else tuple_.with_destination(found, tuple_.dport)


def _spread(tuple_: Tuple, choice: NatRange, zone: int) -> int:
    last = 0 if tuple_.family == PF_INET else 3
    source, destination = _words(tuple_.src, tuple_.family), _words(tuple_.dst, tuple_.family)
    low, high = _words(choice.min_addr, tuple_.family), _words(choice.max_addr, tuple_.family)
    persistent = choice.flags & PERSISTENT
    seed = jhash2(source, 0 if persistent else destination[last] ^ zone)
    is_free, address = False, 0
    for place in range(last + 1):
        first = 0 if is_free else _swapped(low[place])
        width = WORD if is_free else _swapped(high[place]) - first + 1
        word = first + (seed * width >> 32) & WORD
        is_free = is_free or word != _swapped(high[place])
        address = address << 32 | word
        if not persistent:
            seed ^= destination[place]
    return address


# ports -----------------------------------------------------------------------------------------------------------------


def _with_port(table: ConntrackTable, rng: Random, now: int, tuple_: Tuple, choice: NatRange, ours: Connection, manip: int) -> Tuple:
    """Another port or ICMP id, from a random place on (`nf_nat_l4proto_unique_tuple`)."""
    protocol, specified = tuple_.protocol, choice.flags & PROTO_SPECIFIED
    is_query = protocol in (PROTO_ICMP, PROTO_ICMP6)
    if (not is_query and protocol not in WITH_PORTS) or protocol == PROTO_GRE:
        return tuple_
    port = tuple_.sport if manip == MANIP_SRC or is_query else tuple_.dport
    if specified:
        low, high = sorted((choice.min_port, choice.max_port))
    elif is_query:
        low, high = 0, 65535
    elif manip == MANIP_DST:
        return tuple_
    else:
        low, high = (1, 511) if port < 512 else (600, 1023) if port < 1024 else (1024, 65535)
    size = high - low + 1
    if choice.flags & PROTO_OFFSET:
        start = port - choice.base_port & 0xFFFF
    elif choice.flags & RANDOM_ALL or manip != MANIP_DST:
        start = rng.getrandbits(16)
    else:
        start = 0
    return _search(table, rng, now, tuple_, ours, low, size, start, MANIP_SRC if is_query else manip)


def _search(table: ConntrackTable, rng: Random, now: int, tuple_: Tuple, ours: Connection, low: int, size: int, start: int, manip: int) -> Tuple:
    attempts = min(size, MAX_ATTEMPTS)
    while True:
        for step in range(attempts):
            port = low + (start + step & 0xFFFF) % size
            tuple_ = tuple_.with_source(tuple_.src, port) if manip == MANIP_SRC else tuple_.with_destination(tuple_.dst, port)
            if not _is_taken_for_good(table, tuple_, ours, now, attempts - step):
                return tuple_
        if attempts >= size or attempts < 16:
            return tuple_
        attempts //= 2
        start = rng.getrandbits(16)
