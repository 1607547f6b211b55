"""arping."""
