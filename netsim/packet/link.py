"""The link layer: Ethernet, VLAN tags, LLC with spanning tree messages, ARP."""

from typing import ClassVar

import attrs

from netsim.addr import MAC, IPv4
from netsim.packet.value import Payload, size_of
from netsim.values import quick


@attrs.frozen
class Ethernet:
    """An Ethernet II frame, or with ethertype `ETH_P_802_2` an 802.3 frame whose type field is the length of what follows.

    Its size counts neither padding nor frame check sequence: virtual devices send none.
    """

    dst: MAC
    src: MAC
    ethertype: int
    payload: Payload

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 14 + size_of(self.payload)


@attrs.frozen
class Dot1Q:
    """An 802.1Q tag as it follows an Ethernet header of type 0x8100 (or 0x88a8); `ethertype` says what comes after it."""

    vid: int
    pcp: int
    dei: int
    ethertype: int
    payload: Payload

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 4 + size_of(self.payload)


@attrs.frozen
class Llc:
    """An 802.2 LLC header with a one-byte control field."""

    dsap: int
    ssap: int
    control: int
    payload: Payload

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 3 + size_of(self.payload)


@attrs.frozen
class ConfigBpdu:
    """A spanning tree configuration message (802.1D). Bridge ids are 64 bits: priority and MAC; times are in units of 1/256 s."""

    flags: int
    root: int
    root_path_cost: int
    bridge: int
    port: int
    message_age: int
    max_age: int
    hello_time: int
    forward_delay: int

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 35


@attrs.frozen
class TcnBpdu:
    """A spanning tree topology change notification (802.1D)."""

    @property
    def size(self) -> int:
        """Bytes on the wire."""
        return 4


@quick
@attrs.frozen(weakref_slot=False)
class Arp:
    """An ARP message for IPv4 over Ethernet: operation, sender and target hardware and protocol addresses."""

    op: int
    sha: MAC
    spa: IPv4
    tha: MAC
    tpa: IPv4

    size: ClassVar[int] = 28
    """Bytes on the wire."""
