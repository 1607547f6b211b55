"""What help of docker 28.2.2 says of options and other spellings: data of docker/cli (Apache License 2.0, Copyright Docker, Inc. and contributors,
https://github.com/docker/cli), whose help prints it so."""

from __future__ import annotations

from collections.abc import Mapping

Options = tuple[tuple[str, str], ...]
NETWORKS: Mapping[str, tuple[str, Options]] = {
    "network create": (
        "",
        (
            ("--attachable", "Enable manual container attachment"),
            ("--aux-address map", "Auxiliary IPv4 or IPv6 addresses used by Network driver (default map[])"),
            ("--config-from string", "The network from which to copy the configuration"),
            ("--config-only", "Create a configuration only network"),
            ("-d, --driver string", 'Driver to manage the Network (default "bridge")'),
            ("--gateway strings", "IPv4 or IPv6 Gateway for the master subnet"),
            ("--ingress", "Create swarm routing-mesh network"),
            ("--internal", "Restrict external access to the network"),
            ("--ip-range strings", "Allocate container ip from a sub-range"),
            ("--ipam-driver string", 'IP Address Management Driver (default "default")'),
            ("--ipam-opt map", "Set IPAM driver specific options (default map[])"),
            ("--ipv4", "Enable or disable IPv4 address assignment (default true)"),
            ("--ipv6", "Enable or disable IPv6 address assignment"),
            ("--label list", "Set metadata on a network"),
            ("-o, --opt map", "Set driver specific options (default map[])"),
            ("--scope string", "Control the network's scope"),
            ("--subnet strings", "Subnet in CIDR format that represents a network segment"),
        ),
    ),
    "network connect": (
        "",
        (
            ("--alias strings", "Add network-scoped alias for the container"),
            ("--driver-opt strings", "driver options for the network"),
            ("--gw-priority int", "Highest gw-priority provides the default gateway. Accepts positive and negative values."),
            ("--ip string", 'IPv4 address (e.g., "172.30.100.104")'),
            ("--ip6 string", 'IPv6 address (e.g., "2001:db8::33")'),
            ("--link list", "Add link to another container"),
            ("--link-local-ip strings", "Add a link-local address for the container"),
        ),
    ),
    "network disconnect": ("", (("-f, --force", "Force the container to disconnect from a network"),)),
    "network ls": (
        "docker network ls, docker network list",
        (
            ("-f, --filter filter", 'Provide filter values (e.g. "driver=bridge")'),
            (
                "--format string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("--no-trunc", "Do not truncate the output"),
            ("-q, --quiet", "Only display network IDs"),
        ),
    ),
    "network rm": ("docker network rm, docker network remove", (("-f, --force", "Do not error if the network does not exist"),)),
    "network prune": (
        "",
        (
            ("--filter filter", 'Provide filter values (e.g. "until=<timestamp>")'),
            ("-f, --force", "Do not prompt for confirmation"),
        ),
    ),
    "network inspect": (
        "",
        (
            (
                "-f, --format string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            ("-v, --verbose", "Verbose output for diagnostics"),
        ),
    ),
    "build": (
        "docker image build, docker build, docker builder build",
        (
            ("--add-host list", 'Add a custom host-to-IP mapping ("host:ip")'),
            ("--build-arg list", "Set build-time variables"),
            ("--cache-from strings", "Images to consider as cache sources"),
            ("--cgroup-parent string", 'Set the parent cgroup for the "RUN" instructions during build'),
            ("--compress", "Compress the build context using gzip"),
            ("--cpu-period int", "Limit the CPU CFS (Completely Fair Scheduler) period"),
            ("--cpu-quota int", "Limit the CPU CFS (Completely Fair Scheduler) quota"),
            ("-c, --cpu-shares int", "CPU shares (relative weight)"),
            ("--cpuset-cpus string", "CPUs in which to allow execution (0-3, 0,1)"),
            ("--cpuset-mems string", "MEMs in which to allow execution (0-3, 0,1)"),
            ("--disable-content-trust", "Skip image verification (default true)"),
            ("-f, --file string", 'Name of the Dockerfile (Default is "PATH/Dockerfile")'),
            ("--force-rm", "Always remove intermediate containers"),
            ("--iidfile string", "Write the image ID to the file"),
            ("--isolation string", "Container isolation technology"),
            ("--label list", "Set metadata for an image"),
            ("-m, --memory bytes", "Memory limit"),
            ("--memory-swap bytes", "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
            ("--network string", 'Set the networking mode for the RUN instructions during build (default "default")'),
            ("--no-cache", "Do not use cache when building the image"),
            ("--platform string", "Set platform if server is multi-platform capable"),
            ("--pull", "Always attempt to pull a newer version of the image"),
            ("-q, --quiet", "Suppress the build output and print image ID on success"),
            ("--rm", "Remove intermediate containers after a successful build (default true)"),
            ("--security-opt strings", "Security options"),
            ("--shm-size bytes", 'Size of "/dev/shm"'),
            ("--squash", "Squash newly built layers into a single new layer"),
            ("-t, --tag list", 'Name and optionally a tag in the "name:tag" format'),
            ("--target string", "Set the target build stage to build."),
            ("--ulimit ulimit", "Ulimit options (default [])"),
        ),
    ),
}
"""Subcommand -> its spellings, and its options with what they are for."""
