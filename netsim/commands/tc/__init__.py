"""tc: queueing disciplines, typed and shown."""
