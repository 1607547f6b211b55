x=$(
 true
 nope1
 if true; then
   nope2
 fi
 nope3
)
nope4 a \
 b \
 c
nope5 "a
b
c"
echo a | nope6 \
  b
x=`
nope7
`
y=$(nope8
nope9)
echo $(nope10) \
  $(nope11)
(nope12
nope13)
diff <(nope14
nope15) /dev/null
bash -c 'nope16
nope17'
f() { x=$(
nope18
); }
f
echo "$(
nope19
)" z
if x=$(nope20); then :; fi
