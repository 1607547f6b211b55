"""Multicast snooping of bridges."""
