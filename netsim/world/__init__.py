"""What lies between machines: cables, switches, and captures of what passes."""
