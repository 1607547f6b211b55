# The network of a small made-up company: one Docker host between the office and the internet.
# Run it with: netsim run examples/company/stack.sh; draw it with: netsim draw examples/company/stack.sh -o stack.svg
set -e

# the wires: the office on eth0, the internet on eth1
ip netns add office
ip link add eth0 type veth peer name eth0 netns office
ip -n office addr add 192.168.10.20/24 dev eth0
ip -n office link set eth0 up
ip -n office route add default via 192.168.10.1
ip addr add 192.168.10.1/24 dev eth0
ip link set eth0 up

ip netns add internet
ip link add eth1 type veth peer name eth0 netns internet
ip -n internet addr add 203.0.113.1/24 dev eth0
ip -n internet link set eth0 up
ip addr add 203.0.113.10/24 dev eth1
ip link set eth1 up
ip route add default via 203.0.113.1

# the stack: proxy in the DMZ, shop and api behind it, db and cache where nobody comes from outside
docker network create --subnet 172.30.1.0/24 -o com.docker.network.bridge.name=br-dmz dmz
docker network create --subnet 172.30.2.0/24 -o com.docker.network.bridge.name=br-app --internal app
docker network create --subnet 172.30.3.0/24 -o com.docker.network.bridge.name=br-data --internal data

docker run -d --name proxy --network dmz -p 80:80 training/webapp python -m http.server 80
docker network connect app proxy
docker run -d --name web1 --network app training/webapp python -m http.server 8080
docker run -d --name web2 --network app training/webapp python -m http.server 8080
docker run -d --name api --network app training/webapp python -m http.server 8000
docker network connect data api
docker run -d --name db --network data postgres nc -lk -p 5432
docker run -d --name cache --network data redis nc -lk -p 6379

# only the office may reach the admin page of the DMZ
docker run -d --name admin --network dmz -p 9000:9000 training/webapp python -m http.server 9000
iptables -I DOCKER-USER -i eth1 -p tcp -m conntrack --ctorigdstport 9000 -j DROP
