"""What drawing against the kernel found, each as a case of its own, in netsim alone."""

from __future__ import annotations

import re

import pytest

from netsim import World
from netsim.clock import MS
from tests.netfilter_real.drawn import Again, Answer, FromRouter, Pieces
from tests.netfilter_real.frames import Spec
from tests.netfilter_real.play import Game
from tests.netfilter_real.scenes import SCENES
from tests.netfilter_real.sides import Ours

CHAINS = {
    "raw": "PREROUTING OUTPUT", "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING", "nat": "PREROUTING INPUT OUTPUT POSTROUTING",
    "filter": "INPUT FORWARD OUTPUT",
}  # fmt: skip
UDP = Spec("h1", "udp", "10.1.0.10", "10.2.0.10")
TCP = Spec("h1", "tcp", "10.1.0.10", "10.2.0.10", dport=81)


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours(SCENES["nft"])


def play(ours: Ours, rules: list[str], *events: object) -> list[object]:
    """What followed each event, under rules given as `TABLE: words`."""
    text = ""
    for table, chains in CHAINS.items():
        wanted = [rule.partition(": ")[2] for rule in rules if rule.startswith(table + ":")]
        text += f"*{table}\n" + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains.split()) + "".join(f"{line}\n" for line in wanted) + "COMMIT\n"
    assert not ours.load(text)
    game = Game(ours)
    return [game.event(number, event) for number, event in enumerate(events)]


def counted(ours: Ours, words: str) -> int:
    """How many packets met a rule."""
    found = re.search(rf"\[(\d+):\d+\] {re.escape(words)}", ours.saved())
    assert found is not None, ours.saved()
    return int(found[1])


def arrivals(told: object) -> list[tuple[object, ...]]:
    assert isinstance(told, tuple)
    return [(place, *packet) for place, packet in told[0]]


def test_an_error_that_quotes_eight_bytes_is_translated_like_one_that_quotes_all(ours: Ours) -> None:
    told = play(ours, ["nat: -A POSTROUTING -o eth1 -j MASQUERADE"], TCP, Answer(0, "exceeded"))
    ((place, source, target, *_, quoted),) = arrivals(told[1])
    assert (place, source, target) == ("h1", "10.2.0.10", "10.1.0.10")
    assert quoted[:2] == ("10.1.0.10", "10.2.0.10")  # type: ignore[index]


def test_gre_too_short_to_be_written_to_is_dropped_where_it_would_be_translated(ours: Ours, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.netfilter_real.frames.generic", lambda spec: bytes.fromhex("00000800"))
    gre = Spec("h1", "gre", "10.1.0.10", "10.2.0.10")
    assert len(arrivals(play(ours, [], gre)[0])) == 1
    assert not arrivals(play(ours, ["nat: -A POSTROUTING -j MASQUERADE"], gre)[0])


def test_connections_of_two_zones_that_share_the_way_back_get_different_ports(ours: Ours) -> None:
    zone = "raw: -A PREROUTING -s 10.1.0.10 -p udp -m length --length 30 -j CT --zone-orig 2"
    told = play(ours, [zone, "nat: -A POSTROUTING -o eth1 -j MASQUERADE"], UDP, Spec("h1", "udp", "10.1.0.10", "10.2.0.10", data="xy"))
    assert [arrivals(one)[0][8] for one in told] == [2000, "n0"]


def test_an_error_in_one_direction_of_a_zone_finds_the_connection_of_the_other(ours: Ours) -> None:
    rules = ["raw: -A PREROUTING -p icmp -j CT --zone-orig 2", "nat: -A POSTROUTING -o eth1 -j MASQUERADE"]
    assert arrivals(play(ours, rules, UDP, Answer(0, "unreachable"))[1])[0][:3] == ("h1", "10.2.0.10", "10.1.0.10")


def test_what_the_router_sends_is_of_unicast_type(ours: Ours) -> None:
    play(ours, ["filter: -A OUTPUT -m pkttype --pkt-type unicast"], FromRouter("udp", "10.2.0.10", 2000, 53))
    assert counted(ours, "-A OUTPUT -m pkttype") == 1


def test_no_error_is_made_about_a_control_message_that_is_refused_on_its_way_out(ours: Ours) -> None:
    play(ours, ["filter: -A OUTPUT -j REJECT --reject-with icmp-admin-prohibited"], Spec("h1", "icmp", "10.1.0.10", "10.1.0.1"))
    assert counted(ours, "-A OUTPUT -j REJECT") == 1


def test_a_time_to_live_of_zero_is_delivered_but_not_forwarded(ours: Ours) -> None:
    rules = ["mangle: -A PREROUTING -j TTL --ttl-set 1", "mangle: -A PREROUTING -j TTL --ttl-dec 1"]
    local, through = play(ours, rules, Spec("h1", "udp", "10.1.0.10", "10.1.0.1"), UDP)
    assert local[1] == [(53, "78", "10.1.0.10", 2000)]  # type: ignore[index]
    assert arrivals(through)[0][8:10] == (11, 0)


def test_control_messages_and_resets_have_a_socket_but_no_user(ours: Ours) -> None:
    rules = ["filter: -A OUTPUT -m owner --socket-exists", "filter: -A OUTPUT -m owner --uid-owner 0"]
    play(ours, rules, Spec("h1", "icmp", "10.1.0.10", "10.1.0.1"), Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=81))
    assert (counted(ours, "-A OUTPUT -m owner --socket-exists"), counted(ours, "-A OUTPUT -m owner --uid-owner 0")) == (2, 0)


def test_a_drop_behind_routing_fails_the_sender(ours: Ours) -> None:
    told = play(ours, ["mangle: -A POSTROUTING -j DROP"], FromRouter("udp", "10.2.0.10", 2000, 53), FromRouter("icmp", "10.2.0.10", 2000, 53))
    assert [one[2] for one in told] == ["EPERM", "EPERM"]  # type: ignore[index]


def test_a_reset_from_a_closed_port_reflects_the_type_of_service_without_the_congestion_bits(ours: Ours) -> None:
    told = play(ours, [], Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=81, tos=0x13))
    assert arrivals(told[0])[0][5] == "tos 16"


def test_a_repeated_syn_is_answered_with_syn_and_ack_once_in_half_a_second(ours: Ours) -> None:
    syn = Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=80)
    told = play(ours, [], syn, syn, syn)
    assert [[one[12] for one in arrivals(answer)] for answer in told] == [["flags 0x12"], ["flags 0x12"], []]


def test_a_datagram_refused_behind_its_translation_is_told_of_as_it_was_when_answers_are_not_tracked(ours: Ours) -> None:
    dnat = "nat: -A PREROUTING -d 10.9.0.1 -j DNAT --to-destination 10.1.0.1"
    asked = Spec("h1", "udp", "10.1.0.10", "10.9.0.1", dport=81)
    assert [arrivals(play(ours, [dnat, *more], asked)[0])[0][1] for more in ([], ["raw: -A OUTPUT -j NOTRACK"])] == ["10.9.0.1", "10.1.0.1"]


def test_the_sender_address_of_a_frame_is_not_asked_for_on_loopback(ours: Ours) -> None:
    play(ours, ["filter: -A INPUT -m mac ! --mac-source 02:00:00:00:00:01"], FromRouter("udp", "10.1.0.1", 2000, 53))
    assert counted(ours, "-A INPUT -m mac") == 0


def test_what_comes_from_our_own_address_and_is_translated_on_loopback_is_a_martian(ours: Ours) -> None:
    """The answer to a packet whose both ends became ours goes by lo, where its destination is put back."""
    rules = [
        "raw: -A OUTPUT -p icmp -m icmp --icmp-type 0 -j CT --zone 1", "nat: -A PREROUTING -p icmp -j REDIRECT",
        "nat: -A INPUT -s 10.2.0.10 -j SNAT --to-source 10.2.0.1",
    ]  # fmt: skip
    assert not arrivals(play(ours, rules, Spec("h2", "icmp", "10.2.0.10", "10.1.0.10"))[0])


def test_a_query_whose_destination_clashes_takes_the_first_free_number(ours: Ours) -> None:
    rules = ["nat: -A OUTPUT -p icmp -j DNAT --to-destination 10.2.0.10"]
    told = play(ours, rules, FromRouter("icmp", "10.2.0.11", 2000, 1), FromRouter("icmp", "10.2.0.12", 2000, 2))
    assert [arrivals(one)[0][10] for one in told] == [4000, 0]


def test_rules_that_stand_where_they_may_not_are_refused_through_user_chains_too() -> None:
    host = World().host("h")
    lines = ["-N u", "-A u -j CLASSIFY --set-class 1:1", "-A INPUT -j u", "-A OUTPUT -m mac --mac-source 02:00:00:00:00:01", "-A POSTROUTING -j u"]
    done = [host.run(f"iptables -t mangle {line}") for line in lines]
    assert [one.status for one in done] == [0, 0, 4, 4, 0]
    assert "RULE_APPEND failed (Invalid argument): rule in chain INPUT" in done[2].stderr


def test_every_rule_after_one_that_the_table_cannot_bear_is_reported() -> None:
    text = "*nat\\n-N one\\n-A POSTROUTING -j one\\n-A one -p tcp -j REDIRECT\\n-A PREROUTING -j MASQUERADE\\n-A PREROUTING -s 10.0.0.1\\nCOMMIT\\n"
    done = World().host("h").run_script(f"printf '{text}' | iptables-restore")
    assert re.findall(r"line (\d): RULE_APPEND failed", done.stderr) == ["4", "5", "6"]


SYN = Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=80)
CONNECT = FromRouter("tcp", "10.1.0.10", 2000, 53)


def flags(told: list[object]) -> list[list[object]]:
    """The flags of the segments that arrived after each event."""
    return [[one[12] for one in arrivals(answer)] for answer in told]


def test_segments_that_do_not_fit_are_challenged_once_in_half_a_second(ours: Ours) -> None:
    assert flags(play(ours, [], CONNECT, Answer(0, "next"), Again(0), Again(0))) == [["flags 0x2"], ["flags 0x10"], ["flags 0x10"], []]


def test_an_end_without_data_before_it_is_acknowledged_at_the_next_tick(ours: Ours) -> None:
    play(ours, ["filter: -A OUTPUT -p tcp"], CONNECT, Answer(0, "next"), Answer(0, "finish"))
    ours.world.run_for(4 * MS)
    assert counted(ours, "-A OUTPUT -p tcp") == 3


@pytest.mark.parametrize(("how", "answer"), [("unreachable", []), ("exceeded", ["flags 0x4"])])
def test_only_errors_that_last_end_a_connection_that_is_half_open(ours: Ours, how: str, answer: list[str]) -> None:
    assert flags(play(ours, [], SYN, Answer(0, how), Answer(0, "next"))) == [["flags 0x12"], [], answer]


def test_an_answer_is_taken_for_that_of_the_connection_its_source_port_shows_before_it_is_put_back(ours: Ours) -> None:
    """Two connections to one translated port: early demux takes the second's answer for the first's, which is not what it wants."""
    rules = ["nat: -A OUTPUT -p tcp -j DNAT --to-destination :81", "nat: -A POSTROUTING -j MASQUERADE"]
    first, second = FromRouter("tcp", "10.2.0.11", 2000, 81), FromRouter("tcp", "10.2.0.11", 2000, 53)
    told = play(ours, rules, first, second, Answer(0, "next"))
    assert flags(told) == [["flags 0x2"], ["flags 0x2"], ["flags 0x4"]]
    assert flags(play(ours, rules[:1], second, Answer(0, "next"))) == [["flags 0x2"], ["flags 0x10"]]


def test_resets_and_answers_belong_to_the_socket_they_are_sent_for_if_a_process_holds_it(ours: Ours) -> None:
    owned = "-A OUTPUT -m owner --uid-owner 0"
    play(ours, ["filter: " + owned], Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=80, how="ack"))
    assert counted(ours, owned) == 1
    play(ours, ["filter: " + owned], SYN, Answer(0, "next"), Again(0))
    assert counted(ours, owned) == 1  # the connection that waits to be accepted answers the last SYN


def test_a_reset_by_a_rule_closes_the_connection_it_is_about(ours: Ours) -> None:
    rules = ["raw: -A PREROUTING -j CT --zone 1", "filter: -A INPUT -p tcp -m conntrack --ctstatus CONFIRMED -j REJECT --reject-with tcp-reset"]
    closed = Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=81)
    play(ours, rules, closed, Again(0), Answer(0, "finish"))
    assert counted(ours, "-A INPUT -p tcp") == 2


def test_the_error_about_a_datagram_has_come_before_the_next_is_sent(ours: Ours) -> None:
    """`nc -u -v` writes up to four times, and hears of a refusal at the second."""
    play(ours, [])
    host = ours.host
    host.run_script(
        "ip -n h2 addr add 10.2.0.10/24 dev eth0; ip -n h2 addr add 10.2.0.11/24 dev eth0; ip -n h2 route add default via 10.2.0.1\n"
        "ip netns exec h2 iptables -A INPUT -p udp -j REJECT"
    )
    done = host.run("ip netns exec r nc -u -v -z -w1 10.2.0.10 90")
    assert done.status == 1
    assert "    1    29 REJECT" in host.run("ip netns exec h2 iptables -nvL INPUT").stdout


def test_ping_hears_its_own_hosts_refusal_with_the_failed_send(ours: Ours) -> None:
    play(ours, ["filter: -A OUTPUT -d 10.2.0.10 -j REJECT"])
    done = ours.host.run("ip netns exec r ping -c1 -W1 10.2.0.10")
    assert "icmp_seq=1 Destination Port Unreachable" in done.stdout
    assert done.stderr == "ping: sendmsg: Operation not permitted\n"


def test_an_error_about_an_untracked_packet_is_invalid_and_notrack_leaves_it(ours: Ours) -> None:
    rules = ["raw: -A OUTPUT -j NOTRACK", "filter: -A OUTPUT -p udp -j REJECT", "filter: -A OUTPUT -p icmp -m conntrack --ctstate INVALID"]
    play(ours, rules, FromRouter("udp", "10.2.0.10", 2000, 53))
    assert counted(ours, "-A OUTPUT -p icmp") == 1


def test_a_bridged_packet_that_was_put_together_is_cut_as_it_came() -> None:
    bridged = Ours(SCENES["bridge"])
    spec = Spec("h1", "udp", "10.1.0.10", "10.2.0.10", data="y" * 100)
    told = play(bridged, ["nat: -A POSTROUTING -s 10.9.9.9 -j MASQUERADE"], Pieces(spec, 56, (1, 0)))[0]
    assert [one[7] for one in arrivals(told)] == [1, 0]


def test_our_own_addresses_are_unicast_too_in_ipv6() -> None:
    six = Ours(SCENES["six-nft"])
    rules = [f"filter: -A OUTPUT -m addrtype --src-type {kind}" for kind in ("UNICAST", "LOCAL")]
    play(six, rules, FromRouter("udp", "10.2.0.10", 2000, 53))
    assert [counted(six, f"-A OUTPUT -m addrtype --src-type {kind}") for kind in ("UNICAST", "LOCAL")] == [1, 1]


def test_a_port_alone_is_a_destination_in_ipv6() -> None:
    host = World().host("h")
    assert not host.run("ip6tables -t nat -A PREROUTING -p tcp -j DNAT --to-destination :81-85").stderr
    assert "-j DNAT --to-destination :81-85" in host.run("ip6tables -t nat -S").stdout


def test_nft_calls_protocols_conflicting_wherever_they_were_named() -> None:
    host = World().host("h")
    host.run("nft add table t; nft add chain t c")
    conflicts = {
        "meta l4proto udp icmp type 8": "udp vs. icmp",
        "meta l4proto { udp, tcp } tcp dport 5": "udp vs. tcp",
        "ip protocol gre udp dport 5": "unknown vs. udp",
    }
    for rule, clash in conflicts.items():
        assert f"conflicting protocols specified: {clash}\n" in host.run(f"nft add rule t c '{rule}'").stderr


def test_masquerade_on_loopback_takes_the_address_that_fits_in_ipv6() -> None:
    """The source is chosen among all devices' addresses (`ipv6_dev_get_saddr`): the destination's own is the best."""
    rules = ["nat: -A OUTPUT -p udp -j DNAT --to-destination fd01::1", "nat: -A POSTROUTING -j MASQUERADE"]
    told = play(Ours(SCENES["six-nft"]), rules, FromRouter("udp", "10.9.0.1", 2000, 53))[0]
    assert told[1] == [(53, "78", "fd01::1", 2000)]  # type: ignore[index]


def test_an_error_about_our_own_packet_takes_the_address_of_its_way_in_ipv6() -> None:
    rules = ["filter: -A FORWARD -p tcp -j REJECT --reject-with tcp-reset", "filter: -A OUTPUT -p tcp -j REJECT"]
    told = play(Ours(SCENES["six-nft"]), rules, Spec("h1", "tcp", "10.1.0.11", "10.9.0.1", dport=81))[0]
    assert arrivals(told)[0][:3] == ("h2", "fd02::1", "fd09::1")


def test_nft_untracks_errors_about_untracked_packets() -> None:
    native = Ours(SCENES["native"])
    hook = "type filter hook output priority"
    rules = f"table ip t {{ chain r {{ {hook} raw; notrack; }}\n chain o {{ {hook} filter; ct state untracked counter; ip protocol udp reject; }}; }}"
    assert not native.load(rules)
    Game(native).event(0, FromRouter("udp", "10.2.0.10", 2000, 53))
    assert "ct state untracked counter packets 2" in native.saved()


def test_reports_of_groups_are_tracked(ours: Ours) -> None:
    play(ours, ["filter: -A INPUT -m conntrack --ctstate NEW"])
    ours.host.run("ip -n r link add vx type vxlan id 1 group 239.1.1.1 dev eth0 dstport 4789; ip -n r link set vx up; sleep 2")
    tracked = ours.host.run("ip netns exec r cat /proc/net/nf_conntrack").stdout
    assert "ipv4     2 unknown  2 " in tracked
    assert "src=10.1.0.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=10.1.0.1 mark=0 zone=0 use=2" in tracked


def test_a_reset_from_a_closed_port_has_no_socket_in_ipv6() -> None:
    six = Ours(SCENES["six-nft"])
    play(six, ["filter: -A OUTPUT -p tcp -m owner --socket-exists"], Spec("h1", "tcp", "10.1.0.10", "10.1.0.1", dport=81))
    assert counted(six, "-A OUTPUT -p tcp -m owner") == 0
