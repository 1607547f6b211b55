"""Docker Engine in memory: the daemon, its network model (CNM), address management, drivers, firewall rules and names.

`engine/` holds the order of things (nothing about bridges or command lines), `cnm/` networks, endpoints and sandboxes, `drivers/` what a
kind of network does behind six verbs, `ipam/` pools and addresses, `firewall/` what a network wants of the packet filter and how each release
writes it, `names/` resolvers and the files of a container.
"""
