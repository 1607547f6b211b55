"""The Ethernet bridge: ports, forwarding database, input, forwarding, spanning tree (`net/bridge`)."""
