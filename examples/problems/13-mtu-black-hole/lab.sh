#!/bin/bash
# Containers send 1500 bytes, the VPN takes 1400, and the VPN's gateway never says so (its
# firewall lets no ICMP out). Small packets pass: connections come about, and hang with the first
# large segment.
# netsim: lan isp site gate
# netsim: lan inside gate shop
# netsim: host gate
set -e
ip link set lo up
ip addr add 203.0.113.1/24 dev eth0; ip link set eth0 up
ip addr add 10.50.0.1/24 dev eth1; ip link set eth1 up; ip link set eth1 mtu 1400
sysctl -qw net.ipv4.ip_forward=1
iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP

# netsim: host shop
ip link set lo up
ip addr add 10.50.0.2/24 dev eth0; ip link set eth0 up
ip route add default via 10.50.0.1
nc -lk -p 443 > /dev/null &

# netsim: host site
set -e
ip link set lo up
ip addr add 203.0.113.2/24 dev eth0; ip link set eth0 up
ip route add 10.50.0.0/24 via 203.0.113.1
docker network create app > /dev/null
docker run -d --name app --network app busybox sleep 1d > /dev/null
docker exec app ping -c1 -W1 10.50.0.2 > /dev/null && echo "small packets pass"
docker exec app ping -c1 -W1 -s 1400 10.50.0.2 > /dev/null || echo "large ones do not"
