"""What each kind of device may be told and how it is shown: one table per kind, as iproute2's `struct link_util`."""
