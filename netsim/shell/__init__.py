"""A bash in memory: scripts and command lines run as processes of a simulated machine."""
