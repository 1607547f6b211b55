"""A machine: its kernel, processes and their scheduler, system calls, files, names of namespaces."""
