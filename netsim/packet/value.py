"""What a packet is made of: header values nested by `payload`, and bytes at the end."""

from typing import Protocol


class Header(Protocol):
    """A header value with all it carries; `size` is its length on the wire in bytes, payload included."""

    @property
    def size(self) -> int:
        """Bytes on the wire."""


def size_of(payload: Header | bytes) -> int:
    """Bytes on the wire of a header value or of plain bytes."""
    return len(payload) if isinstance(payload, bytes) else payload.size


Payload = Header | bytes
