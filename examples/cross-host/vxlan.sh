#!/bin/bash
# VXLAN between networks: one L2 network over two routed sites; the containers do not know that there is a way between them.
# netsim: cable h1 r name=eth0,eth1
# netsim: cable r h2 name=eth2,eth0 delay=5ms

# netsim: host r
ip addr add 10.10.1.1/24 dev eth1; ip link set eth1 up
ip addr add 10.10.2.1/24 dev eth2; ip link set eth2 up
sysctl -qw net.ipv4.ip_forward=1

# netsim: host h1
set -e
ip addr add 10.10.1.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.10.1.1
ip link add br0 type bridge; ip link set br0 up
ip link add vx0 type vxlan id 42 local 10.10.1.2 remote 10.10.2.2 dstport 4789
ip link set vx0 master br0 up
ip netns add c1
ip link add veth1 type veth peer name eth0 netns c1; ip link set veth1 master br0 up
ip -n c1 addr add 172.16.0.1/24 dev eth0; ip -n c1 link set eth0 mtu 1450 up

# netsim: host h2
set -e
ip addr add 10.10.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.10.2.1
ip link add br0 type bridge; ip link set br0 up
ip link add vx0 type vxlan id 42 local 10.10.2.2 remote 10.10.1.2 dstport 4789
ip link set vx0 master br0 up
ip netns add c2
ip link add veth2 type veth peer name eth0 netns c2; ip link set veth2 master br0 up
ip -n c2 addr add 172.16.0.2/24 dev eth0; ip -n c2 link set eth0 mtu 1450 up
sleep 2
echo "== one hop, by ARP"
ip netns exec c2 ping -c1 172.16.0.1 | grep from
ip netns exec c2 traceroute -n -q1 172.16.0.1 | tail -n +2 | sed 's/  [0-9.]* ms$//'
echo "== the far container is a forwarding entry with a machine behind it"
mac=$(ip -n c2 neigh show 172.16.0.1 | cut -d' ' -f5)
bridge fdb show dev vx0 | grep "$mac" | grep -o 'dst [0-9.]*'
echo "== 50 bytes of every packet are the tunnel's; to a container that does not know them it says so in the far one's name"
ip netns exec c2 ping -c1 -W1 -M do -s 1422 172.16.0.1 | grep -c from
ip -n c2 link set eth0 mtu 1500
ip netns exec c2 ping -c1 -W1 -M do -s 1423 172.16.0.1 | grep From || true
