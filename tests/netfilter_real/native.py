"""Rules in nft's own words: chains of all hooks and types, sets, maps and verdict maps, each rule with a counter."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

CHAINS = {
    "raw_pre": "type filter hook prerouting priority raw", "raw_out": "type filter hook output priority raw", "mangle_pre": "type filter hook prerouting priority mangle",
    "mangle_post": "type filter hook postrouting priority mangle", "dnat_pre": "type nat hook prerouting priority dstnat",
    "dnat_out": "type nat hook output priority -100", "snat_in": "type nat hook input priority 100", "snat_post": "type nat hook postrouting priority srcnat",
    "input": "type filter hook input priority filter", "forward": "type filter hook forward priority filter", "output": "type filter hook output priority filter",
}  # fmt: skip
MATCHES = (
    "", "", "ip saddr 10.1.0.10", "ip saddr != 10.1.0.10", "ip daddr 10.2.0.0/24", "ip daddr { 10.2.0.10, 10.9.0.0/16 }", "ip daddr 10.2.0.10-10.2.0.11",
    "ip protocol icmp", "meta l4proto udp", "meta l4proto { tcp, udp }", "ip protocol != tcp", "tcp dport 80", "tcp dport != 80", "udp dport 53-80",
    "tcp dport { 80, 443 }", "udp sport 2000", "th dport 53", "tcp flags syn / syn,ack,rst", "tcp flags syn", "icmp type echo-request", "icmp type { echo-reply, destination-unreachable }",
    "meta mark 0x1", "meta mark != 0x0", "ip ttl 64", "ip ttl < 63", "ip dscp 4", "ip length 0-40", "meta length 29", "meta pkttype unicast", "fib daddr type local",
    "fib saddr type != local", "ip saddr @hosts", "ip daddr @nets", "limit rate 2/hour", "limit rate over 1/minute burst 2 packets",
)  # fmt: skip
TRACKED = (
    "ct state new", "ct state established,related", "ct state invalid", "ct state { new, untracked }", "ct status dnat", "ct status snat", "ct direction original",
    "ct direction reply", "ct mark 0x1", "ct mark != 0x0",
)  # fmt: skip
INPUTS = ('iifname "eth0"', 'iifname != "eth0"', 'iif "eth1"', "ether saddr 02:00:00:00:00:ff")
OUTPUTS = ('oifname "eth1"', 'oifname { "eth0", "eth1" }')
VERDICTS = (
    "accept", "accept", "drop", "drop", "return", "reject", "reject with icmp type host-unreachable", "reject with icmp type admin-prohibited", "jump one", "goto one", "jump two",
    "ip saddr vmap { 10.1.0.10 : accept, 10.2.0.0/24 : drop }", "meta l4proto vmap { tcp : jump two, udp : accept }", "tcp dport vmap @ports", "",
)  # fmt: skip
CHANGES = (
    "meta mark set 0x1",
    "meta mark set ct mark",
    "ct mark set meta mark",
    "ct mark set 0x1",
    "meta mark set 0x1",
    "log",
    "drop",
    "ip saddr @hosts accept",
    "",
)
DESTINATIONS = (
    "dnat to 10.2.0.10", "dnat to 10.2.0.11", "meta l4proto tcp dnat to 10.2.0.10:8080", "meta l4proto udp dnat to 10.2.0.12:5353", "meta l4proto tcp redirect to :81", "udp dport 53 redirect",
    "meta l4proto udp dnat to 10.1.0.1", "accept", "ip daddr 10.9.0.1 dnat to 10.2.0.10",
)  # fmt: skip
SOURCES = (
    "masquerade",
    "masquerade",
    "snat to 10.2.0.1",
    "snat to 10.2.0.77",
    "meta l4proto udp snat to 10.2.0.1:3000",
    "meta l4proto tcp masquerade to :3000",
    "accept",
)
TRANSPORTS = ("tcp", "udp", "icmp", "th", "protocol", "l4proto")
RAW = ("notrack", "drop", "meta mark set 0x1", "accept", "")
SETS = """\tset hosts {
\t\ttype ipv4_addr
\t\telements = { 10.1.0.10, 10.2.0.10 }
\t}
\tset nets {
\t\ttype ipv4_addr
\t\tflags interval
\t\telements = { 10.2.0.0/25, 10.9.0.0/24 }
\t}
\tmap ports {
\t\ttype inet_service : verdict
\t\telements = { 53 : drop, 80 : accept, 443 : jump two }
\t}
"""


def _pools(chain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a rule of a chain may ask and do."""
    asked = MATCHES if chain.startswith("raw") else (*MATCHES, *TRACKED)
    if "pre" in chain or chain in ("input", "forward", "snat_in"):
        asked = (*asked, *INPUTS)
    if "post" in chain or "out" in chain or chain == "forward":
        asked = (*asked, *OUTPUTS)
    done = {"raw": RAW, "man": CHANGES, "dna": DESTINATIONS}.get(chain[:3], VERDICTS)
    if chain.startswith("snat"):
        done = SOURCES if chain == "snat_post" else ("snat to 10.2.0.1", "meta l4proto udp snat to 10.2.0.1", "accept")
    return asked, done


def _agreeing(matches: list[str], statement: str) -> list[str]:
    """Matches without a second one about the transport protocol, which nft would call conflicting."""
    kept, taken = [], any(word in statement.split() for word in TRANSPORTS)
    for text in matches:
        about = any(word in text.split() for word in TRANSPORTS)
        if not (about and taken):
            kept.append(text)
        taken |= about
    return kept


@st.composite
def _rules(draw: Any, chain: str) -> list[str]:
    asked, done = _pools(chain)
    if chain == "one":
        done = (*(text for text in VERDICTS if "one" not in text), "meta mark set 0x1")
    elif chain == "two":
        done = ("accept", "drop", "return", "reject", "")
    least = chain in ("dnat_pre", "snat_post", "forward")
    rules = []
    for _ in range(draw(st.integers(least, 1 if chain.startswith("raw") else 2))):
        statement = draw(st.sampled_from(done))
        matches = draw(st.lists(st.sampled_from(asked), max_size=1 if "nat" in chain else 2, unique=True))
        rules.append(" ".join(word for word in [*_agreeing(matches, statement), "counter", statement] if word))
    last = {
        "dnat_pre": "ip daddr 10.9.0.0/16 counter dnat to 10.2.0.10",
        "snat_post": draw(st.sampled_from(['oifname "eth1" counter masquerade', "counter masquerade"])),
    }
    return [*rules, last[chain]] if chain in last else rules


@st.composite
def native(draw: Any) -> str:
    """A whole input of `nft -f`: one table with every chain."""
    text = "flush ruleset\ntable ip t {\n" + SETS
    for name in ("two", "one", *CHAINS):
        text += f"\tchain {name} {{\n"
        if name in CHAINS:
            policy = draw(st.sampled_from(["accept", "accept", "accept", "drop"])) if name in ("input", "forward", "output") else "accept"
            text += f"\t\t{CHAINS[name]}; policy {policy};\n"
        text += "".join(f"\t\t{rule}\n" for rule in draw(_rules(name))) + "\t}\n"
    return text + "}\n"
