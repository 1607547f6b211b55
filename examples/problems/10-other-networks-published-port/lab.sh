#!/bin/bash
# A container asks for a port that a container of another network publishes, by the host's
# address. Without docker-proxy the question is translated in PREROUTING and then meets the
# isolation of networks.
ip link set lo up
ip netns add lan
ip link add eth0 type veth peer name eth0 netns lan
ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up
dockerd --userland-proxy=false > /dev/null 2>&1 &
sleep 1
set -e
docker network create front > /dev/null
docker network create back > /dev/null
docker run -d --name api --network back -p 8080:80 nginx > /dev/null
docker run -d --name web --network front busybox sleep 1d > /dev/null
docker exec web wget -T 3 -q -O /dev/null http://192.168.7.2:8080 || echo "not reached"
