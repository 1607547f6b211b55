"""Packet filtering, its tools and the real thing."""
