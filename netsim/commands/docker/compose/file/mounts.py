"""`volumes` of a service in their short form: SOURCE:TARGET:MODE (compose-go `format.ParseVolume`). netsim carries no data: they are read to be told."""

from __future__ import annotations

from typing import Any


def mount(spec: str) -> dict[str, Any]:
    """A volume in its long form: a bind mount when the source is a path, else a named or nameless volume."""
    parts = _parts(spec)
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0], "volume": {}}
    source, target, *modes = parts
    made: dict[str, Any] = {"source": source, "target": target}
    if source[:1] in ("/", ".", "~"):
        made = {"type": "bind", **made, "bind": {"create_host_path": True}}
    else:
        made = {"type": "volume", **made, "volume": {}}
    for mode in ",".join(modes).split(",") if modes else ():
        if mode == "ro":
            made["read_only"] = True
        elif mode == "nocopy" and "volume" in made:
            made["volume"] = {"nocopy": True}
        elif mode in ("z", "Z") and "bind" in made:
            made["bind"] = {**made["bind"], "selinux": mode}
    return made


def _parts(spec: str) -> list[str]:
    """At the colons; one behind a single letter at the beginning belongs to a drive of Windows."""
    if len(spec) > 2 and spec[1] == ":" and spec[0].isalpha():
        rest = spec[2:].split(":")
        return [f"{spec[:2]}{rest[0]}", *rest[1:]]
    return spec.split(":")
