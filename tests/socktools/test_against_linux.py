"""nc, socat, ss, curl and wget: the same lines in a private network of the machine and here print the same."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

import netsim

TOOLS = ("unshare", "nc", "socat", "ss", "curl", "wget", "ip")
SETUP = "ip link set lo up\n"
LINES = r"""
nc -v -z -w1 127.0.0.1 8-10
nc -4 -vz localhost http
nc -l -p 9 10
nc -u -v -z -w1 127.0.0.1 9
nc -4 ::1 9
nc -p 5555 -s 1.2.3.4 127.0.0.1 9
nc -T foo 127.0.0.1 9
nc -i x 1 2
nc -M 300 1 2
nc -l 99 >got.txt & sleep .1; nc -v -z 127.0.0.1 99; wait; cat got.txt
nc -lkvn 99 & sleep .1; nc -z 127.0.0.1 99; nc -w1 -z 127.0.0.1 99; sleep .1; kill %1
echo srv | nc -lN 99 >s.txt & sleep .1; echo cli | nc 127.0.0.1 99; wait; cat s.txt
echo hi | nc -u -w1 127.0.0.1 98
seq 20000 | nc -lN 97 & sleep .1; nc 127.0.0.1 97 </dev/null | wc -c; wait
socat - TCP:127.0.0.1:81
socat - TCP:10.9.9.9:81
socat - FOO:1
socat - TCP:1
socat - TCP:127.0.0.1:81,foo=1
socat a b c
echo foo | socat - EXEC:"tr a-z A-Z"
socat TCP-LISTEN:96 SYSTEM:"echo hi" & sleep .1; socat TCP-LISTEN:96 -; socat - TCP:127.0.0.1:96; wait
socat TCP-LISTEN:95,reuseaddr,fork SYSTEM:'echo $SOCAT_PEERADDR $SOCAT_SOCKPORT' & sleep .1; socat - TCP:127.0.0.1:95,bind=127.0.0.5; nc 127.0.0.1 95 </dev/null; ss -tln; kill %1
socat UDP4-RECVFROM:94,fork EXEC:"tr a-z A-Z" & sleep .1; echo a | socat - UDP4-SENDTO:127.0.0.1:94; kill %1
socat -u FILE:/nosuch -
socat TCP-LISTEN:93,bind=1.2.3.4 -
ss -tln state foo
ss -tan foo
ss -f foo
nc -l 92 & sleep .1; sleep 3 | nc -p 45678 127.0.0.1 92 & sleep .1; ss -tn state established sport = :92; ss -tnH dport = :92; ss -tnp sport = :92 | wc -l; ss -tan dst 127.0.0.9; kill %1
nc -ul 53 & sleep .1; ss -ul; ss -uln; ss -tuln src 0.0.0.0:53; kill %1
curl -s http://127.0.0.1:8001/
curl -sS http://10.9.9.9/
curl
curl foo://bar
curl http://
curl --nosuch
curl http://127.0.0.1:8001/
printf 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' | nc -N -l 9002 >/dev/null & sleep .1; curl -si http://127.0.0.1:9002/ -w '%{http_code} %{size_download}\n'; wait
printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno' | nc -N -l 9003 >asked.txt & sleep .1; curl -sSf -d a=b -H 'X: y' http://127.0.0.1:9003/p?q=1; echo $?; wait; cat asked.txt
printf 'garbage\n' | nc -N -l 9004 >/dev/null & sleep .1; curl -sS http://127.0.0.1:9004/; echo $?; wait
for tool in dig host nslookup; do for name in a..b .a. $(printf %070d).com $(printf '%050d.' 1 2 3 4 5 6); do $tool "$name"; echo $?; done; done
nc -lN 9005 </dev/null >/dev/null & sleep .1; curl -sS http://127.0.0.1:9005/; echo $?; wait
wget http://127.0.0.1:8001/
wget
printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno' | nc -N -l 9006 >/dev/null & sleep .1; wget -O- http://127.0.0.1:9006/; echo $?; wait
"""
STREAMS = 'timeout 4 bash -c {line} >out 2>err </dev/null; echo "rc $?"; echo "-- out"; cat out; echo "-- err"; cat err\n'


def _missing() -> str:
    if sys.platform != "linux" or os.geteuid():
        return "needs root on Linux"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        return f"needs {', '.join(lacking)}"
    tried = subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "needs network namespaces"


def _script() -> str:
    text = "cd /tmp\n" + SETUP
    for number, line in enumerate(line for line in LINES.splitlines() if line):
        text += f'echo "== {number}"\n' + STREAMS.format(line=shlex.quote(line))
    return text


def _comparable(text: str) -> list[str]:
    text = re.sub(r"\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d", "DATE", text)
    text = re.sub(r"socat\[\d+\]", "socat[PID]", text)
    text = re.sub(r"after \d+ ms", "after N ms", text)
    text = re.sub(r"(received on \S+) \d+", r"\1 PORT", text)
    return re.split(r"^== \d+\n", text, flags=re.MULTILINE)[1:]


@pytest.mark.skipif(bool(_missing()), reason=_missing() or "runs")
def test_the_same_lines_print_the_same_in_a_real_network_and_here() -> None:
    setup = "mount -t tmpfs t /run; mount -t tmpfs t /tmp; cat >/tmp/script; exec bash /tmp/script"
    real = subprocess.run(["unshare", "-n", "-m", "bash", "-c", setup], input=_script().encode(), capture_output=True, timeout=60, check=True)
    here = netsim.World(seed=0).host("h1").run_script(_script())
    lines = [line for line in LINES.splitlines() if line]
    theirs, ours = _comparable(real.stdout.decode()), _comparable(here.stdout)
    assert len(theirs) == len(ours) == len(lines)
    differing = [
        f"$ {line}\nreal:\n{real_one}\nhere:\n{our_one}" for line, real_one, our_one in zip(lines, theirs, ours, strict=True) if real_one != our_one
    ]
    assert not differing, "\n".join(differing)
