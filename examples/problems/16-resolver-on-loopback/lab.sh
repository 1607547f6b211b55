#!/bin/bash
# The host asks its own stub at 127.0.0.53 (systemd-resolved), which asks the company's server. A
# container cannot ask 127.0.0.53: on the default bridge Docker leaves it out and writes 8.8.8.8
# instead, which this company's firewall does not let anybody ask.
# netsim: lan office dns server
# netsim: host dns
set -e
ip link set lo up
ip addr add 10.1.0.53/24 dev eth0; ip addr add 10.1.0.80/24 dev eth0; ip link set eth0 up
dnsmasq -R -h --address=/intra.example/10.1.0.80 --local=/intra.example/
nc -lk -s 10.1.0.80 -p 80 &
ip netns add internet
ip link add wan0 type veth peer name eth0 netns internet
ip addr add 203.0.113.2/24 dev wan0; ip link set wan0 up
ip -n internet addr add 203.0.113.1/24 dev eth0; ip -n internet link set eth0 up
ip route add default via 203.0.113.1
sysctl -qw net.ipv4.ip_forward=1
iptables -A FORWARD -p udp --dport 53 -j DROP

# netsim: host server
set -e
ip link set lo up
ip addr add 10.1.0.10/24 dev eth0; ip link set eth0 up
ip route add default via 10.1.0.53
dnsmasq -R -h -S 10.1.0.53 -a 127.0.0.53 -z
echo "nameserver 127.0.0.53" > /etc/resolv.conf
getent hosts wiki.intra.example
docker run -d --name app busybox sleep 1d > /dev/null
docker exec app cat /etc/resolv.conf
docker exec app nslookup wiki.intra.example || true
