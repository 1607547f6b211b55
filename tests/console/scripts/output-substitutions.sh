echo abc | tee >(tr a-z A-Z > o1) > o2; sleep 0.2; cat o1 o2
seq 3 | tee >(wc -l > n) >(grep 2 > two) >/dev/null; sleep 0.2; cat n two
cat <(echo one) <(echo two)
diff <(printf '1\n2\n') <(printf '1\n3\n'); echo $?
wc -l < <(seq 4)
cp /dev/stdin o3 < <(echo copied); cat o3
ls > >(wc -c > size); sleep 0.2; [ -s size ] && echo sized
f() { echo "to $1"; echo data > "$1"; }
f >(cat > o4) | sed 's/fd.*/fd/'; sleep 0.2; cat o4
paste -d, <(seq 2) <(seq 3 4)
while read -r a; do echo "r $a"; done < <(seq 2)
grep -c . <(seq 5) | sed 's/.*://'
echo bg | tee >(cat > o5) > /dev/null & wait; sleep 0.1; cat o5
