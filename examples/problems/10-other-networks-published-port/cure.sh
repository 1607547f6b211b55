# Containers that talk to each other belong on one network; then the name works too. (Or leave
# docker-proxy on, or upgrade to 29.)
docker network connect back web
