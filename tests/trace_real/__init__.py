"""Rules that an explanation tells of, beside those that this machine's kernel traces for the same packet."""
