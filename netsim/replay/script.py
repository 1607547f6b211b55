"""A plan as a shell script that people read, and run by hand."""

from __future__ import annotations

from netsim.replay.operations import DEFAULTS, LOOK
from netsim.replay.plan import Plan

HEAD = """\
#!/bin/bash
# Builds {what} in namespaces of this kernel. Run it in a network and mount namespace of its own, as root
#     unshare -n -m bash -c '. ./THIS-FILE; exec bash'
# or as anybody, where user namespaces are allowed,
#     unshare -Urnm bash -c '. ./THIS-FILE; exec bash'
# and look around with ip netns exec NAME ...; when that shell ends, everything is gone.
set -e
if [ -n "$(ip -o addr)" ] || [ "$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/1/ns/mnt 2>/dev/null)" ]; then
    echo "these are no namespaces of its own: start it as the first lines say" >&2
    exit 1
fi
mount -t tmpfs tmpfs /run
mkdir /run/netns
namespace() {{  # one that starts with the kernel's own defaults, whatever this machine's are
    ip netns add "$1"
    ip netns exec "$1" sysctl -qw {defaults}
}}
carrier() {{  # waits for it, some seconds at most
    {look}
}}
"""
TAIL = "set +e\n"


def script(plan: Plan, what: str = "a world of netsim") -> str:
    """The operations under headings, and at the end what is left out."""
    lines = [HEAD.format(what=what.replace("\n", " "), defaults=" ".join(DEFAULTS), look=LOOK)]
    lines += [f"\n# CANNOT BE BUILT: {line}\n" for line in plan.beyond]
    subject = ""
    for operation in plan.operations:
        if operation.subject != subject:
            subject = operation.subject
            lines.append(f"\n# {subject}\n")
        lines.append(operation.text())
    lines.append(TAIL)
    lines += [f"\n# who listens (stand-ins are started by netsim only)\n{listening(plan)}"] if plan.listeners else []
    if plan.left_out:
        lines.append("\n# left out\n")
        lines += [f"# {line}\n" for line in plan.left_out]
    return "".join(lines)


def listening(plan: Plan) -> str:
    """The listeners as comments."""
    return "".join(f"# {known.site}: {known.address or '*'}:{known.port}/{known.protocol}\n" for known in plan.listeners)
