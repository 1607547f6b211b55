"""Diagrams of a world and of a packet's path over it."""
