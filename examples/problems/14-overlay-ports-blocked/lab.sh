#!/bin/bash
# What an overlay network is made of: a bridge, and a VXLAN device that leads to the other host by
# UDP 4789. The other host's firewall does not let that in, and containers of different hosts do
# not hear of each other, though names and addresses look well.
# netsim: lan dc h1 h2
# netsim: host h1
set -e
ip link set lo up
ip addr add 192.168.7.11/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.0.9.0/24 --gateway 10.0.9.254 --aux-address other=10.0.9.3 -o com.docker.network.bridge.name=br-over over > /dev/null
ip link add vx0 type vxlan id 4097 dstport 4789 local 192.168.7.11 remote 192.168.7.12
ip link set vx0 master br-over; ip link set vx0 up
docker run -d --name app --network over --ip 10.0.9.2 busybox sleep 1d > /dev/null

# netsim: host h2
set -e
ip link set lo up
ip addr add 192.168.7.12/24 dev eth0; ip link set eth0 up
docker network create --subnet 10.0.9.0/24 --gateway 10.0.9.253 --aux-address other=10.0.9.2 -o com.docker.network.bridge.name=br-over over > /dev/null
ip link add vx0 type vxlan id 4097 dstport 4789 local 192.168.7.12 remote 192.168.7.11
ip link set vx0 master br-over; ip link set vx0 up
docker run -d --name db --network over --ip 10.0.9.3 nginx > /dev/null
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -p tcp -m multiport --dports 22,2377,7946 -j ACCEPT
iptables -A INPUT -i eth0 -j DROP

# netsim: host h1
docker exec app ping -c1 -W1 10.0.9.3 || true
