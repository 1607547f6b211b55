"""tcpdump."""
