"""Names: the files of a container, and who answers it when it asks."""
