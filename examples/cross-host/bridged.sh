#!/bin/bash
# Containers bridged to the LAN over a second card: each container is a station of the LAN itself, with an address of the LAN.
# Two hosts; eth0 is theirs, eth1 belongs to the bridge and has no address.
# netsim: lan office h1 h2 name=eth0 delay=1ms
# netsim: lan office h1 h2 name=eth1 delay=1ms

# netsim: host h1
set -e
ip addr add 192.168.7.11/24 dev eth0
ip link set eth0 up
ip link add br0 type bridge
ip link set eth1 master br0
ip link set eth1 up
ip link set br0 up
for n in 1 2; do
    ip netns add c$n
    ip link add veth$n type veth peer name eth0 netns c$n
    ip link set veth$n master br0 up
    ip -n c$n addr add 192.168.7.10$n/24 dev eth0
    ip -n c$n link set eth0 up
    ip -n c$n link set lo up
done

# netsim: host h2
set -e
ip addr add 192.168.7.12/24 dev eth0
ip link set eth0 up
ip link add br0 type bridge
ip link set eth1 master br0
ip link set eth1 up
ip link set br0 up
ip netns add c3
ip link add veth3 type veth peer name eth0 netns c3
ip link set veth3 master br0 up
ip -n c3 addr add 192.168.7.103/24 dev eth0
ip -n c3 link set eth0 up
sleep 2
echo "== from a container on h2 to its neighbours on h1, and to the host's own card"
for to in 192.168.7.101 192.168.7.102 192.168.7.11; do
    ip netns exec c3 ping -q -c2 $to | grep received
done
echo "== no router in between: the way is one hop long, and the other container is a neighbour"
ip netns exec c3 traceroute -n -q1 192.168.7.101 | tail -n +2 | sed 's/  [0-9.]* ms$//'
ip -n c3 neigh show 192.168.7.101 | cut -d' ' -f5 > /tmp/mac
test -s /tmp/mac && echo resolved

# netsim: host h1
echo "== h1's bridge knows the far container behind eth1"
far=$(ip -n c1 neigh show 192.168.7.103 | cut -d' ' -f5)
bridge fdb show br br0 | grep "$far" | cut -d' ' -f2-3
