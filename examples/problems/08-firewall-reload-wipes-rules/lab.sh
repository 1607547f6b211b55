#!/bin/bash
# Somebody (a firewall's reload, a script) flushes iptables under a running Docker: the rules that
# let containers out are gone, the policy DROP stays.
set -e
ip link set lo up
ip netns add internet
ip link add eth0 type veth peer name eth0 netns internet
ip addr add 203.0.113.10/24 dev eth0; ip link set eth0 up
ip -n internet addr add 203.0.113.1/24 dev eth0; ip -n internet link set eth0 up; ip -n internet link set lo up
ip netns exec internet python3 -m http.server 80 > /dev/null 2>&1 &
sleep 1
docker run -d --name app --restart always busybox sleep 1d > /dev/null
docker exec app wget -T 3 -q -O /dev/null http://203.0.113.1 && echo "before: reached"
iptables -F; iptables -t nat -F
docker exec app wget -T 3 -q -O /dev/null http://203.0.113.1 || echo "after iptables -F: not"
