#!/bin/bash
# Two containers without a network of their own: they reach each other by address, and not by name.
set -e
docker run -d --name db -e POSTGRES_PASSWORD=secret postgres > /dev/null
docker run -d --name web busybox sleep 1d > /dev/null
docker exec web ping -c1 -W1 db || true
