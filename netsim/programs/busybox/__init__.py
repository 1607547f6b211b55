"""The applets of BusyBox 1.35: what images of the busybox dialect have inside."""
