"""The `netsim` command: what can be said on its command line, and the help."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from netsim import __version__

EX_USAGE = 64

DESCRIPTION = """\
Linux and Docker networking in memory: the commands you would type as root,
without root, kernel or daemon."""
EPILOG = """\
A LAB is a bash script for root on a fresh machine, a compose file, or the
snapshot of a world (netsim run LAB --save FILE). A script of several machines
says in comments whose turn it is: `# netsim: lan office h1 h2`, `# netsim: host
h2 engine=27`.

The exit status is 0 (it holds; the script's own for run, shell and pcap), 1 (it
does not hold), 2 (it cannot be told, or something is not modelled), 64 (the
question makes no sense), 65 (the lab cannot be read), 66 (there is none), 73 (a
file cannot be written).
"""
LAB = "a script (- for standard input), a compose file or a snapshot"


def main(argv: list[str] | None = None) -> int:
    """Run the command line; answers the exit status, 64 for one that cannot be understood."""
    parser = command_line()
    try:
        options, rest = parser.parse_known_args(argv)
        if rest:  # by the verb's usage: argparse would show that of all verbs
            options.asked.error(f"unrecognized arguments: {' '.join(rest)}")
    except SystemExit as stop:
        return EX_USAGE if stop.code else 0
    if options.verb is None:
        parser.print_help(sys.stderr)
        return EX_USAGE
    from netsim.console.doorstep import carry_out  # what it takes is loaded when there is something to do

    return carry_out(options)


def command_line() -> argparse.ArgumentParser:
    """Every verb with its options."""
    parser = argparse.ArgumentParser(prog="netsim", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(asked=parser)
    parser.add_argument("--version", action="version", version=f"netsim {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", prog="netsim")
    run = add_verb(verbs, "run", "run shell scripts on a host and show what they print")
    run.add_argument("labs", metavar="LAB", nargs="+", help="a script (- for standard input); the first may be a snapshot to start from")
    run.add_argument("-x", "--trace", action="store_true", help="show each command before what it prints, as bash -x does")
    run.add_argument("--save", metavar="FILE", help="write the world the scripts leave behind into a snapshot")
    run.add_argument("--strict", action="store_true", help="fail (status 2) when an option was accepted that is not modelled, and name each")
    shell = add_verb(verbs, "shell", "type commands into a host: at a terminal with a prompt, else lines of standard input")
    shell.add_argument("labs", metavar="LAB", nargs="*", help="scripts to run before; the first may be a snapshot")
    pcap = add_verb(verbs, "pcap", "run a lab and write what passed into a capture file")
    pcap.add_argument("lab", metavar="LAB", help=LAB)
    pcap.add_argument(
        "-o", "--output", dest="out", metavar="FILE", required=True, help="the capture file: pcap when its name ends in .pcap, else pcapng"
    )
    pcap.add_argument("--device", metavar="DEV", default="", help="only devices called so")
    pcap.add_argument("--host", metavar="HOST", default="", help="only this machine's")
    pcap.add_argument("--seconds", metavar="N", type=float, default=1.0, help="virtual time to let pass after the script (default 1)")
    add_questions(verbs)
    add_draw(verbs)
    add_replay(verbs)
    transcript = add_verb(verbs, "transcript", "replay recorded scenarios and write what netsim answers")
    transcript.add_argument("path", metavar="PATH", help="a scenario (.json) or a directory of them")
    transcript.add_argument("--out", metavar="DIR", required=True, help="the directory the answers go to")
    transcript.add_argument("--jobs", metavar="N", type=int, default=1, help="how many to replay at once")
    return parser


def add_verb(verbs: Any, name: str, purpose: str) -> Any:
    """A verb; what it is for stands in the list of verbs and on top of its own help."""
    verb = verbs.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    verb.set_defaults(asked=verb)
    return verb


def add_questions(verbs: Any) -> None:
    """The verbs that ask a lab something."""
    explain = add_verb(verbs, "explain", "the way of a packet, decision by decision, and why it arrives or dies")
    explain.add_argument("lab", metavar="LAB", help=LAB)
    explain.add_argument("source", metavar="FROM", help="a machine, a namespace or a container")
    explain.add_argument("target", metavar="TO", help="10.0.0.2:80/tcp, web:5432, 8.8.8.8 (ping), @red:80 (the address of namespace red)")
    explain.add_argument(
        "--size", type=int, default=0, metavar="BYTES", help="send so many bytes: by ping or UDP in one piece, by TCP once connected"
    )
    explain.add_argument("-v", "--verbose", action="count", default=0, help="also policies that accept")
    reach = add_verb(verbs, "reach", "who reaches whom on which listening port")
    reach.add_argument("lab", metavar="LAB", help=LAB)
    reach.add_argument("--from", dest="source", metavar="PLACE", action="append", help="only from there (repeat for more)")
    reach.add_argument("--to", metavar="PLACE", action="append", help="only to there (repeat for more)")
    reach.add_argument("--csv", action="store_true", help="as CSV")
    diff = add_verb(verbs, "diff", "what differs between two labs, in state and in who reaches whom")
    diff.add_argument("lab", metavar="LAB", help=LAB)
    diff.add_argument("other", metavar="OTHER", help="another one, to compare with")
    diff.add_argument("--state-only", action="store_true", help="do not try who reaches whom")
    check = add_verb(verbs, "check", "whether claims hold: `db is never reachable from lan`")
    check.add_argument("lab", metavar="LAB", help=LAB)
    check.add_argument("claims", metavar="CLAIMS", nargs="?", help="a file with one claim a line; without it, the script's `# check:` comments")
    for verb in (explain, reach, diff, check):
        verb.add_argument("--json", action="store_true", help="as JSON")


def add_draw(verbs: Any) -> None:
    """The verb that draws."""
    draw = add_verb(verbs, "draw", "draw the world a lab makes, and a packet's path over it")
    draw.add_argument("lab", metavar="LAB", help=LAB)
    draw.add_argument(
        "-o", "--output", metavar="FILE", help="the suffix says the form: .svg, .png (both need graphviz), .dot, .mmd (default: DOT text)"
    )
    draw.add_argument("--path", nargs=2, metavar=("FROM", "TO"), help="lay the path of a packet over it, as explain follows it")
    draw.add_argument("--alike", metavar="N", type=int, default=4, help="draw N or more boxes that are alike as one (default 4; 0: never)")


def add_replay(verbs: Any) -> None:
    """The verbs that go to a real kernel."""
    replay = add_verb(verbs, "replay", "build a lab on this machine's kernel, in private namespaces")
    replay.add_argument("--dry-run", action="store_true", help="print the shell script that builds it, and do nothing")
    replay.add_argument("--shell", metavar="PLACE", nargs="?", const="", help="stay in it with a shell (in a namespace of it) until that ends")
    replay.add_argument("--run", metavar="COMMAND", default="", help="run a command in it; its exit status is the answer")
    verify = add_verb(verbs, "verify", "build a lab on this machine's kernel, ask both the same questions, and compare")
    verify.add_argument("--json", action="store_true", help="as JSON")
    for verb in (replay, verify):
        verb.add_argument("lab", metavar="LAB", nargs="?", help=LAB)
        verb.add_argument("-v", "--verbose", action="count", default=0, help="everything: each difference, what is left out")
        verb.add_argument("--uml", action="store_true", help="in User-Mode Linux, not only where this kernel lacks something")
        verb.add_argument("--clean", action="store_true", help="remove what killed replays left behind")


if __name__ == "__main__":
    sys.exit(main())
