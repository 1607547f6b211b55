cat > /tmp/bi_lib.sh <<'L'
lib_f() {
  nope_lib
  return 3
}
nope_top
LIBVAR=$1
L
. /tmp/bi_lib.sh arg
lib_f
echo $? $LIBVAR $#
source /tmp/nosuch_lib.sh
echo $?
. /tmp/bi_lib.sh && echo ok
main() {
  lib_f || echo "failed $?"
  caller 0
  echo "${FUNCNAME[*]} ${BASH_SOURCE[*]} ${BASH_LINENO[*]}"
}
main
