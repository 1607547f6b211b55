# The name server that knows containers works on networks that somebody created.
set -e
docker network create app > /dev/null
docker network connect app db
docker network connect app web
