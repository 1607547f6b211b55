"""What `docker compose` says about itself."""

from __future__ import annotations

from collections.abc import Mapping

from netsim.commands.docker.compose.session import ComposeCommand
from netsim.commands.docker.usage import options

ABOUT: Mapping[str, str] = {
    "attach": "Attach local standard input, output, and error streams to a service's running container",
    "build": "Build or rebuild services",
    "commit": "Create a new image from a service container's changes",
    "config": "Parse, resolve and render compose file in canonical format",
    "cp": "Copy files/folders between a service container and the local filesystem",
    "create": "Creates containers for a service",
    "down": "Stop and remove containers, networks",
    "events": "Receive real time events from containers",
    "exec": "Execute a command in a running container",
    "export": "Export a service container's filesystem as a tar archive",
    "images": "List images used by the created containers",
    "kill": "Force stop service containers",
    "logs": "View output from containers",
    "ls": "List running compose projects",
    "pause": "Pause services",
    "port": "Print the public port for a port binding",
    "ps": "List containers",
    "publish": "Publish compose application",
    "pull": "Pull service images",
    "push": "Push service images",
    "restart": "Restart service containers",
    "rm": "Removes stopped service containers",
    "run": "Run a one-off command on a service",
    "scale": "Scale services ",
    "start": "Start services",
    "stats": "Display a live stream of container(s) resource usage statistics",
    "stop": "Stop services",
    "top": "Display the running processes",
    "unpause": "Unpause services",
    "up": "Create and start containers",
    "version": "Show the Docker Compose version information",
    "volumes": "List volumes",
    "wait": "Block until containers of all (or specified) services stop.",
    "watch": "Watch build context for service and rebuild/refresh containers when files are updated",
}
OTHERS = ("attach", "bridge", "commit", "cp", "events", "export", "publish", "push", "stats", "volumes", "watch", "alpha", "generate", "viz")
"""Commands that are not modelled."""
OPTIONS = """      --all-resources              Include all resources, even those not
                                   used by services
      --ansi string                Control when to print ANSI control
                                   characters ("never"|"always"|"auto")
                                   (default "auto")
      --compatibility              Run compose in backward compatibility mode
      --dry-run                    Execute command in dry run mode
      --env-file stringArray       Specify an alternate environment file
  -f, --file stringArray           Compose configuration files
      --parallel int               Control max parallelism, -1 for
                                   unlimited (default -1)
      --profile stringArray        Specify a profile to enable
      --progress string            Set type of progress output (auto,
                                   tty, plain, json, quiet)
      --project-directory string   Specify an alternate working directory
                                   (default: the path of the, first
                                   specified, Compose file)
  -p, --project-name string        Project name
"""


def of_compose() -> str:
    """`docker compose --help`."""
    commands = "".join(f"  {name:<11} {text}\n" for name, text in ABOUT.items())
    return (
        f"Usage:  docker compose [OPTIONS] COMMAND\n\nDefine and run multi-container applications with Docker\n\nOptions:\n{OPTIONS}\n"
        f"Management Commands:\n  bridge      Convert compose files into another model\n\nCommands:\n{commands}\n"
        "Run 'docker compose COMMAND --help' for more information on a command.\n"
    )


def of_command(command: ComposeCommand) -> str:
    """`docker compose COMMAND --help`: usage, purpose, and its options by name and kind."""
    lines = "".join(f"{line}\n" for line in options(command.flags))
    more = f"\nOptions:\n{lines}" if lines else ""
    return f"Usage:  docker compose {command.name} {command.arguments}".rstrip() + f"\n\n{command.about}\n{more}"
