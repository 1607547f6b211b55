"""net-tools 2.10: ifconfig, route, arp and netstat, which read /proc/net and set by ioctls."""
