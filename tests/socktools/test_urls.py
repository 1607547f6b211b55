"""URLs that are none: wget says what is wrong with them, as the real one does."""

from __future__ import annotations

import pytest

from netsim import World


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("[", "http://[: Unterminated IPv6 numeric address.\n"),
        ("[]", "http://[]: Invalid IPv6 numeric address.\n"),
        ("http://[zz]/", "http://[zz]/: Invalid IPv6 numeric address.\n"),
        ("http://[::1]:x/", "http://[::1]:x/: Bad port number.\n"),
        ("http://h:99999/", "http://h:99999/: Bad port number.\n"),
        ("http://h:x/", "http://h:x/: Bad port number.\n"),
    ],
)
def test_wget_names_what_is_wrong_with_a_url(url: str, said: str) -> None:
    done = World().host().run(f"wget '{url}'")
    assert (done.status, done.stderr) == (1, said)


def test_words_that_are_no_utf_8_are_sent_as_bytes() -> None:
    for line in ("wget -t1 \udcff", "wget -t1 --post-data=\udcff http://\udcff/", "curl -u \udcff:x http://10.0.0.1/", "curl http://10.0.0.1/\udcff"):
        done = World().host().run(line)
        assert done.status in (4, 7)
        assert "Traceback" not in done.stderr
