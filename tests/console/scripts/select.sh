printf '2\n\nx\n9\n1\n' | { select a in one two "three x"; do echo "[$a][$REPLY]"; done; echo "end $?"; }
printf '1\n' | { PS3='pick> '; select a in $(seq 12); do echo "got $a"; break; done; echo $?; }
printf '1\n' | { select a in $(seq 1 37); do echo "got $a"; break; done; }
printf '1\n' | { set -- p q; select a; do echo "got $a"; break; done; }
select a in; do echo no; done; echo $?
select a in x y; do echo no; done < /dev/null; echo $?
printf '1\n2\n' | { select 1a in x y; do echo no; done; echo $?; }
printf '1\n2\n' | { COLUMNS=30; select f in aaaaa bbbbbbbbb cccc ddddddd ee ffffffffffffff; do echo $f; [ $REPLY = 2 ] && break; done; }
f() { select x in a b; do echo $x; break; done; }; type f
echo 2 | f
set -x; select q in a b; do break; done <<< 1; set +x
printf '1\n2' | { select q in a b; do echo "<$q>"; done; echo $?; }
printf ' 1 \n' | { select q in a b; do echo "<$q><$REPLY>"; done; }
readonly fixed
echo 1 | { select fixed in a b; do echo in; break; done; echo "status $?"; }
for fixed in a; do echo in; done; echo "status $?"
