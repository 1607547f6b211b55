"""The docker command: options in, the daemon's answers out."""
