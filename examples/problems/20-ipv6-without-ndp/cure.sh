# Answer for the container on the wire (ndppd does it for a whole prefix), or have the provider
# route a prefix to the server.
# netsim: host server
set -e
sysctl -qw net.ipv6.conf.eth0.proxy_ndp=1
ip -6 neigh add proxy 2001:db8:1:0:1::10 dev eth0
