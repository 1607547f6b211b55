#!/bin/bash
# Direct routing through the hosts: each host has a network of its own for its containers, and a route to the other's by the other host.
# netsim: lan office h1 h2 name=eth0 delay=1ms

# netsim: host h1
set -e
ip addr add 192.168.7.11/24 dev eth0
ip link set eth0 up
ip link add br0 type bridge
ip addr add 10.1.0.1/24 dev br0
ip link set br0 up
ip netns add c1
ip link add veth1 type veth peer name eth0 netns c1
ip link set veth1 master br0 up
ip -n c1 addr add 10.1.0.2/24 dev eth0
ip -n c1 link set eth0 up
ip -n c1 route add default via 10.1.0.1
sysctl -qw net.ipv4.ip_forward=1
ip route add 10.2.0.0/24 via 192.168.7.12

# netsim: host h2
set -e
ip addr add 192.168.7.12/24 dev eth0
ip link set eth0 up
ip link add br0 type bridge
ip addr add 10.2.0.1/24 dev br0
ip link set br0 up
ip netns add c2
ip link add veth2 type veth peer name eth0 netns c2
ip link set veth2 master br0 up
ip -n c2 addr add 10.2.0.2/24 dev eth0
ip -n c2 link set eth0 up
ip -n c2 route add default via 10.2.0.1
sysctl -qw net.ipv4.ip_forward=1
echo "== without a route on h2, h2 says so"
sleep 2
ip netns exec c2 ping -c1 -W1 10.1.0.2 | grep From || true
echo "== with it, containers see each other's own addresses over two routers"
ip route add 10.1.0.0/24 via 192.168.7.11
ip netns exec c2 ping -c1 10.1.0.2 | grep from
ip netns exec c2 traceroute -n -q1 10.1.0.2 | tail -n +2 | sed 's/  [0-9.]* ms$//'

# netsim: host h1
echo "== a masquerade rule on h1 would hide the container behind its host"
iptables -t nat -A POSTROUTING -s 10.1.0.0/24 -o eth0 -j MASQUERADE
(timeout 3 tcpdump -n -c1 -i eth0 icmp 2>/dev/null & sleep 1; ip netns exec c1 ping -q -c1 10.2.0.2 >/dev/null; wait) | sed 's/^[^ ]* //; s/, id.*//'
