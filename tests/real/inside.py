"""A process inside a private network of this machine that is asked by lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FRESH = "mount -t tmpfs t /run; mount -t sysfs s /sys; cd /; exec {} -m {}"


class Inside:
    """A module run as a program in fresh network and mount namespaces; it answers each line with a line, the first when it is ready."""

    def __init__(self, module: str, first: dict[str, Any]) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        argv = ["unshare", "-n", "-m", "bash", "-c", FRESH.format(sys.executable, module)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self.ask(first)

    def ask(self, told: dict[str, Any]) -> Any:
        """The answer to one line; RuntimeError when nobody answers any more."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the process inside has ended")
        return json.loads(answer)

    def close(self) -> None:
        """End the process and with it the network."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def serve(made: Any) -> None:
    """The other side: makes what the first line describes, then has its methods answer each line, until the input ends."""
    known = made(**json.loads(sys.stdin.readline()))
    sys.stdout.write('"ready"\n')
    sys.stdout.flush()
    for line in sys.stdin:
        told = json.loads(line)
        sys.stdout.write(json.dumps(getattr(known, told.pop("do"))(told)) + "\n")
        sys.stdout.flush()
