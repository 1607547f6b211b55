"""Address translation (`nf_nat`)."""
