"""pipework: wires containers to bridges, cards, VLANs and switches by hand."""
