"""Plugins that are processes of their own."""
