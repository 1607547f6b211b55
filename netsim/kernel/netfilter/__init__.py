"""Packet filtering: tables hung into the hooks, their matches and targets, connection tracking and translation."""
