"""nftables evaluated: statements in chains on the hooks (`nf_tables_core.c`)."""
