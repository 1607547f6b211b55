"""nft (nftables 1.0.6): tables, chains, rules, sets and maps in nft's own language."""
