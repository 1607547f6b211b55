"""Eight workloads, each done by netsim and by every peer that is installed here: W1 build, W2 all pairs, W3 forwarding, W4 a chain of routers,
W5 a firewall, W6 a matrix of who reaches whom, W7 a cycle of Docker, W8 importing.

A workload is a module with `TITLE`, `SIDES` (name -> `Side`) and `CASES` (what is run on the page). A side runs in a process of its own
(`python -m benchmarks.workloads W1 ipbatch 100`); one that uses the kernel does so in private network, mount and PID namespaces, in a control
group that counts its CPU, so that nothing touches the machine's own network and nothing is left.
"""
