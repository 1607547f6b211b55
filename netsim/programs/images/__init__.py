"""What the ready images run: small servers that really listen, answer, log who asked, and end when told to."""
