"""Connection tracking (`nf_conntrack`)."""
