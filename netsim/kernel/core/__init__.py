"""Devices, packets, neighbours and hooks: what every protocol stands on."""
