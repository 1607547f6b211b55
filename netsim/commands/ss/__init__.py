"""ss(8) of iproute2 6.1."""
