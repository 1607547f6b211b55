# Tell Docker that this network is to be reached by routing. (For all networks: dockerd
# --allow-direct-routing; for one device: -o
# com.docker.network.bridge.trusted_host_interfaces=eth0.)
# netsim: host new
set -e
docker rm -f app28 > /dev/null
docker network rm site > /dev/null
docker network create --subnet 10.28.0.0/24 -o com.docker.network.bridge.gateway_mode_ipv4=nat-unprotected site > /dev/null
docker run -d --name app28 --network site --ip 10.28.0.10 nginx > /dev/null
