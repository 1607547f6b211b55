"""ipset (ipset 7.17): sets of addresses and networks."""
