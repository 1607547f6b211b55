mkfifo p; ls -l p | cut -c1-10; [ -p p ] && echo isp; [ -f p ] || echo notf
echo hello > p & cat p; wait
cat < p & echo there > p; wait
(sleep 0.2; echo late) > p & read x < p; echo "got $x"
mkfifo p; echo rc $?
exec 3<>p; echo line >&3; read y <&3; echo $y; exec 3>&-
mkfifo q
cat q | tr a-z A-Z > out &
echo abc > q; sleep 0.1; wait; cat out
while read l; do echo "[$l]"; done < q & printf 'a\nb\n' > q; wait
cat p q | sort & (echo 1; echo 2) > p; echo 0 > q; wait
tee p < q > /dev/null & cat p & echo through > q; wait
mkfifo; mkfifo /nosuch/p; mkfifo -m 600 s; ls -l s | cut -c1-10
mknod r p && stat -c %F r; mknod r; mknod r x; mknod r p 1
umask 077; touch u; mkdir ud; mkfifo uf; ls -ld u ud uf | cut -c1-10
bash -c 'umask; touch v; ls -l v | cut -c1-10'
(umask 022; touch w; ls -l w | cut -c1-10); umask
umask 002; echo x > z; ls -l z | cut -c1-10
rm p q; [ -e p ] || echo gone
mkfifo m n
bash -c 'exec cat < m' & (sleep 0.2; echo one; sleep 0.2; echo two) > m; wait
(exec 3< m; cat <&3) & (sleep 0.2; echo x; sleep 0.2; echo y) > m; wait
cat m n & (sleep 0.2; echo n1) > n & (sleep 0.4; echo m1) > m; wait
wc -l < m & seq 3 > m; wait
timeout 0.3 cat m; echo $?
timeout 0.3 bash -c 'echo x > m'; echo $?
