# Attach it to a network with a way out as well; its ports are published there. (Better: a proxy
# on both networks.)
# netsim: host server
set -e
docker network create front > /dev/null
docker network connect front api
