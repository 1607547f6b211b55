"""mtr: traceroute and ping in one (mtr 0.95)."""
