set -euo pipefail
declare -A NODES=([red]=10.0.0.1/24 [blue]=10.0.0.2/24)
LINKS=(red:blue "blue:red")
log() { printf '%-6s %s\n' "$1" "${@:2}" >&2; }
run() { log RUN "$*"; "$@"; }
cleanup() { local rc=$?; log EXIT "$rc"; exit "$rc"; }
trap cleanup EXIT INT TERM
for l in "${LINKS[@]}"; do
  IFS=: read -r a b <<< "$l"
  echo "$a->$b ${NODES[$a]%/*} ${NODES[$b]#*/}"
done
while read -r name ip; do
  [[ $ip =~ ^([0-9]+)\.([0-9]+) ]] || continue
  echo "$name ${BASH_REMATCH[1]} ${#name}"
done < <(for k in "${!NODES[@]}"; do echo "$k ${NODES[$k]}"; done)
n=0
until (( n >= 3 )); do (( n += 1 )); done
run echo "n=$n"
run false
echo never
