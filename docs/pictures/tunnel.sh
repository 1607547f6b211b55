# Two namespaces on a bridge, a VXLAN tunnel between them, a router to a third network.
ip link add br0 type bridge
ip link set br0 up
for name in red blue router; do
    ip netns add $name
    ip link add v-$name type veth peer name eth0 netns $name
    ip link set v-$name master br0
    ip link set v-$name up
    ip -n $name link set eth0 up
done
ip -n red addr add 10.0.0.1/24 dev eth0
ip -n red addr add fd00::1/64 dev eth0
ip -n blue addr add 10.0.0.2/24 dev eth0
ip -n router addr add 10.0.0.3/24 dev eth0

ip -n red link add vx0 type vxlan id 42 remote 10.0.0.2 dstport 4789
ip -n blue link add vx0 type vxlan id 42 remote 10.0.0.1 dstport 4789
ip -n red addr add 172.16.0.1/24 dev vx0
ip -n blue addr add 172.16.0.2/24 dev vx0
ip -n red link set vx0 up
ip -n blue link set vx0 up

ip netns add far
ip -n router link add eth1 type veth peer name eth0 netns far
ip -n router addr add 10.9.0.1/24 dev eth1
ip -n far addr add 10.9.0.2/24 dev eth0
ip -n router link set eth1 up
ip -n far link set eth0 up
ip -n far route add default via 10.9.0.1
ip -n red route add 10.9.0.0/24 via 10.0.0.3
