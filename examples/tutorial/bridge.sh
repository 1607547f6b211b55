# A namespace bridged to the network of the host's NIC: the bridge half of the tutorial, first as typed, then as meant.
# The machine has eth0 with 10.1.1.1/24; a namespace plays the gateway, 10.1.1.254, at its other end.
# Run it with: netsim run examples/tutorial/bridge.sh

ip netns add gateway
ip link add eth0 type veth peer name gw0 netns gateway
ip -n gateway link set lo up
ip -n gateway addr add 10.1.1.254/24 dev gw0
ip -n gateway link set gw0 up
ip link set lo up
ip addr add 10.1.1.1/24 dev eth0
ip link set eth0 up
ip route add default via 10.1.1.254
sleep 1
ping -c 1 10.1.1.254

# the bridge takes over the NIC and its address
brctl addbr br0
ip link set br0 up
ip addr add 10.1.1.1/24 dev br0
ip addr del 10.1.1.1/24 dev eth0
btctl addif br0 eth0                             # a slip: brctl
brctl addif br0 eth0
ip route del default                             # already gone with eth0's address
ip route add default via 10.1.1.254/24 dev br0   # a gateway has no prefix length
ip route add default via 10.1.1.254 dev br0
brctl show

# the container: a process in a namespace of its own
unshare -n sleep 1000 &
pid=$!
mkdir -p /var/run/netns
ln -s /proc/$pid/ns/net /var/run/netns/$pid

ip link add veth-a type veth peer name veth-b
brctl addif br0 veth-a up                        # brctl does not set links up, and says so after adding veth-a
ip link set veth-a up
ip link set veth-b $pid                          # "netns" is missing
ip link set veth-b netns $pid
ip netns exec $pid ip link set dev veth-b eth0   # "name" is missing
ip netns exec $pid ip link set dev veth-b name eth0
ip netns exec $pid ip link set eth0 up
ip netns exec $pid ip link set lo up
ip netns exec $pid ip addr add 10.1.1.2/24/24 dev eth0
ip netns exec $pid ip addr add 10.1.1.2/24 dev eth0
ip netns exec $pid ip route add default via 10.1.1254
ip netns exec $pid ip route add default via 10.1.1.254
sleep 1

ip netns exec $pid ping -c 2 10.1.1.1
ip netns exec $pid ping -c 2 10.1.1.254
brctl showmacs br0
ip neigh
kill $pid
