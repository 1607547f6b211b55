#!/bin/bash
# Containers on the host's second card: by macvlan, in a VLAN, and one that gets the card itself. A machine on the LAN watches.
# netsim: lan office h1 lan name=eth1
# netsim: lan lab h1 lan name=eth2

# netsim: host lan
ip addr add 10.7.0.1/24 dev eth1 && ip link set eth1 up
ip link add link eth1 name eth1.30 type vlan id 30 && ip addr add 10.30.0.1/24 dev eth1.30 && ip link set eth1.30 up
ip addr add 10.8.0.1/24 dev eth2 && ip link set eth2 up

# netsim: host h1
for name in web tagged whole; do docker run -d --name $name --net=none busybox sleep 1000 >/dev/null; done
pipework eth1 web 10.7.0.2/24@10.7.0.1
pipework eth1 tagged 10.30.0.2/24 @30
pipework --direct-phys eth2 whole 10.8.0.2/24

echo "== each is a station of the LAN"
docker exec web ping -c1 10.7.0.1 | grep transmitted
docker exec tagged ping -c1 10.30.0.1 | grep transmitted
docker exec whole ping -c1 10.8.0.1 | grep transmitted
echo "== the card is the container's now"
ip link show eth2
docker exec whole ip -o link show eth1 | grep -o 'eth1: <[A-Z,_]*>'
# netsim: host lan
echo "== what the LAN knows"
ip neigh | cut -d' ' -f1,3 | sort
