"""nc(1) as OpenBSD wrote it and Debian ships it."""
