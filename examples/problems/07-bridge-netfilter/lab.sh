#!/bin/bash
# Two virtual machines on one bridge, nothing routed between them. Docker loads br_netfilter, and
# from then on the frames of every bridge go through iptables' FORWARD chain, whose policy is
# DROP.
set -e
ip link set lo up
ip link add br-vm type bridge; ip link set br-vm up
for n in 1 2; do
  ip netns add vm$n
  ip link add tap$n type veth peer name eth0 netns vm$n
  ip link set tap$n master br-vm; ip link set tap$n up
  ip -n vm$n addr add 192.168.50.$n/24 dev eth0; ip -n vm$n link set eth0 up
done
ip netns exec vm1 ping -c1 -W1 192.168.50.2 > /dev/null && echo "before Docker: reached"
docker network create --opt com.docker.network.bridge.enable_icc=false app > /dev/null
sysctl net.bridge.bridge-nf-call-iptables
ip netns exec vm1 ping -c1 -W1 192.168.50.2 > /dev/null || echo "with Docker: not"
