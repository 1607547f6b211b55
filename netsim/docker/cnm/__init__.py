"""The container network model: networks, endpoints and sandboxes (libnetwork)."""
