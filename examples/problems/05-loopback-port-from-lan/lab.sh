#!/bin/bash
# A port published on 127.0.0.1 is meant for the host alone. Somebody on the same LAN who sends
# 127.0.0.1 to the host's MAC, or who routes to the container's address, reaches it with Docker 27
# (old), and no longer with 28 (new).
# netsim: lan cafe guest old new
# netsim: host old engine=27
set -e
ip link set lo up
ip addr add 192.168.7.27/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.27.0.0/24 app > /dev/null
docker run -d --name admin27 --network app --ip 10.27.0.10 -p 127.0.0.1:8080:80 nginx > /dev/null

# netsim: host new engine=28
set -e
ip link set lo up
ip addr add 192.168.7.28/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.28.0.0/24 app > /dev/null
docker run -d --name admin28 --network app --ip 10.28.0.10 -p 127.0.0.1:8080:80 nginx > /dev/null

# netsim: host guest
ip link set lo up
ip addr add 192.168.7.66/24 dev eth0; ip link set eth0 up
ip route add 10.27.0.0/24 via 192.168.7.27
ip route add 10.28.0.0/24 via 192.168.7.28
nc -z -w 3 10.27.0.10 80 && echo "Docker 27: a guest reaches the port of 127.0.0.1"
nc -z -w 3 10.28.0.10 80 || echo "Docker 28: not"
