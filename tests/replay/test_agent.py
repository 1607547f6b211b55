"""The agent's own ways, tried without a namespace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from netsim.replay.backend.agent import Listening, Probing


def test_a_datagram_counts_as_taken_whatever_becomes_of_the_answer(tmp_path: Path) -> None:
    known = {"protocol": "udp", "family": 4, "address": "127.0.0.1", "port": 0, "device": "", "to": "", "to_port": 0}
    listening = Listening("", [known])
    listening.taken = os.open(tmp_path / "taken", os.O_WRONLY | os.O_CREAT)
    with listening.opened(known) as sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"netsim probe 7", sock.getsockname())
        listening.serve(sock, known)
    os.close(listening.taken)
    assert (tmp_path / "taken").read_text() == "netsim probe 7\n"


def test_no_two_places_ping_by_the_same_identifier() -> None:
    wanted = [{"id": str(number), "site": f"s{number % 2}", "protocol": "icmp", "address": "10.0.0.1", "port": 0} for number in range(800)]
    idents = [attempt.ident for site in ("s0", "s1") for attempt in Probing(site, [each for each in wanted if each["site"] == site], 1.0).attempts]
    assert len(set(idents)) == len(wanted)
    assert all(0 < ident <= 0xFFFF for ident in idents)
