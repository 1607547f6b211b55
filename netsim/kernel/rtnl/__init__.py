"""How configuration enters the kernel: one module per rtnetlink message family.

Functions take a namespace and a frozen request, change state, and raise `NetError(errno, extack)`; listings are read from the tables.
"""
