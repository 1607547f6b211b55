"""DNS as programs: asking a server (dig, host, nslookup) and being one."""
