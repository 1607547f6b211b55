"""What rules ask of packets beyond addresses, interfaces and protocol: one file per match; none knows another."""
