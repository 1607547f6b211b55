"""In what help of docker 20.10.24 differs from 28.2.2's: data of docker/cli (Apache License 2.0, Copyright Docker, Inc. and contributors,
https://github.com/docker/cli), whose help prints it so."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.commands.docker.help.networks import Options


@attrs.frozen
class Older:
    """Options that there were not yet, those that there were or that read otherwise, and other spellings."""

    gone: tuple[str, ...] = ()
    other: Options = ()
    spellings: str | None = None
    """None: the newer one's that are of the same group."""


OLDER: Mapping[str, Older] = {
    "": Older(
        (),
        (
            ("-H, --host list", "Daemon socket(s) to connect to"),
            ("-l, --log-level string", 'Set the logging level ("debug"|"info"|"warn"|"error"|"fatal") (default "info")'),
        ),
    ),
    "stack": Older((), (("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),)),
    "builder prune": Older((), (("--filter filter", "Provide filter values (e.g. 'until=24h')"),)),
    "commit": Older(
        (),
        (
            ("-a, --author string", 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")'),
            ("-c, --change list", "Apply Dockerfile instruction to the created image"),
            ("-m, --message string", "Commit message"),
            ("-p, --pause", "Pause container during commit (default true)"),
        ),
    ),
    "config create": Older((), (("-l, --label list", "Config labels"), ("--template-driver string", "Template driver"))),
    "config inspect": Older(
        (),
        (("-f, --format string", "Format the output using the given Go template"), ("--pretty", "Print the information in a human friendly format")),
    ),
    "config ls": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print configs using a Go template"),
            ("-q, --quiet", "Only display IDs"),
        ),
        "ls, list",
    ),
    "config rm": Older((), (), "rm, remove"),
    "container inspect": Older((), (("-f, --format string", "Format the output using the given Go template"),)),
    "container prune": Older((), (("--filter filter", "Provide filter values (e.g. 'until=<timestamp>')"),)),
    "context create": Older(
        (),
        (
            ("--default-stack-orchestrator string", "Default orchestrator for stack operations to use with this context (swarm|kubernetes|all)"),
            ("--kubernetes stringToString", "set the kubernetes endpoint (default [])"),
        ),
    ),
    "context export": Older((), (("--kubeconfig", "Export as a kubeconfig file"),)),
    "context inspect": Older((), (("-f, --format string", "Format the output using the given Go template"),)),
    "context ls": Older((), (("--format string", "Pretty-print contexts using a Go template"),)),
    "context update": Older(
        (),
        (
            ("--default-stack-orchestrator string", "Default orchestrator for stack operations to use with this context (swarm|kubernetes|all)"),
            ("--kubernetes stringToString", "set the kubernetes endpoint (default [])"),
        ),
    ),
    "cp": Older(
        (), (("-a, --archive", "Archive mode (copy all uid/gid information)"), ("-L, --follow-link", "Always follow symbol link in SRC_PATH"))
    ),
    "create": Older(
        (
            "--annotation map",
            "--cpu-count int",
            "--cpu-percent int",
            "--health-start-interval duration",
            "--io-maxbandwidth bytes",
            "--io-maxiops uint",
            "-q, --quiet",
            "--use-api-socket",
        ),
        (
            ("--pull string", 'Pull image before creating ("always"|"missing"|"never") (default "missing")'),
            ("--rm", "Automatically remove the container when it exits"),
            ("--stop-signal string", 'Signal to stop a container (default "SIGTERM")'),
        ),
    ),
    "events": Older((), (("--format string", "Format the output using the given Go template"),)),
    "exec": Older((), (("-u, --user string", "Username or UID (format: <name|uid>[:<group|gid>])"),)),
    "history": Older((), (("--format string", "Pretty-print images using a Go template"),)),
    "image inspect": Older(("--platform string",), (("-f, --format string", "Format the output using the given Go template"),)),
    "image prune": Older((), (("--filter filter", "Provide filter values (e.g. 'until=<timestamp>')"),)),
    "images": Older(("--tree",), (("--format string", "Pretty-print images using a Go template"),)),
    "info": Older((), (("-f, --format string", "Format the output using the given Go template"),)),
    "inspect": Older(
        (), (("-f, --format string", "Format the output using the given Go template"), ("--type string", "Return JSON for specified type"))
    ),
    "kill": Older((), (("-s, --signal string", 'Signal to send to the container (default "KILL")'),)),
    "login": Older(
        (), (("-p, --password string", "Password"), ("--password-stdin", "Take the password from stdin"), ("-u, --username string", "Username"))
    ),
    "logs": Older(
        (),
        (
            ("--since string", "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"),
            ("--until string", "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"),
        ),
    ),
    "network connect": Older(
        ("--gw-priority int",), (("--ip string", "IPv4 address (e.g., 172.30.100.104)"), ("--ip6 string", "IPv6 address (e.g., 2001:db8::33)"))
    ),
    "network create": Older(("--ipv4",), (("--ipv6", "Enable IPv6 networking"),)),
    "network inspect": Older((), (("-f, --format string", "Format the output using the given Go template"),)),
    "network ls": Older(
        (),
        (("-f, --filter filter", "Provide filter values (e.g. 'driver=bridge')"), ("--format string", "Pretty-print networks using a Go template")),
    ),
    "network prune": Older((), (("--filter filter", "Provide filter values (e.g. 'until=<timestamp>')"),)),
    "network rm": Older(("-f, --force",), ()),
    "node inspect": Older(
        (),
        (("-f, --format string", "Format the output using the given Go template"), ("--pretty", "Print the information in a human friendly format")),
    ),
    "node ls": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print nodes using a Go template"),
            ("-q, --quiet", "Only display IDs"),
        ),
        "ls, list",
    ),
    "node ps": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print tasks using a Go template"),
            ("--no-resolve", "Do not map IDs to Names"),
            ("--no-trunc", "Do not truncate output"),
            ("-q, --quiet", "Only display task IDs"),
        ),
    ),
    "node rm": Older((), (("-f, --force", "Force remove a node from the swarm"),), "rm, remove"),
    "node update": Older(
        (),
        (
            ("--availability string", 'Availability of the node ("active"|"pause"|"drain")'),
            ("--label-add list", "Add or update a node label (key=value)"),
            ("--label-rm list", "Remove a node label if exists"),
            ("--role string", 'Role of the node ("worker"|"manager")'),
        ),
    ),
    "plugin ls": Older(
        (),
        (
            ("-f, --filter filter", "Provide filter values (e.g. 'enabled=true')"),
            ("--format string", "Pretty-print plugins using a Go template"),
            ("--no-trunc", "Don't truncate output"),
            ("-q, --quiet", "Only display plugin IDs"),
        ),
        "ls, list",
    ),
    "ps": Older((), (("--format string", "Pretty-print containers using a Go template"),)),
    "push": Older(
        (),
        (
            ("-a, --all-tags", "Push all tagged images in the repository"),
            ("--disable-content-trust", "Skip image signing (default true)"),
            ("-q, --quiet", "Suppress verbose output"),
        ),
    ),
    "restart": Older(
        ("-s, --signal string", "-t, --timeout int"), (("-t, --time int", "Seconds to wait for stop before killing the container (default 10)"),)
    ),
    "rmi": Older(("--platform strings",), ()),
    "run": Older(
        (
            "--annotation map",
            "--cpu-count int",
            "--cpu-percent int",
            "--health-start-interval duration",
            "--io-maxbandwidth bytes",
            "--io-maxiops uint",
            "-q, --quiet",
            "--use-api-socket",
        ),
        (
            ("--pull string", 'Pull image before running ("always"|"missing"|"never") (default "missing")'),
            ("--rm", "Automatically remove the container when it exits"),
            ("--stop-signal string", 'Signal to stop a container (default "SIGTERM")'),
        ),
    ),
    "search": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print search using a Go template"),
            ("--limit int", "Max number of search results (default 25)"),
            ("--no-trunc", "Don't truncate output"),
        ),
    ),
    "secret create": Older(
        (), (("-d, --driver string", "Secret driver"), ("-l, --label list", "Secret labels"), ("--template-driver string", "Template driver"))
    ),
    "secret inspect": Older(
        (),
        (("-f, --format string", "Format the output using the given Go template"), ("--pretty", "Print the information in a human friendly format")),
    ),
    "secret ls": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print secrets using a Go template"),
            ("-q, --quiet", "Only display IDs"),
        ),
        "ls, list",
    ),
    "secret rm": Older((), (), "rm, remove"),
    "service inspect": Older(
        (),
        (("-f, --format string", "Format the output using the given Go template"), ("--pretty", "Print the information in a human friendly format")),
    ),
    "service ls": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print services using a Go template"),
            ("-q, --quiet", "Only display IDs"),
        ),
        "ls, list",
    ),
    "service ps": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print tasks using a Go template"),
            ("--no-resolve", "Do not map IDs to Names"),
            ("--no-trunc", "Do not truncate output"),
            ("-q, --quiet", "Only display task IDs"),
        ),
    ),
    "service rm": Older((), (), "rm, remove"),
    "service rollback": Older(
        (), (("-d, --detach", "Exit immediately instead of waiting for the service to converge"), ("-q, --quiet", "Suppress progress output"))
    ),
    "service scale": Older((), (("-d, --detach", "Exit immediately instead of waiting for the service to converge"),)),
    "stack config": Older((), (("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),)),
    "stack deploy": Older(
        (),
        (
            ("-c, --compose-file strings", 'Path to a Compose file, or "-" to read from stdin'),
            ("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),
            ("--prune", "Prune services that are no longer referenced"),
            (
                "--resolve-image string",
                'Query the registry to resolve image digest and supported platforms ("always"|"changed"|"never") (default "always")',
            ),
            ("--with-registry-auth", "Send registry authentication details to Swarm agents"),
        ),
        "deploy, up",
    ),
    "stack ls": Older(
        (),
        (("--format string", "Pretty-print stacks using a Go template"), ("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)")),
        "ls, list",
    ),
    "stack ps": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print tasks using a Go template"),
            ("--no-resolve", "Do not map IDs to Names"),
            ("--no-trunc", "Do not truncate output"),
            ("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),
            ("-q, --quiet", "Only display task IDs"),
        ),
    ),
    "stack rm": Older((), (("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),), "rm, remove, down"),
    "stack services": Older(
        (),
        (
            ("-f, --filter filter", "Filter output based on conditions provided"),
            ("--format string", "Pretty-print services using a Go template"),
            ("--orchestrator string", "Orchestrator to use (swarm|kubernetes|all)"),
            ("-q, --quiet", "Only display IDs"),
        ),
    ),
    "start": Older(("--checkpoint string", "--checkpoint-dir string"), ()),
    "stats": Older((), (("--format string", "Pretty-print images using a Go template"),)),
    "stop": Older(("-s, --signal string", "-t, --timeout int"), (("-t, --time int", "Seconds to wait for stop before killing it (default 10)"),)),
    "swarm ca": Older(
        (),
        (
            ("--ca-cert pem-file", "Path to the PEM-formatted root CA certificate to use for the new cluster"),
            ("--ca-key pem-file", "Path to the PEM-formatted root CA key to use for the new cluster"),
            ("--cert-expiry duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)"),
            ("-d, --detach", "Exit immediately instead of waiting for the root rotation to converge"),
            ("--external-ca external-ca", "Specifications of one or more certificate signing endpoints"),
            ("-q, --quiet", "Suppress progress output"),
            ("--rotate", "Rotate the swarm CA - if no certificate or key are provided, new ones will be generated"),
        ),
    ),
    "swarm init": Older(
        (),
        (
            ("--advertise-addr string", "Advertised address (format: <ip|interface>[:port])"),
            ("--autolock", "Enable manager autolocking (requiring an unlock key to start a stopped manager)"),
            ("--availability string", 'Availability of the node ("active"|"pause"|"drain") (default "active")'),
            ("--cert-expiry duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)"),
            ("--data-path-addr string", "Address or interface to use for data path traffic (format: <ip|interface>)"),
            (
                "--data-path-port uint32",
                "Port number to use for data path traffic (1024 - 49151). If no value is set or is set to 0, the default port (4789) is used.",
            ),
            ("--default-addr-pool ipNetSlice", "default address pool in CIDR format (default [])"),
            ("--default-addr-pool-mask-length uint32", "default address pool subnet mask length (default 24)"),
            ("--dispatcher-heartbeat duration", "Dispatcher heartbeat period (ns|us|ms|s|m|h) (default 5s)"),
            ("--external-ca external-ca", "Specifications of one or more certificate signing endpoints"),
            ("--force-new-cluster", "Force create a new cluster from current state"),
            ("--listen-addr node-addr", "Listen address (format: <ip|interface>[:port]) (default 0.0.0.0:2377)"),
            ("--max-snapshots uint", "Number of additional Raft snapshots to retain"),
            ("--snapshot-interval uint", "Number of log entries between Raft snapshots (default 10000)"),
            ("--task-history-limit int", "Task history retention limit (default 5)"),
        ),
    ),
    "swarm join": Older(
        (),
        (
            ("--advertise-addr string", "Advertised address (format: <ip|interface>[:port])"),
            ("--availability string", 'Availability of the node ("active"|"pause"|"drain") (default "active")'),
            ("--data-path-addr string", "Address or interface to use for data path traffic (format: <ip|interface>)"),
            ("--listen-addr node-addr", "Listen address (format: <ip|interface>[:port]) (default 0.0.0.0:2377)"),
            ("--token string", "Token for entry into the swarm"),
        ),
    ),
    "swarm join-token": Older((), (("-q, --quiet", "Only display token"), ("--rotate", "Rotate join token"))),
    "swarm leave": Older((), (("-f, --force", "Force this node to leave the swarm, ignoring warnings"),)),
    "swarm unlock-key": Older((), (("-q, --quiet", "Only display token"), ("--rotate", "Rotate unlock key"))),
    "swarm update": Older(
        (),
        (
            ("--autolock", "Change manager autolocking setting (true|false)"),
            ("--cert-expiry duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)"),
            ("--dispatcher-heartbeat duration", "Dispatcher heartbeat period (ns|us|ms|s|m|h) (default 5s)"),
            ("--external-ca external-ca", "Specifications of one or more certificate signing endpoints"),
            ("--max-snapshots uint", "Number of additional Raft snapshots to retain"),
            ("--snapshot-interval uint", "Number of log entries between Raft snapshots (default 10000)"),
            ("--task-history-limit int", "Task history retention limit (default 5)"),
        ),
    ),
    "system df": Older((), (("--format string", "Pretty-print images using a Go template"),)),
    "system prune": Older((), (("--filter filter", "Provide filter values (e.g. 'label=<key>=<value>')"), ("--volumes", "Prune volumes"))),
    "update": Older(
        (),
        (
            ("--blkio-weight uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
            ("--cpu-period int", "Limit CPU CFS (Completely Fair Scheduler) period"),
            ("--cpu-quota int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
            ("--cpu-rt-period int", "Limit the CPU real-time period in microseconds"),
            ("--cpu-rt-runtime int", "Limit the CPU real-time runtime in microseconds"),
            ("-c, --cpu-shares int", "CPU shares (relative weight)"),
            ("--cpus decimal", "Number of CPUs"),
            ("--cpuset-cpus string", "CPUs in which to allow execution (0-3, 0,1)"),
            ("--cpuset-mems string", "MEMs in which to allow execution (0-3, 0,1)"),
            ("--kernel-memory bytes", "Kernel memory limit"),
            ("-m, --memory bytes", "Memory limit"),
            ("--memory-reservation bytes", "Memory soft limit"),
            ("--memory-swap bytes", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
            ("--pids-limit int", "Tune container pids limit (set -1 for unlimited)"),
            ("--restart string", "Restart policy to apply when a container exits"),
        ),
    ),
    "version": Older(
        (), (("-f, --format string", "Format the output using the given Go template"), ("--kubeconfig string", "Kubernetes config file"))
    ),
    "volume create": Older(
        (),
        (
            ("-d, --driver string", 'Specify volume driver name (default "local")'),
            ("--label list", "Set metadata for a volume"),
            ("-o, --opt map", "Set driver specific options (default map[])"),
        ),
    ),
    "volume inspect": Older((), (("-f, --format string", "Format the output using the given Go template"),)),
    "volume ls": Older(
        (),
        (
            ("-f, --filter filter", "Provide filter values (e.g. 'dangling=true')"),
            ("--format string", "Pretty-print volumes using a Go template"),
            ("-q, --quiet", "Only display volume names"),
        ),
        "ls, list",
    ),
    "volume prune": Older(
        (), (("--filter filter", "Provide filter values (e.g. 'label=<label>')"), ("-f, --force", "Do not prompt for confirmation"))
    ),
    "volume rm": Older((), (("-f, --force", "Force the removal of one or more volumes"),), "rm, remove"),
}
