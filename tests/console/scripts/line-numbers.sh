echo one
f() {
  echo "in f $LINENO"
  nope_in_f
  local x=$((1+1))
  cd -q
}
f
echo two $LINENO
if true; then
  nope_in_if
fi
for i in 1; do
  nope_in_for
done
x=$(
  nope_in_sub
)
cat <<EOF
$(nope_in_heredoc)
EOF
nope_after
echo "a
b" $(nope3)
nope4 \
  arg
case x in
  x) nope5;;
esac
[[ -n x ]] &&
  nope6
{ nope7
}
(
nope8
)
((1/0))
[ 1 -eq x ]
eval 'nope9
nope10'
