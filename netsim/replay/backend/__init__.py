"""The one place that touches the machine: private namespaces, User-Mode Linux, and cleaning up after them."""
