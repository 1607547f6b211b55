#!/bin/bash
# Virtual machines on br-vm reach the internet through this host, until Docker starts: it switches
# forwarding on itself where it was off, and then sets the policy of FORWARD to DROP.
set -e
ip link set lo up
ip netns add vm
ip link add br-vm type bridge
ip link add tap0 type veth peer name eth0 netns vm
ip link set tap0 master br-vm; ip link set tap0 up; ip link set br-vm up
ip addr add 192.168.122.1/24 dev br-vm
ip -n vm addr add 192.168.122.50/24 dev eth0; ip -n vm link set eth0 up
ip -n vm route add default via 192.168.122.1
ip netns add internet
ip link add eth0 type veth peer name eth0 netns internet
ip addr add 203.0.113.10/24 dev eth0; ip link set eth0 up
ip -n internet addr add 203.0.113.1/24 dev eth0; ip -n internet link set eth0 up
iptables -t nat -A POSTROUTING -s 192.168.122.0/24 -o eth0 -j MASQUERADE
docker ps > /dev/null   # the daemon starts
ip netns exec vm ping -c1 -W1 203.0.113.1 || true
iptables -S FORWARD | head -1
