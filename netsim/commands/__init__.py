"""The commands people type: words to kernel requests, kernel tables to words."""
