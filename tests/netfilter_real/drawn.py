"""What hypothesis draws: rules of all tables, and what happens on the wires."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

from tests.netfilter_real.frames import Spec
from tests.netfilter_real.wires import HOSTS, OURS, SERVED

BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
IN_CHAINS, OUT_CHAINS = ("PREROUTING", "INPUT", "FORWARD"), ("FORWARD", "OUTPUT", "POSTROUTING")
ADDRESSES = (*HOSTS["h1"], *HOSTS["h2"], *OURS, SERVED, "10.1.0.0/24", "10.2.0.0/24", "10.9.0.0/16", "0.0.0.0/0")
PORTS = (53, 80, 81, 443)
SOURCE_PORTS = (2000, 2001, 3000)
NEW_PORTS = (8080, 5353, 81)

ANY_MATCHES = (
    "-s 10.1.0.10", "! -s 10.1.0.10", "-s 10.1.0.0/24", "-s 10.2.0.0/24", "-d 10.2.0.0/24", "-d 10.9.0.1", "! -d 10.2.0.10", "-d 10.1.0.0/16",
    "-d 10.2.0.10", "-p icmp", "-p udp", "-p tcp", "! -p tcp", "-p 47", "-p all", "-f", "! -f",
    "-p tcp --dport 80", "-p tcp ! --dport 80", "-p udp --dport 53", "-p udp --sport 2000:2001", "-p tcp --sport 2001", "-p udp ! --dport 53:80",
    "-p tcp --syn", "-p tcp ! --syn", "-p tcp --tcp-flags SYN,ACK,FIN,RST SYN", "-p tcp --tcp-flags ALL NONE", "-p tcp --tcp-option 3",
    "-p tcp ! --tcp-option 2", "-p icmp --icmp-type echo-request", "-p icmp --icmp-type 0", "-p icmp ! --icmp-type 3", "-p icmp --icmp-type 3/3",
    "-p tcp -m multiport --dports 80,443", "-p udp -m multiport --ports 53,2001:2002", "-p tcp -m multiport ! --sports 2000",
    "-m iprange --src-range 10.1.0.5-10.1.0.10", "-m iprange ! --dst-range 10.2.0.11-10.2.0.20", "-m comment --comment drawn",
    "-m ttl --ttl-eq 64", "-m ttl --ttl-lt 63", "-m ttl --ttl-gt 2", "-m tos --tos 0x10/0x3f", "-m tos ! --tos 0x08", "-m dscp --dscp 4",
    "-m length --length 29", "-m length --length 0:40", "-m length ! --length 40:", "-m pkttype --pkt-type unicast", "-m ecn --ecn-ip-ect 1",
    "-m mark --mark 1", "-m mark --mark 0x2/0x2", "-m mark ! --mark 0", "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
    "-m addrtype --src-type UNICAST", "-m addrtype --src-type LOCAL --dst-type UNICAST", "-m set --match-set hosts src",
    "-m set --match-set nets dst", "-m set ! --match-set hosts dst", "-m set --match-set nets src", "-m limit --limit 1/minute --limit-burst 2",
    "-m limit --limit 2/hour", "-m statistic --mode nth --every 2 --packet 0", "-m statistic --mode nth --every 3 --packet 1",
    "-m string --algo bm --string more", "-m string --algo kmp --string yyyy --from 20", "-m quota --quota 100", "-p sctp --dport 80",
    "-p tcp -m tcpmss --mss 1400", "-p tcp -m tcpmss ! --mss 0:1400",
)  # fmt: skip
TRACKED = (
    "-m conntrack --ctstate NEW", "-m conntrack --ctstate ESTABLISHED", "-m conntrack --ctstate RELATED,ESTABLISHED",
    "-m conntrack --ctstate INVALID", "-m conntrack --ctstate UNTRACKED", "-m conntrack ! --ctstate NEW", "-m state --state RELATED",
    "-m state --state NEW,ESTABLISHED", "-m conntrack --ctstatus SEEN_REPLY", "-m conntrack --ctstatus ASSURED", "-m conntrack --ctstatus CONFIRMED",
    "-m conntrack ! --ctstatus CONFIRMED", "-m conntrack --ctstatus NONE", "-m conntrack --ctstate SNAT", "-m conntrack --ctstate DNAT",
    "-m conntrack ! --ctstate DNAT", "-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY", "-m conntrack --ctproto tcp",
    "-m conntrack ! --ctproto 17", "-m conntrack --ctorigsrc 10.1.0.10", "-m conntrack --ctorigdst 10.9.0.0/24", "-m conntrack ! --ctreplsrc 10.2.0.10",
    "-m conntrack --ctrepldst 10.2.0.1", "-m conntrack --ctorigsrcport 2000", "-m conntrack --ctorigdstport 53:80", "-m conntrack --ctreplsrcport 80",
    "-m conntrack ! --ctrepldstport 2000", "-m conntrack --ctexpire 1:60", "-m conntrack --ctexpire 100:500000", "-m connmark --mark 1",
    "-m connmark ! --mark 0/1",
)  # fmt: skip
INPUTS = ("-i eth0", "-i eth1", "! -i eth0", "-i eth+", "-m mac --mac-source 02:00:00:00:00:ff", "-m mac ! --mac-source 02:00:00:00:00:ff")
OUTPUTS = ("-o eth1", "-o eth0", "! -o eth1", "-o eth+")
OWNED = ("-m owner --uid-owner 0", "-m owner ! --uid-owner 0", "-m owner --socket-exists")

ANYWHERE = ("-j RETURN", "", "-j LOG --log-prefix x", "-j NFLOG", "-j ACCEPT", "-j ACCEPT")
FILTER = (
    "-j ACCEPT", "-j DROP", "-j DROP", "-j DROP", "-j REJECT", "-j ACCEPT", "-j REJECT --reject-with icmp-host-unreachable", "-j REJECT --reject-with icmp-admin-prohibited",
    "-j REJECT --reject-with icmp-net-prohibited", "-p tcp -j REJECT --reject-with tcp-reset", "-j REJECT --reject-with icmp-proto-unreachable",
)  # fmt: skip
MANGLE = (
    "-j MARK --set-mark 1", "-j MARK --or-mark 2", "-j MARK --set-xmark 0x3/0x1", "-j MARK --xor-mark 1", "-j CONNMARK --set-mark 1",
    "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark", "-j CONNMARK --set-xmark 2/2", "-j CONNMARK --restore-mark --nfmask 1 --ctmask 1",
    "-j TTL --ttl-set 7", "-j TTL --ttl-inc 1", "-j TTL --ttl-dec 1", "-j TOS --set-tos 0x10", "-j TOS --or-tos 4", "-j DSCP --set-dscp 4",
    "-j DSCP --set-dscp-class EF", "-p tcp --syn -j TCPMSS --set-mss 1200", "-j CLASSIFY --set-class 1:1", "-j DROP", "-j CHECKSUM --checksum-fill",
    "-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu",
)  # fmt: skip
RAW = ("-j NOTRACK", "-j CT --zone 1", "-j CT --zone-orig 2", "-j DROP", "-j TRACE", "-j TRACE", "-j MARK --set-mark 1")
DESTINATIONS = (
    "-j DNAT --to-destination 10.2.0.10", "-j DNAT --to-destination 10.2.0.11", "-p tcp -j DNAT --to-destination 10.2.0.10:8080",
    "-p udp -j DNAT --to-destination 10.2.0.12:5353", "-p tcp -j DNAT --to-destination :81", "-j DNAT --to-destination 10.1.0.11",
    "-p icmp -j REDIRECT", "-p tcp --dport 80 -j REDIRECT", "-p udp --dport 53 -j REDIRECT --to-ports 53", "-d 10.9.0.0/24 -j NETMAP --to 10.2.0.0/24",
    "-d 10.2.0.10 -j NETMAP --to 10.2.0.11/32", "-p udp -j DNAT --to-destination 10.1.0.1",
)  # fmt: skip
SOURCES = (
    "-j MASQUERADE", "-j MASQUERADE", "-j SNAT --to-source 10.2.0.1", "-j SNAT --to-source 10.2.0.77", "-p udp -j SNAT --to-source 10.2.0.1:3000",
    "-p tcp -j MASQUERADE --to-ports 3000", "-s 10.1.0.0/24 -j NETMAP --to 10.2.0.0/24", "-p tcp -j SNAT --to-source :3000",
    "-p udp -j MASQUERADE --random", "-s 10.2.0.0/24 -j SNAT --to-source 10.1.0.1", "-p udp -j SNAT --to-source 10.2.0.1 --random-fully",
)  # fmt: skip


ALWAYS = {
    "PREROUTING": ("-d 10.9.0.0/16 -j DNAT --to-destination 10.2.0.10", "-i eth0 -d 10.2.0.0/24 -j NETMAP --to 10.2.0.0/24"),
    "POSTROUTING": (
        "-o eth1 -j MASQUERADE",
        "-j MASQUERADE",
        "-j MASQUERADE",
        "-s 10.1.0.0/24 -j SNAT --to-source 10.2.0.1",
        "-j SNAT --to-source 10.2.0.77",
    ),
}
"""A last rule of the chain that most packets meet, so that enough of them are translated."""


def targets_of(table: str, chain: str) -> tuple[str, ...]:
    """What may stand behind a match in a built-in chain."""
    if table == "nat":
        return DESTINATIONS if chain in ("PREROUTING", "OUTPUT") else tuple(text for text in SOURCES if chain == "POSTROUTING" or "SNAT" in text)
    chosen = {"filter": FILTER, "mangle": MANGLE, "raw": RAW}[table]
    if table == "mangle" and chain in ("PREROUTING", "INPUT"):
        chosen = tuple(text for text in chosen if "clamp" not in text and "CLASSIFY" not in text)
    return chosen


def matches_of(table: str, chain: str) -> tuple[str, ...]:
    """What a rule of a built-in chain may ask."""
    found = ANY_MATCHES if table == "raw" else (*ANY_MATCHES, *TRACKED)
    if chain in IN_CHAINS:
        found = (*found, *INPUTS)
    if chain in OUT_CHAINS:
        found = (*found, *OUTPUTS)
    return (*found, *OWNED) if chain in ("OUTPUT", "POSTROUTING") and table != "nat" else found


def together(words: list[str]) -> str:
    """One rule of several pieces: a second protocol, address or extension of the same name would be refused."""
    seen: set[str] = set()
    kept = []
    for piece in words:
        names = {word for word in piece.split() if word in ("-p", "-s", "-d", "-i", "-o", "-f")}
        parts = piece.split()
        names |= {parts[place + 1] for place, word in enumerate(parts) if word == "-m"}
        if not names & seen:
            seen |= names
            kept.append(piece)
    return " ".join(kept)


@st.composite
def rule(draw: Any, table: str, chain: str, called: tuple[str, ...]) -> str:
    """The words of one rule after `-A CHAIN`."""
    hook = chain if chain.isupper() else "FORWARD" if table != "nat" else "PREROUTING"
    pool = matches_of(table, hook) if chain.isupper() else ANY_MATCHES
    targets = targets_of(table, hook)
    if table == "mangle" and not chain.isupper():
        targets = targets_of(table, "INPUT")
    target = draw(st.sampled_from(targets if draw(st.integers(0, 9 if table == "nat" else 4)) else ANYWHERE))
    if called and not draw(st.integers(0, 2)):
        target = f"{draw(st.sampled_from(['-j', '-j', '-g']))} {draw(st.sampled_from(called))}"
    matches = draw(st.lists(st.sampled_from(pool), min_size=table == "filter", max_size=2 if table != "nat" else draw(st.sampled_from([0, 0, 1]))))
    pieces = [target.partition("-j")[0], *matches]
    words = together([piece for piece in pieces if piece.strip()])
    return f"{words} {target[len(pieces[0]) :]}".strip()


@st.composite
def listing(draw: Any) -> str:
    """A whole `-restore` input: every table, policies, two user chains each."""
    lines = []
    for table, chains in BUILT_IN.items():
        drops = table == "filter"
        lines.append(f"*{table}")
        lines += [f":{chain} {draw(st.sampled_from(['ACCEPT', 'ACCEPT', 'DROP'])) if drops else 'ACCEPT'} [0:0]" for chain in chains]
        users = ("one", "two")
        lines += [f":{name} - [0:0]" for name in users]
        for chain, called in [*((chain, users) for chain in chains), ("one", ("two",)), ("two", ())]:
            most = {"filter": 3, "nat": 2, "mangle": 2, "raw": 1}[table]
            least = 1 if (table, chain) in (("nat", "PREROUTING"), ("nat", "POSTROUTING"), ("filter", "FORWARD")) else 0
            if table == "nat" and chain not in ("PREROUTING", "OUTPUT", "one"):
                called = ()
            lines += [f"-A {chain} {text}" for text in draw(st.lists(rule(table, chain, called), min_size=least, max_size=most))]
            if table == "nat" and chain in ALWAYS:
                lines.append(f"-A {chain} {draw(st.sampled_from(ALWAYS[chain]))}")
        lines.append("COMMIT")
    return "\n".join([*lines, ""])


@attrs.frozen
class Again:
    """A packet that was sent before is sent once more."""

    number: int


@attrs.frozen
class Answer:
    """Whoever got the last but `number` frame answers it."""

    number: int
    how: str


@attrs.frozen
class FromRouter:
    """The router itself sends."""

    kind: str
    dst: str
    sport: int
    port: int


def _spec(place: str) -> st.SearchStrategy[Spec]:
    there = HOSTS["h2"] if place == "h1" else HOSTS["h1"]
    near = OURS[0] if place == "h1" else OURS[1]
    targets = (*there, *there, SERVED, SERVED, SERVED, SERVED, near) if place == "h1" else (*there, *there, *there, *OURS, "10.2.0.77")
    return st.builds(
        Spec, st.just(place), st.sampled_from(["udp", "udp", "udp", "tcp", "tcp", "tcp", "tcp", "icmp", "icmp", "icmp", "gre", "sctp"]), st.sampled_from(HOSTS[place]),
        st.sampled_from(targets), st.sampled_from(SOURCE_PORTS), st.sampled_from(PORTS), st.sampled_from(["syn"] * 6 + ["ack", "fin", "rst", "null", "data"]),
        st.sampled_from([64] * 12 + [1, 2, 255]), st.sampled_from([0, 0, 0, 0x10, 1, 8]), st.sampled_from(["x", "x", "more and more", "y" * 100]),
    )  # fmt: skip


@attrs.frozen
class Pieces:
    """A packet in fragments of some size, sent in some order: numbers of fragments, one of them perhaps twice."""

    spec: Spec
    size: int
    order: tuple[int, ...]


PIECES = st.builds(
    Pieces,
    st.builds(
        Spec, st.just("h1"), st.sampled_from(["udp", "icmp"]), st.sampled_from(HOSTS["h1"]), st.sampled_from([*HOSTS["h2"], SERVED, OURS[0]]),
        st.sampled_from(SOURCE_PORTS), st.sampled_from(PORTS), data=st.just("y" * 100),
    ),
    st.sampled_from([56, 64, 104]), st.sampled_from([(0, 1), (1, 0), (0, 0, 1)]),
)  # fmt: skip

EVENTS = st.one_of(
    _spec("h1"),
    _spec("h1"),
    _spec("h1"),
    _spec("h1"),
    _spec("h2"),
    PIECES,
    st.builds(Again, st.integers(0, 4)),
    st.builds(Answer, st.integers(0, 2), st.sampled_from(["next", "next", "data", "finish", "refuse", "unreachable", "exceeded"])),
    st.builds(Answer, st.integers(0, 1), st.sampled_from(["next", "next", "data", "unreachable"])),
    st.builds(FromRouter, st.sampled_from(["udp", "icmp", "tcp"]), st.sampled_from(["10.2.0.10", "10.1.0.10", SERVED, "10.2.0.11"]),
              st.sampled_from([2000]), st.sampled_from(PORTS)),
)  # fmt: skip
EVENT_LISTS: st.SearchStrategy[list[Any]] = st.lists(EVENTS, min_size=6, max_size=14)
