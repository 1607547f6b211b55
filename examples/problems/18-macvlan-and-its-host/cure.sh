# Give the host a macvlan of its own beside the container's, and lead the container's addresses
# there.
# netsim: host server
set -e
ip link add shim link eth0 type macvlan mode bridge
ip addr add 192.168.7.223/32 dev shim
ip link set shim up
ip route add 192.168.7.192/27 dev shim
