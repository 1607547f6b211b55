"""HTTP as programs speak it here: messages, one exchange as a client, a server over connections."""
