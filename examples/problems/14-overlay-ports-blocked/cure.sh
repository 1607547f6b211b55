# Let the tunnels of the other members in. (A manager wants TCP 2377 as well, and an encrypted network ESP.)
# netsim: host h2
iptables -I INPUT -i eth0 -s 192.168.7.11 -p udp --dport 4789 -j ACCEPT
