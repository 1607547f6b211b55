"""What a protocol's tracker says of a packet (the kernel's negated verdicts)."""

VALID, INVALID, REPEAT, DROPPED = range(4)
"""Part of the connection; not part of it (the packet goes on without one); the old connection is gone, look again; dropped."""
