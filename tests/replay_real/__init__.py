"""Worlds built on this machine's kernel, and what it says of them."""
