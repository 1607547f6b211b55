"""Images from Dockerfiles, as the daemon's own builder makes them (`builder/dockerfile`)."""
