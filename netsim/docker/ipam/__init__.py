"""Address management: which subnets networks get, and which addresses their endpoints."""
