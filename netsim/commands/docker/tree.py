"""Commands and groups with what help says they are for (docker/cli), by release."""

from __future__ import annotations

from collections.abc import Mapping

CONTAINER: Mapping[str, str] = {
    "attach": "Attach local standard input, output, and error streams to a running container",
    "commit": "Create a new image from a container's changes",
    "cp": "Copy files/folders between a container and the local filesystem",
    "create": "Create a new container",
    "diff": "Inspect changes to files or directories on a container's filesystem",
    "exec": "Execute a command in a running container",
    "export": "Export a container's filesystem as a tar archive",
    "inspect": "Display detailed information on one or more containers",
    "kill": "Kill one or more running containers",
    "logs": "Fetch the logs of a container",
    "ls": "List containers",
    "pause": "Pause all processes within one or more containers",
    "port": "List port mappings or a specific mapping for the container",
    "prune": "Remove all stopped containers",
    "rename": "Rename a container",
    "restart": "Restart one or more containers",
    "rm": "Remove one or more containers",
    "run": "Create and run a new container from an image",
    "start": "Start one or more stopped containers",
    "stats": "Display a live stream of container(s) resource usage statistics",
    "stop": "Stop one or more running containers",
    "top": "Display the running processes of a container",
    "unpause": "Unpause all processes within one or more containers",
    "update": "Update configuration of one or more containers",
    "wait": "Block until one or more containers stop, then print their exit codes",
}
IMAGE: Mapping[str, str] = {
    "build": "Build an image from a Dockerfile",
    "history": "Show the history of an image",
    "import": "Import the contents from a tarball to create a filesystem image",
    "inspect": "Display detailed information on one or more images",
    "load": "Load an image from a tar archive or STDIN",
    "ls": "List images",
    "prune": "Remove unused images",
    "pull": "Download an image from a registry",
    "push": "Upload an image to a registry",
    "rm": "Remove one or more images",
    "save": "Save one or more images to a tar archive (streamed to STDOUT by default)",
    "tag": "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
}
NETWORK: Mapping[str, str] = {
    "connect": "Connect a container to a network",
    "create": "Create a network",
    "disconnect": "Disconnect a container from a network",
    "inspect": "Display detailed information on one or more networks",
    "ls": "List networks",
    "prune": "Remove all unused networks",
    "rm": "Remove one or more networks",
}
SYSTEM: Mapping[str, str] = {
    "df": "Show docker disk usage",
    "events": "Get real time events from the server",
    "info": "Display system-wide information",
    "prune": "Remove unused data",
}
VOLUME: Mapping[str, str] = {
    "create": "Create a volume",
    "inspect": "Display detailed information on one or more volumes",
    "ls": "List volumes",
    "prune": "Remove unused local volumes",
    "rm": "Remove one or more volumes",
    "update": "Update a volume (cluster volumes only)",
}
SWARM: Mapping[str, str] = {
    "ca": "Display and rotate the root CA",
    "init": "Initialize a swarm",
    "join": "Join a swarm as a node and/or manager",
    "join-token": "Manage join tokens",
    "leave": "Leave the swarm",
    "unlock": "Unlock swarm",
    "unlock-key": "Manage the unlock key",
    "update": "Update the swarm",
}
NODE: Mapping[str, str] = {
    "demote": "Demote one or more nodes from manager in the swarm",
    "inspect": "Display detailed information on one or more nodes",
    "ls": "List nodes in the swarm",
    "promote": "Promote one or more nodes to manager in the swarm",
    "ps": "List tasks running on one or more nodes, defaults to current node",
    "rm": "Remove one or more nodes from the swarm",
    "update": "Update a node",
}
SERVICE: Mapping[str, str] = {
    "create": "Create a new service",
    "inspect": "Display detailed information on one or more services",
    "logs": "Fetch the logs of a service or task",
    "ls": "List services",
    "ps": "List the tasks of one or more services",
    "rm": "Remove one or more services",
    "rollback": "Revert changes to a service's configuration",
    "scale": "Scale one or multiple replicated services",
    "update": "Update a service",
}
STACK: Mapping[str, str] = {
    "config": "Outputs the final config file, after doing merges and interpolations",
    "deploy": "Deploy a new stack or update an existing stack",
    "ls": "List stacks",
    "ps": "List the tasks in the stack",
    "rm": "Remove one or more stacks",
    "services": "List the services in the stack",
}
CONTEXT: Mapping[str, str] = {
    "create": "Create a context",
    "export": "Export a context to a tar archive FILE or a tar stream on STDOUT.",
    "import": "Import a context from a tar or zip file",
    "inspect": "Display detailed information on one or more contexts",
    "ls": "List contexts",
    "rm": "Remove one or more contexts",
    "show": "Print the name of the current context",
    "update": "Update a context",
    "use": "Set the current docker context",
}
BUILDER: Mapping[str, str] = {"build": "Build an image from a Dockerfile", "prune": "Remove build cache"}
PLUGIN: Mapping[str, str] = {
    "create": "Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.",
    "disable": "Disable a plugin",
    "enable": "Enable a plugin",
    "inspect": "Display detailed information on one or more plugins",
    "install": "Install a plugin",
    "ls": "List plugins",
    "push": "Push a plugin to a registry",
    "rm": "Remove one or more plugins",
    "set": "Change settings for a plugin",
    "upgrade": "Upgrade an existing plugin",
}
CONFIG: Mapping[str, str] = {
    "create": "Create a config from a file or STDIN",
    "inspect": "Display detailed information on one or more configs",
    "ls": "List configs",
    "rm": "Remove one or more configs",
}
SECRET: Mapping[str, str] = {
    "create": "Create a secret from a file or STDIN as content",
    "inspect": "Display detailed information on one or more secrets",
    "ls": "List secrets",
    "rm": "Remove one or more secrets",
}
GROUPS: Mapping[str, Mapping[str, str]] = {
    "container": CONTAINER, "image": IMAGE, "network": NETWORK, "system": SYSTEM, "volume": VOLUME, "swarm": SWARM, "node": NODE, "service": SERVICE,
    "stack": STACK, "context": CONTEXT, "builder": BUILDER, "plugin": PLUGIN, "config": CONFIG, "secret": SECRET,
}  # fmt: skip
MANAGEMENT: Mapping[str, str] = {
    "builder": "Manage builds",
    "checkpoint": "Manage checkpoints",
    "container": "Manage containers",
    "context": "Manage contexts",
    "image": "Manage images",
    "manifest": "Manage Docker image manifests and manifest lists",
    "network": "Manage networks",
    "plugin": "Manage plugins",
    "system": "Manage Docker",
    "trust": "Manage trust on Docker images",
    "volume": "Manage volumes",
}
ORCHESTRATION: Mapping[str, str] = {
    "config": "Manage Swarm configs",
    "node": "Manage Swarm nodes",
    "secret": "Manage Swarm secrets",
    "service": "Manage Swarm services",
    "stack": "Manage Swarm stacks",
    "swarm": "Manage Swarm",
}
TOP: Mapping[str, str] = {
    **{name: CONTAINER[name] for name in CONTAINER if name not in ("inspect", "ls", "prune")},
    **{name: IMAGE[name] for name in ("build", "history", "import", "load", "pull", "push", "save", "tag")},
    "events": SYSTEM["events"],
    "images": "List images",
    "info": SYSTEM["info"],
    "inspect": "Return low-level information on Docker objects",
    "login": "Authenticate to a registry",
    "logout": "Log out from a registry",
    "ps": "List containers",
    "rmi": "Remove one or more images",
    "search": "Search Docker Hub for images",
    "version": "Show the Docker version information",
}
COMMON = ("run", "exec", "ps", "build", "pull", "push", "images", "login", "logout", "search", "version", "info")
"""What 28 lists first."""
OLDER: Mapping[str, str] = {
    "run": "Run a command in a new container",
    "exec": "Run a command in a running container",
    "pull": "Pull an image or a repository from a registry",
    "push": "Push an image or a repository to a registry",
    "login": "Log in to a Docker registry",
    "logout": "Log out from a Docker registry",
    "search": "Search the Docker Hub for images",
    "service": "Manage services",
    "config": "Manage Docker configs",
    "secret": "Manage Docker secrets",
    "stack": "Manage Docker stacks",
    "update volume": "",
    "config stack": "",
    "show context": "",
    "export context": "Export a context to a tar or kubeconfig file",
    "create config": "Create a config from a file or STDIN",
    "completion": "Generate the autocompletion script for the specified shell",
    "prune volume": "Remove all unused local volumes",
}
"""Where 20.10 says it differently; empty: it has no such command."""
SPELLINGS: Mapping[str, str] = {
    "container ls": "ps", "container list": "ps", "container ps": "ps", "container remove": "rm", "network list": "network ls",
    "network remove": "network rm", "volume list": "volume ls", "volume remove": "volume rm", "context list": "context ls", "context remove": "context rm",
    "plugin list": "plugin ls", "builder build": "build", "image ls": "images", "image list": "images", "image rm": "rmi", "image remove": "rmi", "system info": "info",
    "system events": "events",
    **{f"image {name}": name for name in ("build", "history", "import", "load", "pull", "push", "save", "tag")},
    **{f"container {name}": name for name in CONTAINER if name not in ("ls", "prune", "inspect")},
}  # fmt: skip
"""Other words for a subcommand."""


def about(path: str, family: str) -> str:
    """What a command or group is for, as a release words it."""
    first, _, name = path.partition(" ")
    if name:
        text = GROUPS.get(first, {}).get(name, "")
        if family == "20.10" and f"{name} {first}" in OLDER:
            return OLDER[f"{name} {first}"]
        return _older(name, text, family) if first in ("container", "image") else text
    known = MANAGEMENT.get(first) or ORCHESTRATION.get(first) or TOP.get(first, "")
    return _older(first, known, family)


def _older(name: str, text: str, family: str) -> str:
    return OLDER.get(name, text) if family == "20.10" else text


def listed(group: str, family: str) -> list[tuple[str, str]]:
    """A group's commands, in the order of their names, with what each is for."""
    return [(name, about(f"{group} {name}", family)) for name in sorted(GROUPS[group]) if family != "20.10" or OLDER.get(f"{name} {group}") != ""]
