"""traceroute (2.1.2): from the command line to a running program."""

from __future__ import annotations

from netsim.addr import IPv4
from netsim.machine.call import Call, Program, Result
from netsim.programs.traceroute.methods import method_of
from netsim.programs.traceroute.options import DATA, Options, Over, check, read, read_module_options
from netsim.programs.traceroute.program import Probe, Traceroute

NOT_MODELLED = {"udplite": "UDP-Lite (-UL)", "tcpconn": "the method tcpconn"}


def traceroute(call: Call) -> Result | Program:
    """The traceroute command (man traceroute(8))."""
    options = Options(call.proc)
    name = call.argv[0]
    options.family = {"6": 6, "4": 4}.get(name[-1:], 0)
    try:
        read(options, call.argv[1:])
        check(options)
        read_module_options(options)
    except Over as over:
        return Result("", str(over), over.status)
    lacking = _lacking(call, options)
    if lacking is not None:
        return lacking
    assert options.target is not None
    method = method_of(options, options.target)
    header = (20 if isinstance(options.target, IPv4) else 40) + method.header_length
    if options.length < 0:
        data = DATA - method.header_length
    else:
        data = max(0, options.length - header)
    probes = [Probe(number) for number in range(options.hops * options.queries)]
    return Traceroute(options, method, probes, header, data, (options.first - 1) * options.queries, len(probes))


def _lacking(call: Call, options: Options) -> Result | None:
    """What is refused because it is not modelled: nothing is probed then."""
    what = ""
    if options.gates:
        what = "source routing (-g)"
    elif options.module in NOT_MODELLED:
        what = NOT_MODELLED[options.module]
    elif options.module == "icmp" and "dgram" in options.flags:
        what = "ping sockets (-O dgram)"
    return Result("", f"traceroute: netsim: {what} is not modelled\n", 2) if what else None
