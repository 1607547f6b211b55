#!/bin/bash
# GRE between networks: the routers between the hosts know nothing of the containers' networks, so their packets travel inside packets of the hosts.
# Two sites, each behind a router; the routers are joined by a slow line.
# netsim: cable h1 r1 name=eth0 mtu=1500
# netsim: cable r1 r2 name=wan0 delay=10ms
# netsim: cable r2 h2 name=eth0

# netsim: host r1
ip addr add 10.10.1.1/24 dev eth0; ip link set eth0 up
ip addr add 10.10.0.1/30 dev wan0; ip link set wan0 up
sysctl -qw net.ipv4.ip_forward=1
ip route add 10.10.2.0/24 via 10.10.0.2

# netsim: host r2
ip addr add 10.10.2.1/24 dev eth0; ip link set eth0 up
ip addr add 10.10.0.2/30 dev wan0; ip link set wan0 up
sysctl -qw net.ipv4.ip_forward=1
ip route add 10.10.1.0/24 via 10.10.0.1

# netsim: host h1
set -e
ip addr add 10.10.1.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.10.1.1
ip netns add c1
ip link add br0 type bridge; ip addr add 172.16.1.1/24 dev br0; ip link set br0 up
ip link add veth1 type veth peer name eth0 netns c1; ip link set veth1 master br0 up
ip -n c1 addr add 172.16.1.2/24 dev eth0; ip -n c1 link set eth0 up; ip -n c1 route add default via 172.16.1.1
sysctl -qw net.ipv4.ip_forward=1
ip tunnel add gre1 mode gre local 10.10.1.2 remote 10.10.2.2 ttl 64 key 1
ip addr add 172.16.0.1/30 dev gre1; ip link set gre1 up
ip route add 172.16.2.0/24 via 172.16.0.2

# netsim: host h2
set -e
ip addr add 10.10.2.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.10.2.1
ip netns add c2
ip link add br0 type bridge; ip addr add 172.16.2.1/24 dev br0; ip link set br0 up
ip link add veth2 type veth peer name eth0 netns c2; ip link set veth2 master br0 up
ip -n c2 addr add 172.16.2.2/24 dev eth0; ip -n c2 link set eth0 up; ip -n c2 route add default via 172.16.2.1
sysctl -qw net.ipv4.ip_forward=1
ip tunnel add gre1 mode gre local 10.10.2.2 remote 10.10.1.2 ttl 64 key 1
ip addr add 172.16.0.2/30 dev gre1; ip link set gre1 up
ip route add 172.16.1.0/24 via 172.16.0.1
sleep 2
echo "== container to container; the tunnel is one hop, whatever lies under it"
ip netns exec c2 ping -c1 172.16.1.2 | grep from
ip netns exec c2 traceroute -n -q1 172.16.1.2 | tail -n +2 | sed 's/  [0-9.]* ms$//'
echo "== the tunnel takes 28 bytes of every packet"
ip link show gre1 | grep -o 'mtu [0-9]*'
ip netns exec c2 ping -c1 -W1 -M do -s 1444 172.16.1.2 | grep -c from
ip netns exec c2 ping -c1 -W1 -M do -s 1445 172.16.1.2 | grep From || true
echo "== a black hole: a firewall swallows the message that tells the size; the host's counter still names it"
iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP
ip -n c2 route flush cache
ip netns exec c2 ping -c1 -W1 -M do -s 1445 172.16.1.2 | grep received || true
nstat -az IpFragFails | tail -1 | awk '{ print $1, $2 }'
ip netns exec c2 ping -i0.5 -c20 172.16.1.2 > /dev/null &

# netsim: host r1
echo "== what the line between the routers carries"
tcpdump -n -c2 -i wan0 2> /dev/null | sed 's/^[^ ]* //; s/, id.*//'
