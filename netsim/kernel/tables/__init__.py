"""State without packets or timers: what is printed, copied and compared."""
