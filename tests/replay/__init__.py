"""Plans of worlds, tried on a second model instead of a real kernel."""
