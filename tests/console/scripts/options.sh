usage() { echo "usage: ${0##*/} [-n N] [-v] name" >&2; exit 2; }
verbose=0 n=1
while getopts ":n:vh" opt; do
  case $opt in
    n) n=$OPTARG ;;
    v) verbose=1 ;;
    h) usage ;;
    :) echo "-$OPTARG needs a value" >&2; usage ;;
    \?) echo "bad option -$OPTARG" >&2; usage ;;
  esac
done
shift $((OPTIND - 1))
echo "n=$n v=$verbose rest=$*"
set -- -x
OPTIND=1
while getopts ":n:vh" opt; do
  case $opt in
    \?) echo "bad option -$OPTARG" >&2; usage ;;
  esac
done
