"""The iptables family of commands (iptables 1.8.9): words to rules and rules to words."""
