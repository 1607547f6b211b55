mkfifo p q
printf 'a\nb\nc\n' > l
(sleep 0.1; cat l > p) & grep b p; wait
(sleep 0.1; cat l > p) & wc -l p; wait
(sleep 0.1; cat l > p) & sed s/b/B/ p; wait
(sleep 0.1; cat l > p) & awk '{print "x" $1}' p; wait
(sleep 0.1; cat l > p) & sort -r p; wait
(sleep 0.1; cat l > p) & head -n 1 p; wait
(sleep 0.1; cat l > p) & tail -n 1 p; wait
(sleep 0.1; cat l > p) & while read x; do echo "got $x"; done < p; wait
(sleep 0.1; cat l > p) & cp p copy; cat copy; wait
cp l p & cat p; wait
echo hello | tee p & cat p; wait
echo hi > p & source p 2>/dev/null; echo st $?; wait
echo 'echo sourced' > p & source p; wait
echo 'echo ran $1' > p & bash p arg; wait
printf '1 2\n3 4\n' > p & mapfile -t A < p; echo "${A[@]}"; wait
(sleep 0.2; echo x > q) & (sleep 0.1; echo y > p) & cat p q; wait
(sleep 0.2; echo x > q) & (sleep 0.1; echo y > p) & grep -H . p q; wait
(for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done > p) & grep -m1 line p; echo "st $?"; wait
cat l > p & diff l p && echo same; wait
cat l > p & xargs -a p echo; wait
exec 3<>p; echo one >&3; read -u 3 l; echo $l; exec 3>&-
timeout 0.3 cat p; echo timeout $?
timeout 0.3 grep x p; echo timeout $?
timeout 0.3 bash -c 'echo x > p'; echo timeout $?
ls -l p | cut -c1-10; test -p p && echo pipe; [ -f p ] || echo nofile
md5sum p & cat l > p; wait
tr a-z A-Z < p & cat l > p; wait
cut -c1 p & cat l > p; wait
od -c p & cat l > p; wait
rm p q
