"""Whatever stands in a script, the shell answers with output, an error line and a status, and comes to an end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim import World
from netsim.clock import SECOND
from netsim.machine.fds import Capture
from netsim.machine.machine import MOST_PROCESSES
from netsim.shell import stack
from tests.properties.lab import SMALL

TOKENS = (
    "if then elif else fi for in do done while until case esac { } ( ) (( )) [[ ]] ! function f() f ; ;; & && || | |& < > >> << <<< >& 2>&1 >/tmp/x <(echo) "
    '$x ${x} ${x:-y} ${#x} ${x%b} ${x//a/b} ${x[@]} ${!x} $((1+2)) $((x/0)) $((a=b,b=a)) $( ) $(echo hi) `echo hi` $@ $* $# $? $$ $! $1 "$x" \'$x\' "a b" \' " \\ \\\n '
    "x=1 x=$x$x a=(1 2 3) x+=y local export eval source . exec exit return break continue set -e -u -o pipefail -x shift trap 'echo t' EXIT ERR read wait kill %1 test -f = == "
    "-eq =~ echo printf %d %s %5.3q true false sleep 0.1 cat /tmp/lines grep one wc -l head -1 ip link show netns exec a ping -c1 10.0.0.2 cd /tmp . .. ~ * ? [a-z] {a,b} {1..3} # EOF"
).split(" ")
SOUP = st.lists(st.one_of(st.sampled_from(TOKENS), st.just("\n"), st.text(max_size=3)), max_size=25).map(" ".join)

ARGUMENTS = st.lists(
    st.sampled_from(
        [token for token in TOKENS if token[:1] in "$%-'\"{[~*1`x" and token not in ("'", '"', "$(", "[[", "{", "<")]
        + ["a", "é", "'\\''", "0x", "9" * 30]
    ),
    max_size=4,
).map(" ".join)
VERBS = st.sampled_from(
    "echo printf test [ read eval set shift local export unset trap kill wait cd type command let declare return break getopts mapfile true : exit exec source sleep cat head f x=1 "
    "a=(1 2)".split(" ")
)
SIMPLE = st.tuples(VERBS, ARGUMENTS, st.sampled_from(["", "> /tmp/o", "2>&1", "< /tmp/lines", "<<< $x", ">&7", "> /no/such", "2>/dev/null"])).map(
    " ".join
)
CODE = st.recursive(
    SIMPLE,
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from(["; ", " && ", " || ", " | ", "\n", " & "]), part).map("".join),
        part.map("( {} )".format),
        part.map("{{ {}\n}}".format),
        part.map("if {0}\nthen {0}\nelse :\nfi".format),
        part.map("for x in 1 b $x; do {}\ndone".format),
        part.map("f() {{ {}\n}}; f 1 2".format),
        part.map("x=$({}\n)".format),
        part.map('echo "<$({}\n)>"'.format),
        part.map("case $x in 1) {}\n;; *) echo;; esac".format),
        part.map("n=0; while ((n++ < 3)); do {}\ndone".format),
        part.map("eval '{}'".format),
        part.map("trap '{}' EXIT".format),
        part.map("cat <<E\n{}\nE".format),
        part.map("bash -c '{}'".format),
        part.map("set -e; ! {}\n".format),
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True, scope="module")
def few() -> Iterator[None]:
    """Limits low enough to be reached at once."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("netsim.shell.program", "netsim.shell.stack"):
            patch.setattr(f"{module}.MOST_COMMANDS", 5_000)
        yield


@given(CODE)
def test_any_program_ends_with_a_status(text: str) -> None:
    answers(text)


@given(SOUP)
def test_any_soup_of_words_ends_with_a_status(text: str) -> None:
    answers(text)


def answers(text: str) -> None:
    with SMALL.fork() as world:
        done = world.host().run_script(text, limit=30 * SECOND)
        assert 0 <= done.status <= 255
        assert "Traceback" not in done.stderr


ENDLESS = {
    "a loop without end": "while :; do :; done",
    "a loop that types commands": "while true; do ip link show lo >/dev/null; done",
    "a fork bomb": ":(){ :|:& };:",
    "a fork bomb of shells": "f() { (f) & (f) & }; f",
    "a function that calls itself": "f() { f; }; f",
    "an eval of itself": 'x=\'eval "$x"\'; eval "$x"',
    "a script that runs itself": "echo 'bash /tmp/me.sh' > /tmp/me.sh; bash /tmp/me.sh",
    "a script that sources itself": "echo '. /tmp/me.sh' > /tmp/me.sh; . /tmp/me.sh",
    "a substitution of itself": "f() { echo $(f); }; f",
    "a loop in a pipe": "while :; do echo x; done | while read y; do :; done",
    "loops in each other": "for ((;;)); do for ((;;)); do :; done; done",
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS)
def test_what_never_ends_is_stopped_with_a_clear_line(script: str) -> None:
    world = World()
    job = world.host().start(script)
    world.run_for(10 * SECOND)
    done = job.result()
    assert not job.is_running and len(world.host().machine.processes) == 1
    assert "stopped" in done.stderr or "fork: Resource temporarily unavailable" in done.stderr
    assert done.stderr.count("\n") < 4 * MOST_PROCESSES
    assert world.host().run("echo alive").stdout == "alive\n"


def test_a_loop_that_sleeps_is_interrupted_at_the_bound_of_virtual_time() -> None:
    world = World()
    assert world.host().run("while true; do sleep 10; done").status == 130
    assert world.clock.now // SECOND == 600


def test_functions_may_nest_as_deep_as_scripts_do() -> None:
    script = "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)); else echo bottom; fi; }; f 300"
    assert World().host().run(script).stdout == "bottom\n"


BIG = {
    "braces": ("echo {1..100000000}", "makes more than 100000 words"),
    "braces in braces": ("echo {1..1000}{1..1000}{1..1000}", "more than 100000 words"),
    "a value that doubles": ("x=a; while :; do x=$x$x; done", "stopped"),
    "a field as wide as memory": ("printf '%1000000000d' 1", "digits' width"),
    "numbers that name themselves": ("a=b; b=a; echo $((a))", "expression recursion level exceeded"),
    "parentheses without end": (f"echo $(({'(' * 500}1{')' * 500}))", "expression recursion level exceeded"),
}


@pytest.mark.parametrize(("script", "message"), BIG.values(), ids=BIG)
def test_what_is_too_big_is_refused_in_one_line(script: str, message: str) -> None:
    done = World().host().run(script)
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert done.status != 0


def test_more_output_than_is_kept_says_so() -> None:
    screen = Capture(limit=100)
    for _ in range(50):
        screen.write(b"0123456789")
    assert screen.text() == "0123456789" * 11 + "\nnetsim: more than 100 bytes of output: the rest is left out\n"


def test_giant_output_uses_up_what_a_script_may_spend() -> None:
    done = World().host().run("x=$(printf '%01000d' 1); while :; do echo $x$x$x$x$x$x$x$x$x$x; done")
    assert "stopped" in done.stderr and 100_000 < len(done.stdout) < 1_000_000


def test_numbers_wrap_at_64_bits_as_in_bash() -> None:
    done = World().host().run("echo $((99999999999999999999999999999)) $((2**64)) $((0xffffffffffffffffff)) $((---5)) $((!!3))")
    assert done.stdout == "7886392056514347007 0 -1 -5 1\n"


def test_the_budget_is_one_for_a_script_and_its_shells() -> None:
    world = World()
    done = world.host().run("for i in $(seq 2000); do (echo x); bash -c 'echo y'; done")
    assert "stopped" in done.stderr
    assert 0 < len(done.stdout.splitlines()) <= 5_000 // stack.PROCESS_COST
