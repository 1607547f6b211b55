"""What help of docker 28.2.2 says of options and other spellings: data of docker/cli (Apache License 2.0, Copyright Docker, Inc. and contributors,
https://github.com/docker/cli), whose help prints it so."""

from __future__ import annotations

from collections.abc import Mapping

Options = tuple[tuple[str, str], ...]
OTHERS: Mapping[str, tuple[str, Options]] = {
    "": (
        "",
        (
            ("--config string", 'Location of client config files (default "/root/.docker")'),
            (
                "-c, --context string",
                'Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")',
            ),
            ("-D, --debug", "Enable debug mode"),
            ("-H, --host list", "Daemon socket to connect to"),
            ("-l, --log-level string", 'Set the logging level ("debug", "info", "warn", "error", "fatal") (default "info")'),
            ("--tls", "Use TLS; implied by --tlsverify"),
            ("--tlscacert string", 'Trust certs signed only by this CA (default "/root/.docker/ca.pem")'),
            ("--tlscert string", 'Path to TLS certificate file (default "/root/.docker/cert.pem")'),
            ("--tlskey string", 'Path to TLS key file (default "/root/.docker/key.pem")'),
            ("--tlsverify", "Use TLS and verify the remote"),
            ("-v, --version", "Print version information and quit"),
        ),
    ),
    "exec": (
        "docker container exec, docker exec",
        (
            ("-d, --detach", "Detached mode: run command in the background"),
            ("--detach-keys string", "Override the key sequence for detaching a container"),
            ("-e, --env list", "Set environment variables"),
            ("--env-file list", "Read in a file of environment variables"),
            ("-i, --interactive", "Keep STDIN open even if not attached"),
            ("--privileged", "Give extended privileges to the command"),
            ("-t, --tty", "Allocate a pseudo-TTY"),
            ("-u, --user string", 'Username or UID (format: "<name|uid>[:<group|gid>]")'),
            ("-w, --workdir string", "Working directory inside the container"),
        ),
    ),
    "ps": (
        "docker container ls, docker container list, docker container ps, docker ps",
        (
            ("-a, --all", "Show all containers (default shows just running)"),
            ("-f, --filter filter", "Filter output based on conditions provided"),
            (
                "--format string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("-n, --last int", "Show n last created containers (includes all states) (default -1)"),
            ("-l, --latest", "Show the latest created container (includes all states)"),
            ("--no-trunc", "Don't truncate output"),
            ("-q, --quiet", "Only display container IDs"),
            ("-s, --size", "Display total file sizes"),
        ),
    ),
    "inspect": (
        "",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("-s, --size", "Display total file sizes if the type is container"),
            ("--type string", "Only inspect objects of the given type"),
        ),
    ),
    "logs": (
        "docker container logs, docker logs",
        (
            ("--details", "Show extra details provided to logs"),
            ("-f, --follow", "Follow log output"),
            ("--since string", 'Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)'),
            ("-n, --tail string", 'Number of lines to show from the end of the logs (default "all")'),
            ("-t, --timestamps", "Show timestamps"),
            ("--until string", 'Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)'),
        ),
    ),
    "start": (
        "docker container start, docker start",
        (
            ("-a, --attach", "Attach STDOUT/STDERR and forward signals"),
            ("--checkpoint string", "Restore from this checkpoint"),
            ("--checkpoint-dir string", "Use a custom checkpoint storage directory"),
            ("--detach-keys string", "Override the key sequence for detaching a container"),
            ("-i, --interactive", "Attach container's STDIN"),
        ),
    ),
    "stop": (
        "docker container stop, docker stop",
        (
            ("-s, --signal string", "Signal to send to the container"),
            ("-t, --timeout int", "Seconds to wait before killing the container"),
        ),
    ),
    "restart": (
        "docker container restart, docker restart",
        (
            ("-s, --signal string", "Signal to send to the container"),
            ("-t, --timeout int", "Seconds to wait before killing the container"),
        ),
    ),
    "kill": ("docker container kill, docker kill", (("-s, --signal string", "Signal to send to the container"),)),
    "rm": (
        "docker container rm, docker container remove, docker rm",
        (
            ("-f, --force", "Force the removal of a running container (uses SIGKILL)"),
            ("-l, --link", "Remove the specified link"),
            ("-v, --volumes", "Remove anonymous volumes associated with the container"),
        ),
    ),
    "rename": ("docker container rename, docker rename", ()),
    "port": ("docker container port, docker port", ()),
    "top": ("docker container top, docker top", ()),
    "wait": ("docker container wait, docker wait", ()),
    "pause": ("docker container pause, docker pause", ()),
    "unpause": ("docker container unpause, docker unpause", ()),
    "events": (
        "docker system events, docker events",
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            (
                "--format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("--since string", "Show all events created since timestamp"),
            ("--until string", "Stream events until this timestamp"),
        ),
    ),
    "info": (
        "docker system info, docker info",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
        ),
    ),
    "version": (
        "",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
        ),
    ),
    "images": (
        "docker image ls, docker image list, docker images",
        (
            ("-a, --all", "Show all images (default hides intermediate images)"),
            ("--digests", "Show digests"),
            ("-f, --filter filter", "Filter output based on conditions provided"),
            (
                "--format string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("--no-trunc", "Don't truncate output"),
            ("-q, --quiet", "Only show image IDs"),
            ("--tree", "List multi-platform images as a tree (EXPERIMENTAL)"),
        ),
    ),
    "rmi": (
        "docker image rm, docker image remove, docker rmi",
        (
            ("-f, --force", "Force removal of the image"),
            ("--no-prune", "Do not delete untagged parents"),
            ("--platform strings", 'Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")'),
        ),
    ),
    "pull": (
        "docker image pull, docker pull",
        (
            ("-a, --all-tags", "Download all tagged images in the repository"),
            ("--disable-content-trust", "Skip image verification (default true)"),
            ("--platform string", "Set platform if server is multi-platform capable"),
            ("-q, --quiet", "Suppress verbose output"),
        ),
    ),
    "import": (
        "docker image import, docker import",
        (
            ("-c, --change list", "Apply Dockerfile instruction to the created image"),
            ("-m, --message string", "Set commit message for imported image"),
            ("--platform string", "Set platform if server is multi-platform capable"),
        ),
    ),
    "tag": ("docker image tag, docker tag", ()),
    "attach": (
        "docker container attach, docker attach",
        (
            ("--detach-keys string", "Override the key sequence for detaching a container"),
            ("--no-stdin", "Do not attach STDIN"),
            ("--sig-proxy", "Proxy all received signals to the process (default true)"),
        ),
    ),
    "container prune": (
        "",
        (
            ("--filter filter", 'Provide filter values (e.g. "until=<timestamp>")'),
            ("-f, --force", "Do not prompt for confirmation"),
        ),
    ),
    "system prune": (
        "",
        (
            ("-a, --all", "Remove all unused images not just dangling ones"),
            ("--filter filter", 'Provide filter values (e.g. "label=<key>=<value>")'),
            ("-f, --force", "Do not prompt for confirmation"),
            ("--volumes", "Prune anonymous volumes"),
        ),
    ),
    "image prune": (
        "",
        (
            ("-a, --all", "Remove all unused images, not just dangling ones"),
            ("--filter filter", 'Provide filter values (e.g. "until=<timestamp>")'),
            ("-f, --force", "Do not prompt for confirmation"),
        ),
    ),
    "container inspect": (
        "",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("-s, --size", "Display total file sizes"),
        ),
    ),
    "image inspect": (
        "",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            (
                "--platform string",
                "Inspect a specific platform of the multi-platform image.\nIf the image or the server is not multi-platform capable, the command will error out if the platform does not match.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)",
            ),
        ),
    ),
}
"""Subcommand -> its spellings, and its options with what they are for."""
