"""curl(1) 7.88: HTTP without TLS."""
