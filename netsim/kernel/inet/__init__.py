"""What IPv4 and IPv6 sockets share: names, ports, options, TCP and UDP; each family lends its packets through `Family`."""
