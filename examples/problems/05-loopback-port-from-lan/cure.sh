# Upgrade to 28, or say it yourself as 28 does: nobody but the bridge itself reaches the
# container's address.
# netsim: host old
iptables -t raw -I PREROUTING -d 10.27.0.10/32 ! -i lo -m addrtype ! --src-type LOCAL -j DROP
