"""iproute2's ip (6.1.0): one module for each object, parsing apart from printing."""
