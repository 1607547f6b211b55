#!/bin/bash
# Direct routing with Docker 28: besides the routes, each engine must be told to let the other site's packets in, and not to hide its own.
# netsim: lan office h1 h2 name=eth0 delay=1ms

# netsim: host h1
set -e
ip link set lo up
ip addr add 192.168.7.11/24 dev eth0
ip link set eth0 up
docker network create --subnet 10.1.0.0/24 site > /dev/null
docker run -d --name web --network site --ip 10.1.0.2 busybox sleep 1d > /dev/null
ip route add 10.2.0.0/24 via 192.168.7.12

# netsim: host h2
set -e
ip link set lo up
ip addr add 192.168.7.12/24 dev eth0
ip link set eth0 up
docker network create --subnet 10.2.0.0/24 site > /dev/null
docker run -d --name app --network site --ip 10.2.0.2 busybox sleep 1d > /dev/null
ip route add 10.1.0.0/24 via 192.168.7.11
echo "== routes alone do not suffice"
docker exec app ping -c1 -W1 10.1.0.2 | grep received || true

# netsim: host h1
echo "== 1. raw: Docker 28 drops what comes to a container's own address from elsewhere"
iptables -t raw -I PREROUTING -s 10.2.0.0/24 -d 10.1.0.0/24 -j ACCEPT
echo "== 2. filter: the FORWARD policy is DROP"
iptables -I DOCKER-USER -s 10.2.0.0/24 -d 10.1.0.0/24 -j ACCEPT
echo "== 3. nat: the container is to be seen by its own address"
iptables -t nat -I POSTROUTING -s 10.1.0.0/24 -d 10.2.0.0/24 -j ACCEPT

# netsim: host h2
echo "== the same on the other host"
iptables -t raw -I PREROUTING -s 10.1.0.0/24 -d 10.2.0.0/24 -j ACCEPT
iptables -I DOCKER-USER -s 10.1.0.0/24 -d 10.2.0.0/24 -j ACCEPT
iptables -t nat -I POSTROUTING -s 10.2.0.0/24 -d 10.1.0.0/24 -j ACCEPT
docker exec app ping -c1 -W1 10.1.0.2 | grep -o '.* ttl=62'
