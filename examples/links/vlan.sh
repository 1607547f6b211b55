#!/bin/bash
# VLANs on one cable (802.1Q): a router has an address in each VLAN, on a device of its own over the same card; its hosts are on cards that carry one tag each.
# Run it with: netsim run examples/links/vlan.sh
set -e

# the trunk: one pair between the router and a switch that knows nothing of VLANs
ip netns add router
ip netns add sales
ip netns add lab
ip link add name switch type bridge
ip link set switch up
for who in router sales lab; do
    ip link add eth0 netns $who type veth peer name to-$who
    ip link set to-$who master switch up
    ip -n $who link set lo up
    ip -n $who link set eth0 up
done

# who is in which VLAN: the tag is put on where the packet leaves, and taken off where it arrives
ip -n router link add link eth0 name eth0.10 type vlan id 10
ip -n router link add link eth0 name eth0.20 type vlan id 20
ip -n router addr add 10.0.10.1/24 dev eth0.10
ip -n router addr add 10.0.20.1/24 dev eth0.20
ip -n router link set eth0.10 up
ip -n router link set eth0.20 up
ip netns exec router sysctl -qw net.ipv4.ip_forward=1

ip -n sales link add link eth0 name eth0.10 type vlan id 10
ip -n sales addr add 10.0.10.2/24 dev eth0.10
ip -n sales link set eth0.10 up
ip -n sales route add default via 10.0.10.1
ip -n lab link add link eth0 name eth0.20 type vlan id 20
ip -n lab addr add 10.0.20.2/24 dev eth0.20
ip -n lab link set eth0.20 up
ip -n lab route add default via 10.0.20.1
sleep 2

echo "== from one VLAN into the other there is one way, by the router"
ip netns exec sales ping -c1 10.0.20.2 | grep -o 'ttl=63'
echo "== an address of the other VLAN's network does not help: the tags differ"
ip -n sales addr add 10.0.20.9/24 dev eth0.10
ip netns exec sales ping -c1 -W1 10.0.20.2 | grep received || true
ip -n sales addr del 10.0.20.9/24 dev eth0.10
