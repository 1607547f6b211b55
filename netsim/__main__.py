"""The `netsim` command: run a script in a world of one host, or replay recorded scenarios."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from netsim.api import World


def main(argv: list[str] | None = None) -> int:
    """Run the command line; answers the exit status, 64 for one that cannot be understood."""
    parser = argparse.ArgumentParser(prog="netsim", description="Linux networking in memory: real commands, no root, no kernel.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    run = verbs.add_parser("run", help="run a shell script on a fresh host and show what it prints")
    run.add_argument("script", help="the file, or - for standard input")
    transcript = verbs.add_parser("transcript", help="replay recorded scenarios and write what netsim answers")
    transcript.add_argument("path", help="a scenario (.json) or a directory of them")
    transcript.add_argument("--out", required=True, help="the directory the answers go to")
    transcript.add_argument("--jobs", type=int, default=1, help="how many to replay at once")
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:
        return 64 if stop.code else 0
    if options.verb == "run":
        return run_script(options.script)
    if options.verb == "transcript":
        from netsim.transcript import replay_all

        if not Path(options.path).exists():
            print(f"netsim: {options.path}: No such file or directory", file=sys.stderr)
            return 66
        replay_all(Path(options.path), Path(options.out), jobs=options.jobs)
        return 0
    parser.print_help(sys.stderr)
    return 64


def run_script(name: str) -> int:
    """Run the script of this file name; its output goes out as a shell's would."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"netsim: {name}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 66
    done = World().host("host").run_script(text, name=Path(name).name if name != "-" else "script.sh")
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.status


if __name__ == "__main__":
    sys.exit(main())
