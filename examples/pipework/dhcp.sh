#!/bin/bash
# A DHCP server on the LAN gives containers their addresses: from inside the container, and by clients of the host.
# netsim: lan office h1 lan name=eth1

# netsim: host lan
ip addr add 10.7.0.1/24 dev eth1 && ip link set eth1 up
cat > /udhcpd.conf <<X
start 10.7.0.100
end 10.7.0.150
interface eth1
option subnet 255.255.255.0
option router 10.7.0.1
option dns 10.7.0.1
option lease 600
X
udhcpd /udhcpd.conf

# netsim: host h1
ip link set eth1 up
for name in one two three; do docker run -d --name $name --net=none busybox sleep 1000 >/dev/null; done
echo "== udhcpc of the host"
pipework eth1 one udhcpc 02:00:00:00:00:01
echo "== dhclient of the host"
pipework eth1 two dhclient 02:00:00:00:00:02
echo "== a client in a container beside it, which ends when it has gone to the background"
pipework eth1 three dhcp 02:00:00:00:00:03
sleep 5
for name in one two three; do docker exec $name ip -o -4 addr show eth1; done
docker exec three ping -c1 10.7.0.1 | grep transmitted
echo "== a client that is not there"
pipework eth1 one dhcpcd
