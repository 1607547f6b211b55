"""Internet protocol, version 6 (`net/ipv6`): what every Linux shows; routing and forwarding come later."""
