"""Virtual services."""
