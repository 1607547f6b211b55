"""The command-line side of every match and target; one file per extension, as in `kernel/netfilter`."""
