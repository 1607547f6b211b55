"""Archives that lie in a simulated machine's files. Their bytes are all that is read: no file of the machine that netsim runs on is opened."""

from __future__ import annotations

import io
import tarfile

LARGEST = 16 << 20
"""Bytes that a file may unpack to; more than that is no text of a lab."""


def unpacked(data: bytes) -> dict[str, str] | None:
    """The plain files of a tar archive (compressed or not) by absolute path; None where it is none, or holds something too large."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() and member.size <= LARGEST else None
                if member.isreg() and file is None:
                    return None
                if file is not None:
                    found["/" + member.name.removeprefix("./").lstrip("/")] = file.read().decode(errors="replace")
    except (tarfile.TarError, EOFError, OSError, ValueError):
        return None
    return found
