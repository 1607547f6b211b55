"""The doorstep of `netsim shell`: the only room beside `__main__` that reads and writes the real terminal."""
