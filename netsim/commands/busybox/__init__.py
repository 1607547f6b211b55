"""The applets of BusyBox that configure and show the kernel's networking: ip, ifconfig, route, arp, netstat, brctl, vconfig."""
