"""W5: RULES rules in FORWARD that do not match, then one that accepts: what a datagram through the router costs."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.workloads import chain
from benchmarks.workloads.isolation import cpu, sh
from benchmarks.workloads.side import Case, Figures, Side
from benchmarks.workloads.w3_forward import flood_program

TITLE = "W5: a datagram through N rules of a firewall"
OURS, THEIRS = 5_000, 20_000


def listing(rules: int) -> str:
    """What iptables-restore reads."""
    lines = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    for number in range(rules):
        source = f"172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}/32"
        lines.append(f"-A FORWARD -s {source} -p udp -m udp --dport {1 + number % 65535} -j DROP")
    return "\n".join([*lines, "-A FORWARD -j ACCEPT", "COMMIT", ""])


def netsim(rules: int) -> Figures:
    host, target = chain.by_netsim(1)
    assert host.netns("h1").run(f"ping -c1 -W2 {target}").status == 0
    script = f"ip netns exec r1 iptables-restore <<'EOF'\n{listing(rules)}EOF\n"
    before = cpu()
    assert host.run_script(script).status == 0
    loaded = cpu() - before
    return {**chain.stream(host, target, OURS), "load_cpu_s": loaded}


def kernel(tool: str) -> Callable[[int], Figures]:
    """The same on one build of iptables."""

    def run(rules: int) -> Figures:
        target = chain.by_kernel(1)
        sh("ip", "netns", "exec", "h1", "ping", "-c1", "-n", target)
        before = cpu()
        sh("ip", "netns", "exec", "r1", tool, text=listing(rules))
        loaded = cpu() - before
        program = flood_program()
        before = cpu()
        sh("ip", "netns", "exec", "h1", program, target, "9", str(THEIRS), "64")
        return {"cpu_s": cpu() - before, "count": THEIRS, "load_cpu_s": loaded}

    return run


SIDES = {
    "netsim": Side(netsim),
    "iptables (nf_tables)": Side(kernel("iptables-nft-restore"), ("ip", "iptables-nft-restore", "gcc"), isolated=True),
    "iptables (legacy)": Side(kernel("iptables-legacy-restore"), ("ip", "iptables-legacy-restore", "gcc"), isolated=True),
}
CASES = (Case(1_000, tuple(SIDES), "1,000 rules", "datagram"), Case(10_000, tuple(SIDES), "10,000 rules", "datagram"))
