"""The few vendors whose address prefixes tcpdump knows by name."""

VENDORS: dict[bytes, str] = {}
