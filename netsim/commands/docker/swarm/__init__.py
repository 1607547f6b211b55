"""docker swarm, node and service."""
