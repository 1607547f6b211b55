# Both: a name for the host, and a service that listens on the bridge's address too.
set -e
kill $(pgrep -x nc)
nc -lk -s 172.17.0.1 -p 5432 &
