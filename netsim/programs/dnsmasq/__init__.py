"""dnsmasq, the name server: records of its own, everything else asked of other servers."""
