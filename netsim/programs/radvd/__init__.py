"""radvd: a router that advertises itself."""
