#!/bin/bash
# A router leads the office to the containers' own addresses. With Docker 27 (old) that works, on
# the same host with 28 (new) it does not.
# netsim: lan office pc old new
# netsim: host old engine=27
set -e
ip link set lo up
ip addr add 192.168.7.27/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.27.0.0/24 site > /dev/null
docker run -d --name app27 --network site --ip 10.27.0.10 nginx > /dev/null
iptables -I DOCKER-USER -s 192.168.7.0/24 -j ACCEPT

# netsim: host new engine=28
set -e
ip link set lo up
ip addr add 192.168.7.28/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.28.0.0/24 site > /dev/null
docker run -d --name app28 --network site --ip 10.28.0.10 nginx > /dev/null
iptables -I DOCKER-USER -s 192.168.7.0/24 -j ACCEPT

# netsim: host pc
ip link set lo up
ip addr add 192.168.7.5/24 dev eth0; ip link set eth0 up
ip route add 10.27.0.0/24 via 192.168.7.27
ip route add 10.28.0.0/24 via 192.168.7.28
nc -z -w 3 10.27.0.10 80 && echo "Docker 27: reached"
nc -z -w 3 10.28.0.10 80 || echo "Docker 28: not"
