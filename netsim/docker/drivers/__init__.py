"""Kinds of network: what each does behind the six verbs of the model."""
