"""Internet protocol, version 4 (`net/ipv4`)."""
