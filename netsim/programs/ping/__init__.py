"""The ping of iputils, for both families."""
