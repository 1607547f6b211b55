"""Docker commands drawn by hypothesis, typed at a real daemon and at netsim."""
