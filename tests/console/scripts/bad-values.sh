a=(1 2 3)
echo ${a[10]} "${a[-7]}"
echo "still"
a[-9]=x
echo "next $?"
declare -i n=5
n=n+1/0
echo "n=$n $?"
unset a[0] 'a[1]'
echo "${a[@]}" ${#a[@]}
echo ${x@Q} ${x^^} ${x:-default}
let "n = 3 +"
echo $?
x='1 +'
echo $((x))
echo here
[[ 1 -eq 1+ ]]
echo $?
printf '%d %s\n' 12x abc
echo $?
test -n; echo $?
export 2x=1; echo $?
f() { local 3y=1; echo $?; return 260; }; f; echo $?
: ${v:=assigned} ; echo $v
: > /nosuch/dir/file ; echo $?
exec 7</nosuch ; echo "exec $?"
echo >&7 ; echo $?
command -v nosuchcmd ; echo $?
type nosuchcmd ; echo $?
