"""socat(1) 1.7.4: the address forms of internet sockets, programs, files and standard streams."""
