"""netsim against the kernel and the tools of this machine, in a private network."""
