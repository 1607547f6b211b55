set -u
echo "${1:-none}"
echo "$nope"
echo never
