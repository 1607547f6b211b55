#!/bin/bash
# A VPN leads to the company's 172.16.0.0/12; Docker takes 172.18.0.0/16 out of it for a network,
# and 172.18.40.10 is gone.
# netsim: lan internet laptop office

# netsim: host office
set -e
ip link set lo up
ip addr add 203.0.113.1/24 dev eth0; ip link set eth0 up
ip link add vpn type vxlan id 8 dstport 4789 local 203.0.113.1 remote 203.0.113.2
ip addr add 10.8.0.1/24 dev vpn; ip link set vpn up
sysctl -qw net.ipv4.ip_forward=1
ip netns add wiki
ip link add lan0 type veth peer name eth0 netns wiki
ip addr add 172.18.40.1/24 dev lan0; ip link set lan0 up
ip -n wiki addr add 172.18.40.10/24 dev eth0; ip -n wiki link set eth0 up
ip -n wiki route add default via 172.18.40.1
ip netns exec wiki nc -lk -p 443 &

# netsim: host laptop
set -e
ip link set lo up
ip addr add 203.0.113.2/24 dev eth0; ip link set eth0 up
ip link add vpn type vxlan id 8 dstport 4789 local 203.0.113.2 remote 203.0.113.1
ip addr add 10.8.0.2/24 dev vpn; ip link set vpn up
ip route add 172.16.0.0/12 via 10.8.0.1
nc -z -w 3 172.18.40.10 443 && echo "before: the wiki answers"
docker network create app > /dev/null
ip route get 172.18.40.10
nc -z -w 5 172.18.40.10 443 || echo "after docker network create: it does not"
