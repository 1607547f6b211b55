"""Compose files: YAML to a project in its long form (compose-go `loader`), without asking any daemon."""
