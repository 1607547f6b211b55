"""The example plugin, but for what a file beside its socket says of single calls: method -> how it goes wrong."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples/plugin"))
import plugin

BODIES = {"err": b'{"Err": "plugin says no", "Error": "plugin says no"}', "garbage": b"no json", "empty": b"", "array": b"[1]"}
SOCKET = Path(sys.argv[1])


class Handler(plugin.Handler):
    driver = plugin.Sample()

    def do_POST(self) -> None:
        said = json.loads(SOCKET.with_suffix(".modes").read_text()).get(self.path.lstrip("/"), "")
        if said == "die":
            os._exit(1)
        if said == "hang":
            time.sleep(60)
        if not said:
            super().do_POST()
            return
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if said == "close":
            self.close_connection = True
            return
        status = 500 if said.startswith("500") else 200
        data = said[4:].encode() if status == 500 else said.encode() if said.startswith("{") else BODIES[said]
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


plugin.main(str(SOCKET), Handler)
