"""ovs-vsctl (Open vSwitch 3.1): bridges, ports and VLANs of the host's switch."""
