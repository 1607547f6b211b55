#!/bin/bash
# The host's firewall lets only SSH in, and yet the whole internet reaches the database: published
# ports are translated before INPUT is asked, and then they are forwarded.
# netsim: lan internet stranger server
# netsim: host server
set -e
ip link set lo up
ip addr add 203.0.113.10/24 dev eth0; ip link set eth0 up
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
docker run -d --name db -p 5432:5432 -e POSTGRES_PASSWORD=secret postgres > /dev/null

# netsim: host stranger
ip link set lo up
ip addr add 203.0.113.66/24 dev eth0; ip link set eth0 up
nc -z -w 3 203.0.113.10 5432 && echo "a stranger reaches the database"
