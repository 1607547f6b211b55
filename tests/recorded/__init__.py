"""Sessions typed into a real kernel, and into ours.

Each `*.json` beside the tests that read them is one session in a fresh namespace (or User-Mode Linux) and what the tools answered, line by line.
"""
