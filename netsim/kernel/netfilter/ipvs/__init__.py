"""IP virtual server: services that stand for many servers (`net/netfilter/ipvs`)."""
