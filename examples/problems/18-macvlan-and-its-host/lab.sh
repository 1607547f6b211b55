#!/bin/bash
# A container has an address of the LAN by macvlan. Everybody on the LAN reaches it, except the
# host that it runs on.
# netsim: lan office pc server
# netsim: host server
set -e
ip link set lo up
ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up
docker network create -d macvlan -o parent=eth0 --subnet 192.168.7.0/24 --gateway 192.168.7.1 --ip-range 192.168.7.192/27 lan > /dev/null
docker run -d --name cam --network lan --ip 192.168.7.200 nginx > /dev/null
ping -c1 -W1 192.168.7.200 || true

# netsim: host pc
ip link set lo up
ip addr add 192.168.7.5/24 dev eth0; ip link set eth0 up
nc -z -w 3 192.168.7.200 80 && echo "the LAN reaches it"
