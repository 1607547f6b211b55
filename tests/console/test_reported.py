"""What the shell accepts without acting on it is reported, and what it does not know is refused by name."""

from __future__ import annotations

import pytest

from netsim import World

REFUSED = {
    "help cd": 'netsim: "help cd" is not modelled',
    "cd --help": 'netsim: "cd --help" is not modelled',
    "declare -I x": 'netsim: "declare -I" is not modelled',
    "fc -s": 'netsim: "fc -s" is not modelled',
    "compgen -u": 'netsim: "compgen -u" is not modelled',
    "set -m; fg": 'netsim: "fg with job control" is not modelled',
    "ls /tmp; hash": 'netsim: "hash" is not modelled',
    "printf %a 1": "netsim: %a is not modelled",
}
REPORTED = {
    "ulimit -n 512": "ulimit -n 512: nothing runs into it",
    "set -m": "set -m: job control",
    "complete -W x foo": "complete foo: completions are not modelled",
    "shopt -s extdebug": "shopt -s extdebug",
    "shopt -s expand_aliases; alias a=b": "alias a: aliases are not expanded",
}


@pytest.mark.parametrize(("line", "message"), REFUSED.items(), ids=REFUSED)
def test_what_a_builtin_lacks_is_refused_in_one_line(line: str, message: str) -> None:
    done = World().host("h").run(line)
    assert (done.status != 0, message in done.stderr, done.stderr.count("\n")) == (True, True, 1)


@pytest.mark.parametrize(("line", "note"), REPORTED.items(), ids=REPORTED)
def test_what_is_accepted_without_effect_is_reported(line: str, note: str) -> None:
    host = World().host("h")
    assert host.run(line).status == 0
    assert note in host.machine.kernel.unmodelled


def test_options_that_do_nothing_in_a_script_are_no_news() -> None:
    host = World().host("h")
    assert host.run("set -euo pipefail; shopt -s nullglob checkwinsize extglob; umask 022").status == 0
    assert host.machine.kernel.unmodelled == []
