"""What rules do with packets: one file per family of targets; none knows another."""
