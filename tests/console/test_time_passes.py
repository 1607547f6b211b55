"""Each command a script starts takes a moment: what the kernel does behind its back goes on meanwhile."""

from __future__ import annotations

import netsim


def test_a_loop_that_only_looks_sees_the_namespace_taken_down() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("ip netns add red; ip link add v type veth peer name w netns red")
    told = host.run("ip netns del red; n=0; while ip link show v >/dev/null 2>&1; do n=$((n + 1)); done; echo $n")
    assert 1 <= int(told.stdout) < 50


def test_names_are_free_again_for_a_script_that_cleans_up_first() -> None:
    host = netsim.World(seed=0).host("h")
    build = "for i in 1 2 3; do ip netns add n$i; done; for i in 1 2 3; do ip link add v$i type veth peer name w$i netns n$i; done"
    for _ in range(3):
        told = host.run(f"for i in 1 2 3; do ip netns del n$i; done 2>/dev/null; {build}")
        assert (told.stderr, told.status) == ("", 0)


def test_a_part_of_a_pipeline_is_one_process() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("ip netns add red")
    assert host.run("ip netns exec red bash -c 'ip netns pids red | wc -l; :'").stdout == "3\n"


def test_a_descriptor_closed_by_exec_is_closed() -> None:
    host = netsim.World(seed=0).host("h")
    told = host.run("exec 4> >(cat > got; echo end >> got); echo one >&4; exec 4>&-; sleep 1; cat got")
    assert told.stdout == "one\nend\n"


def test_an_error_trap_knows_the_line_of_the_error() -> None:
    host = netsim.World(seed=0).host("h")
    host.run("printf '%s\\n' 'trap \"echo at \\$LINENO\" ERR' false 'f() {' ' return 3' '}' f '/bin/true |' '/bin/false' > s")
    assert host.run("bash s").stdout == "at 2\nat 6\nat 8\n"
