"""DHCP: clients and a server that talk over UDP ports 67 and 68."""
