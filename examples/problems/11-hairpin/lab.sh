#!/bin/bash
# Without docker-proxy a container reaches its own published port only if the bridge sends frames
# back by the port they came from (hairpin), and if the source is translated too. Docker sets
# both; here something that manages the host's network has switched hairpin off again.
ip link set lo up
ip netns add lan
ip link add eth0 type veth peer name eth0 netns lan
ip -n lan link set eth0 up
ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up
dockerd --userland-proxy=false > /dev/null 2>&1 &
sleep 1
set -e
docker run -d --name web -p 8080:80 busybox httpd -f -p 80 -h /etc > /dev/null
docker exec web wget -T 3 -q -O /dev/null http://192.168.7.2:8080/hostname && echo "hairpin on: reached"
port=$(ls /sys/class/net/docker0/brif)
bridge link set dev $port hairpin off
docker exec web wget -T 3 -q -O /dev/null http://192.168.7.2:8080/hostname || echo "hairpin off: not"
