"""Queueing disciplines: what happens to a frame between the stack and the driver (`net/sched`)."""
