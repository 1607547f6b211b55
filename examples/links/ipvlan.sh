#!/bin/bash
# ipvlan: containers that share the card's hardware address. In L3 mode the parent routes for them and nobody asks for neighbours.
# Run it with: netsim run examples/links/ipvlan.sh
set -e
ip netns add outside
ip link add eth0 type veth peer name eth0 netns outside
ip addr add 192.168.7.1/24 dev eth0
ip link set eth0 up
ip -n outside addr add 192.168.7.254/24 dev eth0
ip -n outside link set eth0 up

for n in 1 2; do
    ip netns add c$n
    ip link add link eth0 name ipvl0 netns c$n type ipvlan mode l3
    ip -n c$n addr add 10.1.$n.2/24 dev ipvl0
    ip -n c$n link set ipvl0 up
    ip -n c$n route add default dev ipvl0
done
# the outside has to know the way; the card answers for everybody behind it
ip -n outside route add 10.1.0.0/16 via 192.168.7.1
sleep 2

echo "== siblings in different networks reach each other, without a router or a neighbour entry"
ip netns exec c1 ping -c1 10.1.2.2 | grep -o 'ttl=64'
ip -n c1 neigh
echo "== the outside sees no hop in between"
ip netns exec outside ping -c1 10.1.1.2 | grep -o 'ttl=64'
echo "== the parent's own addresses are out of reach"
ip netns exec c1 ping -c1 -W1 192.168.7.1 | grep received || true
