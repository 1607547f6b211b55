"""Errors speak Linux on every system."""

import copy
import os
import pickle
import sys

import pytest

from netsim import errors


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's own texts")
def test_texts_are_those_of_the_c_library() -> None:
    assert [errors.strerror(number) for number in range(140)] == [os.strerror(number) for number in range(140)]


def test_an_error_says_the_kernels_sentence_or_its_number() -> None:
    assert str(errors.NetError(errors.EEXIST)) == "File exists"
    assert str(errors.NetError(errors.EINVAL, "Nexthop has invalid gateway.")) == "Nexthop has invalid gateway."


def test_what_is_not_modelled_is_named_and_survives_copying() -> None:
    error = errors.NotModelled("ipsec")
    assert (str(error), error.errno, error.what) == ("not modelled: ipsec", errors.EOPNOTSUPP, "ipsec")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(twin), twin.errno, twin.what) == (errors.NotModelled, error.errno, error.what)
