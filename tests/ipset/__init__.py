"""Sets of every kind, by themselves, in lists and in rules."""
