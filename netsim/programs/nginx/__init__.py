"""nginx: its configuration, how a request finds its server and location, and the program."""
