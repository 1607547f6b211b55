#!/bin/bash
# An overlay network of two hosts: names resolve, addresses are there. The firewall of h2 lets members
# of the swarm talk (TCP and UDP 7946) and knows nothing of UDP 4789, which carries the containers'
# own packets.
# netsim: lan dc h1 h2

# netsim: host h1
set -e
ip link set lo up
ip addr add 192.168.7.11/24 dev eth0; ip link set eth0 up
docker swarm init --advertise-addr 192.168.7.11 > /dev/null
docker network create -d overlay --attachable --subnet 10.0.9.0/24 over > /dev/null
docker run -d --name app --network over busybox sleep 1d > /dev/null
docker swarm join-token -q worker > /tmp/token
nc -lN -p 9999 < /tmp/token &

# netsim: host h2
set -e
ip link set lo up
ip addr add 192.168.7.12/24 dev eth0; ip link set eth0 up
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp -m multiport --dports 22,7946 -j ACCEPT
iptables -A INPUT -p udp --dport 7946 -j ACCEPT
iptables -A INPUT -i eth0 -j DROP
docker swarm join --token $(nc 192.168.7.11 9999 < /dev/null) 192.168.7.11:2377 > /dev/null
sleep 2
docker run -d --name db --network over nginx > /dev/null
sleep 2

# netsim: host h1
docker exec app ping -c1 -W1 db || true
