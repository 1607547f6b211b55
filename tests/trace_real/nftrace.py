"""The kernel's own account of traced packets and of the order of rules, read from its netlink socket (`nf_tables_trace.c`)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

NETLINK_NETFILTER = 12
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
NFNLGRP_NFTRACE = 9
NFT_MSG_GETRULE, NFT_MSG_TRACE = 0xA07, 0xA11
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
TABLE, CHAIN, HANDLE, TYPE, ID = 1, 2, 3, 4, 6
POLICY, RULE = 1, 3
HEADER = struct.Struct("=IHHII")


class Tracing:
    """Hears traced packets of the namespace it was made in."""

    def __init__(self, family: int) -> None:
        self.family = family
        self.heard = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_NETFILTER)
        self.heard.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
        self.heard.bind((0, 0))
        self.heard.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTRACE)
        self.asked = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.asked.bind((0, 0))

    def packets(self) -> list[list[tuple[str, str, int]]]:
        """Packets heard since, each as the rules and policies (handle 0) it met: table, chain, handle."""
        found: dict[bytes, list[tuple[str, str, int]]] = {}
        while True:
            try:
                data = self.heard.recv(1 << 18)
            except BlockingIOError:
                return list(found.values())
            for kind, attributes in messages(data):
                handle = number(attributes.get(HANDLE, b""))
                if kind == NFT_MSG_TRACE and (
                    number(attributes[TYPE]) == POLICY or (number(attributes[TYPE]) == RULE and handle)
                ):  # none: a chain's end
                    found.setdefault(attributes[ID], []).append((text(attributes[TABLE]), text(attributes[CHAIN]), handle))

    def handles(self) -> dict[tuple[str, str], list[int]]:
        """The handles of all rules of the family in their order, by table and chain."""
        request = HEADER.pack(20, NFT_MSG_GETRULE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + struct.pack("=BBH", self.family, 0, 0)
        self.asked.send(request)
        found: dict[tuple[str, str], list[int]] = {}
        while True:
            for kind, attributes in messages(self.asked.recv(1 << 18)):
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return found
                found.setdefault((text(attributes[TABLE]), text(attributes[CHAIN])), []).append(number(attributes[HANDLE]))


def messages(data: bytes) -> Iterator[tuple[int, dict[int, bytes]]]:
    """The messages of a buffer: type and attributes."""
    while len(data) >= HEADER.size:
        length, kind, _, _, _ = HEADER.unpack_from(data)
        yield kind, dict(attributes_of(data[HEADER.size + 4 : length])) if kind > NLMSG_DONE else {}
        data = data[(length + 3) & ~3 :]


def attributes_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Attributes by their numbers."""
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def number(value: bytes) -> int:
    """In network order."""
    return int.from_bytes(value, "big")


def text(value: bytes) -> Any:
    """Up to its end."""
    return value.rstrip(b"\0").decode()
