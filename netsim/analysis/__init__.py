"""Questions to a world: why a packet arrives or dies, who reaches whom, what differs, what always holds.

Every answer comes from running the model: a fork of the world, real sockets in it, and a recorder at the kernel's decision points.
"""
