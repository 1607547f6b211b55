"""Containers wired by hand."""
