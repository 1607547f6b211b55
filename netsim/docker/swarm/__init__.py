"""Swarm mode: managers that keep the state, agents that run tasks, gossip between the nodes of a network (`swarmkit`, `networkdb`)."""
