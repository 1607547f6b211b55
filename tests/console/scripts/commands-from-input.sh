printf 'read x\nhello\necho "got $x"\n' | bash
printf 'cat\nrest\nof it\n' | sh
printf 'echo a\nif true; then\necho b\nfi\nexit 3\necho no\n' | bash; echo $?
(echo 'echo one $(date +%%s >/dev/null)'; sleep 0.3; echo 'echo two'; sleep 0.3; echo exit) | bash
bash <<'X'
read line
this is data
echo "[$line]"
while read w; do echo "w=$w"; done
1
2
X
printf 'echo $((1+\n2))\necho "a\nb"\ncat <<E\nhere\nE\necho end\n' | bash
printf 'echo ok\necho )\necho after\n' | bash; echo $?
printf 'f() {\necho inf\n}\nf\n' | sh
printf 'grep x\nax\nbx\n' | bash
printf 'bash -c "read y; echo in $y"\nfoo\necho out\n' | bash
printf 'head -n1\nl1\necho l2\n' | bash
printf 'trap "echo bye" EXIT\necho x\n' | bash
printf 'set -e\nfalse\necho never\n' | bash; echo $?
printf 'exec cat\nto cat\n' | bash
printf 'echo $LINENO\n\n\necho $LINENO\nnosuch_command\n' | bash
printf 'echo a \\\nb\nfor i in 1 2\ndo\necho $i\ndone\n' | bash
printf 'echo "open\n' | bash; echo $?
printf 'echo no newline' | bash
bash -s one two <<< 'echo $# $1'
printf 'f() { read z; echo "f:$z"; }\nf\ninner\necho $z\n' | bash
