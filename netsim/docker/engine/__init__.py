"""The daemon: containers and networks, in the order in which things are done to them."""
