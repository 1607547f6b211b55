"""Scripts in the real bash and in netsim's print the same bytes on both streams and end the same."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from netsim import World

BASH = shutil.which("bash")
SCRIPTS = [
    'f() { local a=1 b; b=$2; echo "$1 $a $b $#"; return 3; }; f x y; echo $?',
    'a=(1 2 "3 4"); echo ${#a[@]} ${a[2]} ${a[@]:1}; a+=(5); for x in "${a[@]}"; do echo "<$x>"; done; unset \'a[1]\'; echo ${!a[@]}',
    "[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[0]} ${BASH_REMATCH[1]}",
    '[[ -z "" && 3 -gt 2 && foo == f* && ! -e /nosuch ]] && echo yes',
    "echo $((3+4*2)) $((2**10)) $((7/2)) $((7%3)) $((1<<4)) $((5>3?1:0)) $((0x1f)) $((010))",
    "i=5; ((i++)); ((i+=2)); echo $i; let i=i*2; echo $i; ((i==16)) && echo eq",
    "cat <<EOF\na $((1+1)) $(echo sub) ${HOME}\nEOF",
    "cat <<'EOF'\n$x $(y)\nEOF",
    'cat <<< "here $((2+2))"',
    "while read -r a b; do echo \"$b-$a\"; done < <(printf '1 2\\n3 4 5\\n')",
    "trap 'echo bye' EXIT; echo hi",
    "set -e; trap 'echo \"ERR $?\"' ERR; false; echo never",
    "set -euo pipefail; echo $UNDEFINED; echo never",
    "set -o pipefail; false | true; echo $?",
    'while getopts "ab:c" o; do case $o in a) echo A;; b) echo "B=$OPTARG";; *) echo "? $o";; esac; done',
    "x=hello.world.txt; echo ${x//o/0} ${x/l/L} ${x:1:3} ${x: -3} ${x#*.} ${x##*.} ${x%.*} ${x%%.*} ${#x} ${x^} ${x^^} ${x,,}",
    "echo {a,b}{1..3} {01..03} {a..e} {5..1..2} pre{x,y}post",
    "(sleep 0.2; exit 5) & (sleep 0.1; exit 4) & for i in 1 2 3; do wait -n; echo $?; done; wait -n 44; wait; echo $?",
    "wait 1; echo $?; wait abc; echo $?; wait %7; echo $?; wait -x; echo $?; wait -p; echo $?; f() { return 3; }; f & wait $! 99; echo $?; wait 99 $!; echo $?",
    'sleep 0.3 & sleep 0.2 & wait -p who -n $!; echo $? $((who==$!)); sleep 1 & a=$!; (wait $a 2>/dev/null; echo sub $?); wait -pv 99; echo "$? [$v]"',
    "sleep 0.1 & p=$!; wait $p; echo $?; (exit 7) & wait $!; echo $?",
    "(cd /tmp; pwd; x=1); echo ${x-unset}",
    "exec > >(cat); echo redirected; sleep 0.1",
    "bash -c 'echo $0 $1 $#' zero one two",
    "x=$(false); echo $?; f() { local x=$(false); echo $?; }; f",
    "mapfile -t l < <(printf 'a\\nb\\n'); echo ${#l[@]} ${l[1]}; readarray -t z <<< $'q\\nr'; echo ${z[0]}",
    "for ((i=0;i<3;i++)); do [ $i = 1 ] && continue; echo $i; done",
    'until [ "${n:=0}" -ge 3 ]; do n=$((n+1)); done; echo $n',
    'f() { echo "$@"; }; f "a b" c; f $\'tab\\there\'; set -- 1 2 3; echo "$*" "${@:2}"; IFS=,; echo "$*"',
    "echo ${UNSET:-def} ${UNSET:=set} $UNSET ${UNSET:+alt}; : ${FOO?missing}; echo after",
    "echo a >/tmp/bt_x; echo b >>/tmp/bt_x; cat </tmp/bt_x; wc -l < /tmp/bt_x; ls /nosuch 2>&1 | wc -l; cat /nosuch 2>/dev/null || echo failed",
    'echo "$(echo "nested $(echo deep)")" `echo back`',
    'read x y <<< "one two three"; echo "$y"; read -r -a arr <<< "p q"; echo ${arr[1]}; IFS=: read u v <<< "a:b"; echo $v',
    '{ echo out; echo err >&2; } 2>&1 | sort; echo "${PIPESTATUS[@]}"',
    "false || { echo grp; } && echo chain; ! false && echo neg",
    "test 1 -eq 1 -a 2 -eq 2; echo $?; [ a = b -o c = c ]; echo $?; [ ]; echo $?; [ 1 -eq x ]; echo $?",
    "echo -e 'a\\tb\\n\\x41'; echo -n no; echo -ne '\\n'; echo -E 'a\\n'",
    "x=5; x=6 true; echo $x; X=7 bash -c 'echo $X'; export Y=8; bash -c 'echo $Y'; env | grep ^Y=",
    'for f in /etc/host[s]; do basename $f; done; echo "${f%/*}"; [[ $f == *.conf ]] || echo nope',
    'arr=(a b c); echo "${arr[@]/#/x}" "${arr[*]^^}" "${arr[-1]}"; IFS=-; echo "${arr[*]}"',
    "echo $(( a = 3, a + 1 )) $a; echo $((1/0)); echo $?",
    'x=; echo "[${x:-e}] [${x-e}] [${x:+s}] [${x+s}]"; echo ${x:?empty}; echo no',
    "for i in 1 2 3; do for j in a b; do [ $i = 2 ] && continue 2; [ $i = 3 ] && break 2; echo $i$j; done; done",
    "echo 'single' \"dou\\\"ble\\$\" $'esc\\'d' a\\ b; echo \"a\nb\"; echo a\\\nb",
    'set -x; echo tr "a b"; x=1; set +x; echo done',
    'set -x; A=1 B="two words"; A=2 true; for i in 1 "$A"; do echo $i; done; for ((i=0; i<2; i++)); do :; done; case "$A" in 1) echo one;; esac',
    "set -x; X=$(echo $(echo deep)); eval 'echo ev'; f() { local q=3; }; f x; export Q=5; readonly R='a b'; arr=(a $X); arr[2]=z; arr+=(y); ((X)); let i=1+1",
    'set -x; A=1; [[ ! $A == b* ]] || echo no; [[ $A == "1" ]]; [[ $A -gt 4 && $A = 5 ]]; [[ $A =~ ^[0-9]+$ || -z "" ]]; [[ -n $A && -z "a b" ]]; [ $A = 1 ]',
    "set -x; echo \"a'b\" 'c\"d' '' 'x y' 'a$b' 'a;b' '~' a=b '{a}' '#x' 'a#x' '*' a^b; PS4='$((1+1))> '; echo hi; PS4=; echo $(echo sub)",
    "exec 3>/tmp/bt_y; echo to3 >&3; exec 3>&-; cat /tmp/bt_y; exec 4</tmp/bt_y; read l <&4; echo $l",
    'unset x; set -u; echo ${x-ok}; echo "${arr[@]}"; echo $x; echo never',
    '[[ 10 -lt 9 ]]; echo $?; [[ a < b ]]; echo $?; [[ -n $x || -z $y ]]; echo $?; [[ ab == "a*" ]]; echo $?',
    "while :; do break; done; echo $?; until false; do break; done; for x; do echo $x; done; set -- p q; for x; do echo $x; done",
    "f() { f2() { echo inner; }; f2; }; f; f2; unset -f f; f 2>/dev/null; echo $?",
    "echo start; exit 3; echo no",
    'echo "unterminated',
    "if true; then echo x",
    "echo ) x",
    "echo a; ; echo b",
    "((1 +)); echo $?",
    "local x=1; echo $?",
    "cd /tmp; cd /nosuch; echo $?; pwd; cd /tmp; cd - ; echo $OLDPWD",
    "shift 5; echo $?; set -- a; shift; echo $#; shift; echo $?",
    'echo foo | { read x; echo "got $x"; }; echo foo | read x; echo "x=$x"; lastpipe=1',
    'a="x y z"; set -- $a; echo $#; b=($a); echo ${#b[@]}; echo "$a" | while read -r p q; do echo "$q"; done',
    '$(echo echo) hi; c="echo one two"; $c; "$c"; echo $?',
    "exec nosuch; echo notreached",
    "echo ${1:-none} ${10:-ten} $# $0 | grep -c none; set a b; echo $2",
    "IFS=$'\\n'; for l in $(printf 'a b\\nc d\\n'); do echo \"[$l]\"; done; unset IFS; for w in $(echo a b); do echo $w; done",
    'ip() { echo "wrapped $*"; }; ip link; unset -f ip; command true; builtin echo b; \\echo q',
    "[ -t 0 ] && echo tty || echo notty; [ -v HOME ] && echo set; [[ -v NOPE ]] || echo unset",
    "x=abc; echo ${x:0:1}${x:1}; echo ${x:5}; echo ${x:(-2)}; n=1; echo ${x:n:n}; echo ${x/%c/Z} ${x/#a/Z} ${x//[ab]/-}",
    "exec > >(cat); echo redirected; sleep 0.1",
    "basename /a/b.txt .txt; dirname /a/b/c x /",
]
SCRIPTS += [path.read_text() for path in sorted(Path(__file__).with_name("scripts").glob("*.sh"))]
NUMBER = re.compile(r"\b\d{4,7}\b")


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_does_in_bash_what_it_does_here(script: str, tmp_path: object) -> None:
    (tmp_path / "script.sh").write_text(script + "\n")  # type: ignore[operator]
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    real = subprocess.run(
        [str(BASH), "script.sh"], cwd=str(tmp_path), stdin=subprocess.DEVNULL, capture_output=True, timeout=20, env=environment, check=False
    )
    here = World().host("h").run_script(script + "\n")
    told = (here.status, NUMBER.sub("N", here.stdout), NUMBER.sub("N", here.stderr))
    assert told == (real.returncode, NUMBER.sub("N", real.stdout.decode()), NUMBER.sub("N", real.stderr.decode()))
