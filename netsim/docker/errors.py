"""What the daemon answers when it will not."""

from __future__ import annotations

NOT_FOUND, INVALID, CONFLICT, FORBIDDEN, UNAVAILABLE, NOT_MODIFIED, NOT_IMPLEMENTED, SYSTEM = 404, 400, 409, 403, 503, 304, 501, 500
"""Classes of error by the HTTP status the API gives them (`errdefs`)."""


class Refusal(Exception):
    """The daemon refuses: `status` is the class of the error, the text what a client reads after "Error response from daemon: "."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Missing(Refusal):
    """There is no `what` called `name`: the older command tells so in its own words."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(NOT_FOUND, f"{what} {name} not found")
        self.what, self.name = what, name


def not_found(text: str) -> Refusal:
    """There is no such thing."""
    return Refusal(NOT_FOUND, text)


def invalid(text: str) -> Refusal:
    """The request makes no sense."""
    return Refusal(INVALID, text)


def conflict(text: str) -> Refusal:
    """The request clashes with how things are."""
    return Refusal(CONFLICT, text)


def forbidden(text: str) -> Refusal:
    """The request is never allowed."""
    return Refusal(FORBIDDEN, text)


def failed(text: str) -> Refusal:
    """Something went wrong on the way."""
    return Refusal(SYSTEM, text)
