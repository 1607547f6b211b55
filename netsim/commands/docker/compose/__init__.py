"""`docker compose` (docker/compose v2): from compose files to networks and containers of an engine."""
