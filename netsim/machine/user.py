"""Who a process is (credentials(7)), and what it may do with files (`fs/namei.c` generic_permission)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.errors import EACCES, EPERM, EROFS, NetError

if TYPE_CHECKING:
    from netsim.machine.nodes import Node
    from netsim.machine.process import Process

READ, WRITE, SEARCH = 4, 2, 1
STICKY = 0o1000


@attrs.frozen
class User:
    """Numbers of a user, its group and the groups it is in besides."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()


ROOT = User(groups=(0,))


def user_of(process: Process | None) -> User:
    """Who a process is; root, unless told otherwise."""
    return ROOT if process is None or process.user is None else process.user


def may(process: Process, node: Node, bits: int) -> bool:
    """Whether a process may read, write or search (a sum of them): by the bits of the first class that fits, or CAP_DAC_OVERRIDE."""
    user = user_of(process)
    if user.uid == node.uid:
        mode = node.mode >> 6
    elif node.gid == user.gid or node.gid in user.groups:
        mode = node.mode >> 3
    else:
        mode = node.mode
    return mode & bits == bits or process.capable("DAC_OVERRIDE")


def demand(process: Process, node: Node, bits: int) -> None:
    """EROFS where nothing can be written, EACCES where the process may not."""
    if bits & WRITE and node.is_read_only:
        raise NetError(EROFS)
    if not may(process, node, bits):
        raise NetError(EACCES)


def demand_entry(process: Process, directory: Node, node: Node | None = None) -> None:
    """Make an entry in a directory, or take away one that is there: in a sticky one only its owner's (`may_delete`); EROFS, EACCES, EPERM."""
    demand(process, directory, WRITE | SEARCH)
    uid = user_of(process).uid
    if node is not None and directory.mode & STICKY and uid not in (node.uid, directory.uid) and not process.capable("FOWNER"):
        raise NetError(EPERM)


def demand_ownership(process: Process | None, node: Node) -> None:
    """Change what only the owner may (`inode_owner_or_capable`); EROFS, EPERM."""
    if node.is_read_only:
        raise NetError(EROFS)
    if process is not None and user_of(process).uid != node.uid and not process.capable("FOWNER"):
        raise NetError(EPERM)


def owned(process: Process | None, node: Node) -> Node:
    """A new node, which belongs to whoever made it."""
    if process is not None and process.user is not None:
        node.uid, node.gid = process.user.uid, process.user.gid
    return node
