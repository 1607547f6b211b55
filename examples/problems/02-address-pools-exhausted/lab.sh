#!/bin/bash
# Thirty-one networks are all that the predefined pools have room for (docker0 has one of them).
# The next one is refused, and what needs it does not start.
set -e
for n in $(seq 1 30); do docker network create net$n > /dev/null; done
docker network create shop || true
docker create --name web --network shop nginx > /dev/null || true
docker start web || true
docker run -d --name client busybox sleep 1d > /dev/null
