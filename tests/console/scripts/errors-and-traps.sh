set -e
trap 'echo "exit $? at $LINENO"' EXIT
trap 'echo "err $? at $LINENO"' ERR
f() {
  false
  echo no
}
if ! f; then echo handled; fi
f || echo or
x=$(false) || echo sub
f
echo never
