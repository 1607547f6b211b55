"""What several network programs share: names to addresses, ports to names."""
