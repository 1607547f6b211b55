"""Kinds of device: tunnels, VLANs, VXLAN, macvlan, ipvlan, VRFs, bonds."""
