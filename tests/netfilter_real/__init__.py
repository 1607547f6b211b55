"""Rulesets and packets drawn by hypothesis, shown to netsim and to the kernel of this machine."""
