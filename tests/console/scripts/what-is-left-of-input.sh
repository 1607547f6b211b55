printf 'a\nb\nc\n' > l
while read x; do echo "got $x"; sed s/l/L/ l; awk '{print "k" $1}' l; wc -l l; done < l
while read x; do echo "got $x"; sort l; cut -c1 l; expr 1 + 1; md5sum l; awk 'BEGIN { print "no input" }'; done < l
while read x; do sed -n '$p'; done < l
mkfifo pipe
tail -f pipe > out2 & T=$!; sleep 0.1; cat l > pipe; sleep 0.2; echo later > pipe; sleep 1.5; kill $T; wait 2>/dev/null; cat out2
(echo one; sleep 0.3; echo two) > pipe & while read -t 0.1 x; do echo "r $x"; done < pipe; echo "rt"; wait
(echo one; echo two; echo three) > pipe & exec 4<pipe; read -u 4 a; read b <&4; cat <&4; exec 4<&-; echo "$a $b"; wait
dd if=pipe of=o5 bs=2 count=1 2>/dev/null & cat l > pipe; wait; cat o5
dd if=l of=pipe 2>/dev/null & cat pipe; wait
sort l > pipe & uniq pipe; wait
paste l pipe & cat l > pipe; wait
wc l pipe & cat l > pipe; wait
wc l l; wc -l l l; wc -c < l; cat l | wc; cat l | wc -l; wc -w l; wc -L l
sed -i s/b/BB/ l; cat l; sed -i.bak '1d' l; ls; cat l.bak
sort -o sorted -r l; cat sorted; awk '{print > "parts"}' l; cat parts; uniq l u; cat u
f() { "$@" 2>&1 | sed 's/copied, .*/copied/'; }
for a in if=/nonexist foo bs=x bs=0 "count=1x if=/dev/null" conv=foo "if=/dev/null of=/nonexist/x" iflag=foo status=foo baz=1 --foo "if=/dev/zero of=/dev/null bs=1k count=1" "if=/dev/zero of=/dev/null bs=1 count=1000" "if=/dev/zero of=/dev/null bs=1M count=10 status=none" "if=/dev/zero of=/dev/null bs=1M count=10" "if=/dev/zero of=/dev/null bs=1xM count=3" "if=/dev/zero of=/dev/null bs=2x512 count=3 skip=1" if=/dev/null "if=l bs=2 count=2" "if=l bs=2 skip=1 count=1" if=. "if=l of=zz conv=notrunc seek=1 bs=2"; do echo "== dd $a"; f dd $a </dev/null 2>&1; done
head -c 1000 /dev/zero | wc -c; head -c 100000 /dev/urandom | wc -c
echo hello | dd bs=2 count=2 2>/dev/null; echo; echo hello | dd conv=ucase 2>/dev/null; printf abc | dd of=x bs=1 seek=2 2>/dev/null; od -c x
dd if=/dev/zero bs=100 count=3 2>/dev/null | wc -c; dd if=/dev/zero of=img bs=1 count=0 seek=10 2>/dev/null; wc -c img
