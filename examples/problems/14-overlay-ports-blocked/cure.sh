# Let the other host's tunnel in (and 7946 for TCP and UDP, 2377 for TCP to managers).
# netsim: host h2
iptables -I INPUT -i eth0 -s 192.168.7.11 -p udp --dport 4789 -j ACCEPT
# netsim: host h1
iptables -I INPUT -i eth0 -s 192.168.7.12 -p udp --dport 4789 -j ACCEPT
