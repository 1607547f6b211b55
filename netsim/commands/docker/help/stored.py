"""What help of docker 28.2.2 says of options and other spellings: data of docker/cli (Apache License 2.0, Copyright Docker, Inc. and contributors,
https://github.com/docker/cli), whose help prints it so."""

from __future__ import annotations

from collections.abc import Mapping

Options = tuple[tuple[str, str], ...]
FORM = "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"
FORM_OF_ONE = "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"
OUTPUT = (("-o, --output string", "Write to a file, instead of STDOUT"),)
STORED: Mapping[str, tuple[str, Options]] = {
    "attach": (
        "docker container attach, docker attach",
        (
            ("--detach-keys string", "Override the key sequence for detaching a container"),
            ("--no-stdin", "Do not attach STDIN"),
            ("--sig-proxy", "Proxy all received signals to the process (default true)"),
        ),
    ),
    "stats": (
        "docker container stats, docker stats",
        (
            ("-a, --all", "Show all containers (default shows just running)"),
            ("--format string", FORM),
            ("--no-stream", "Disable streaming stats and only pull the first result"),
            ("--no-trunc", "Do not truncate output"),
        ),
    ),
    "history": (
        "docker image history, docker history",
        (
            ("--format string", FORM),
            ("-H, --human", "Print sizes and dates in human readable format (default true)"),
            ("--no-trunc", "Don't truncate output"),
            ("-q, --quiet", "Only show image IDs"),
        ),
    ),
    "diff": ("docker container diff, docker diff", ()),
    "export": ("docker container export, docker export", OUTPUT),
    "save": ("docker image save, docker save", OUTPUT),
    "load": (
        "docker image load, docker load",
        (("-i, --input string", "Read from tar archive file, instead of STDIN"), ("-q, --quiet", "Suppress the load output")),
    ),
    "import": (
        "docker image import, docker import",
        (
            ("-c, --change list", "Apply Dockerfile instruction to the created image"),
            ("-m, --message string", "Set commit message for imported image"),
            ("--platform string", "Set platform if server is multi-platform capable"),
        ),
    ),
    "system df": ("", (("--format string", FORM), ("-v, --verbose", "Show detailed information on space usage"))),
    "context ls": ("docker context ls, docker context list", (("--format string", FORM), ("-q, --quiet", "Only show context names"))),
    "context inspect": ("", (("-f, --format string", FORM_OF_ONE),)),
    "context create": (
        "",
        (
            ("--description string", "Description of the context"),
            ("--docker stringToString", "set the docker endpoint (default [])"),
            ("--from string", "create context from a named context"),
        ),
    ),
    "context update": (
        "",
        (("--description string", "Description of the context"), ("--docker stringToString", "set the docker endpoint (default [])")),
    ),
    "builder prune": (
        "",
        (
            ("-a, --all", "Remove all unused build cache, not just dangling ones"),
            ("--filter filter", 'Provide filter values (e.g. "until=24h")'),
            ("-f, --force", "Do not prompt for confirmation"),
            ("--keep-storage bytes", "Amount of disk space to keep for cache"),
        ),
    ),
    "context rm": ("docker context rm, docker context remove", (("-f, --force", "Force the removal of a context in use"),)),
}
"""Subcommand -> its spellings, and its options with what they are for."""
