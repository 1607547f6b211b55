"""What runs in processes: small state machines over the machine's system calls."""
