"""Runs inside private namespaces: starts the daemon, types lines, and answers on stdout; when its input ends, so do the daemon and all it made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

IMAGES = "/run/images"
PATIENCE = 15.0
"""Seconds for one line: the daemon has deadlocks of its own."""
WAIT = 20.0
"""Seconds for the daemon to come up."""


def prepare() -> None:
    """BusyBox as a directory tree, and the files of the host that containers copy."""
    os.makedirs(f"{IMAGES}/bin")
    for name in ("tmp", "root", "etc"):
        os.makedirs(f"{IMAGES}/{name}")
    with open(f"{IMAGES}/etc/passwd", "w", encoding="utf-8") as users:
        users.write("root:x:0:0:root:/root:/bin/sh\n")
    with open(f"{IMAGES}/etc/group", "w", encoding="utf-8") as groups:
        groups.write("root:x:0:\n")
    subprocess.run(["cp", "/bin/busybox", f"{IMAGES}/bin/busybox"], check=True)
    tools = subprocess.run(["/bin/busybox", "--list"], check=True, capture_output=True, text=True).stdout.split()
    for tool in tools:
        if tool != "busybox":
            os.symlink("busybox", f"{IMAGES}/bin/{tool}")


NOBODY = """
import socket
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.bind(("192.0.2.2", 53))
while True:
    query, source = asked.recvfrom(4096)
    asked.sendto(query[:2] + bytes((0x81, 0x83)) + query[4:6] + bytes(6) + query[12:], source)
"""
"""A name server outside that knows nobody."""


class Referee:
    """The daemon and the lines typed at it."""

    def __init__(self, options: str, group: str) -> None:
        self.names = subprocess.Popen(["ip", "netns", "exec", "outside", sys.executable, "-c", NOBODY])
        self.log = open("/run/dockerd.log", "wb")  # noqa: SIM115  (as long as the daemon)
        self.daemon = subprocess.Popen(
            ["dockerd", "--storage-driver", "vfs", "--cgroup-parent", group, *options.split()], stdout=self.log, stderr=subprocess.STDOUT
        )
        end = time.monotonic() + WAIT
        while subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
            if time.monotonic() > end or self.daemon.poll() is not None:
                with open("/run/dockerd.log", encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(log.read()[-2000:])
            time.sleep(0.05)

    def line(self, text: str) -> list[object]:
        """One line as bash reads it."""
        start = time.monotonic()
        try:
            done = subprocess.run(["bash", "-c", text], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return ["", "timed out", 124, PATIENCE]
        return [done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), done.returncode, time.monotonic() - start]

    def lines(self, texts: list[str], together: int) -> list[list[object]]:
        """Lines one after the other, or some at a time."""
        if not together:
            return [self.line(text) for text in texts]
        with ThreadPoolExecutor(together) as pool:
            return list(pool.map(self.line, texts))

    def cpu(self) -> float:
        """CPU seconds of every process here, those that ended and were waited for included."""
        ticks, page = os.sysconf("SC_CLK_TCK"), 0
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                        page += sum(int(field) for field in stat.read().rpartition(")")[2].split()[11:15])
                except OSError:
                    continue
        return page / ticks

    def close(self) -> None:
        """End the daemon; with it containers and helpers."""
        self.names.kill()
        self.daemon.terminate()
        try:
            self.daemon.wait(15)
        except subprocess.TimeoutExpired:
            self.daemon.kill()


def main() -> None:
    """Until the input ends."""
    start = json.loads(sys.stdin.readline())
    prepare()
    for line in start["setup"]:
        subprocess.run(["bash", "-c", line], check=True, capture_output=True)
    referee = Referee(start["options"], start["group"])
    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    try:
        for line in sys.stdin:
            told = json.loads(line)
            answer: object = referee.cpu() if told["do"] == "cpu" else referee.lines(told["lines"], told["together"])
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
    finally:
        referee.close()


if __name__ == "__main__":
    main()
