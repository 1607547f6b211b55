"""/proc/net/fib_trie: the routes in the kernel's level-compressed trie (`fib_trie.c`).

netsim looks routes up without a trie, so it is grown anew, from the routes there are, for each reading. The kernel's trie remembers:
a node widened for a route stays wide when the route goes, and the order of insertion can matter, too. So after deletions, even in
small tables, and in tables of a dozen and more prefixes, how many bits a node takes may differ; leaves and their routes do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4
from netsim.kernel.tables.fib import RT_TABLE_LOCAL, RT_TABLE_MAIN, Route

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

KEY_LENGTH = 32
INFLATE, INFLATE_ROOT, HALVE, HALVE_ROOT = 50, 30, 25, 15
MOST_STEPS = 10
SCOPES = {0: "universe", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
TYPES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE",
)  # fmt: skip


@attrs.define(eq=False)
class Leaf:
    """All routes to one address, longest prefix first."""

    key: int
    routes: list[Route] = attrs.field(factory=list)
    parent: Node | None = None


@attrs.define(eq=False)
class Node:
    """An inner node: `bits` bits of the key from `pos` upwards choose the child (`struct key_vector`)."""

    key: int
    pos: int
    bits: int
    children: list[Node | Leaf | None]
    parent: Node | None = None

    @property
    def is_trie(self) -> bool:
        """Whether it is the trie itself, above the root."""
        return self.pos == KEY_LENGTH

    def index(self, key: int) -> int:
        """Which child a key belongs to."""
        return 0 if self.is_trie else key >> self.pos & (1 << self.bits) - 1

    def put(self, place: int, child: Node | Leaf | None) -> None:
        """Hang a child."""
        self.children[place] = child
        if child is not None:
            child.parent = self

    def used(self) -> int:
        """How many children there are."""
        return sum(child is not None for child in self.children)

    def full(self) -> int:
        """How many children are nodes that skip no bits."""
        return sum(_is_full(self, child) for child in self.children)


def _is_full(node: Node, child: Node | Leaf | None) -> bool:
    return isinstance(child, Node) and child.pos + child.bits == node.pos


def _new(key: int, pos: int, bits: int) -> Node:
    shift = pos + bits
    return Node(key >> shift << shift if shift < KEY_LENGTH else 0, pos, bits, [None] * (1 << bits))


def _parent(node: Node | Leaf) -> Node:
    assert node.parent is not None
    return node.parent


def _inflate(old: Node) -> Node:
    """Take one more bit (`inflate`)."""
    node = _new(old.key, old.pos - 1, old.bits + 1)
    for place, child in enumerate(old.children):
        if child is None:
            continue
        if not _is_full(old, child):
            node.put(node.index(child.key), child)
        elif isinstance(child, Node) and child.bits == 1:
            node.put(2 * place, child.children[0])
            node.put(2 * place + 1, child.children[1])
        elif isinstance(child, Node):
            half = len(child.children) // 2
            for number in (0, 1):
                part = _new(child.key | number << node.pos, child.pos, child.bits - 1)
                for at in range(half):
                    part.put(at, child.children[number * half + at])
                node.put(2 * place + number, part)
    return _replace(old, node)


def _halve(old: Node) -> Node:
    """Take one bit less (`halve`)."""
    node = _new(old.key, old.pos + 1, old.bits - 1)
    for place in range(0, len(old.children), 2):
        low, high = old.children[place], old.children[place + 1]
        if low is None or high is None:
            node.put(place // 2, low if low is not None else high)
            continue
        pair = _new(low.key, old.pos, 1)
        pair.put(0, low)
        pair.put(1, high)
        node.put(place // 2, pair)
    return _replace(old, node)


def _replace(old: Node, node: Node) -> Node:
    parent = _parent(old)
    parent.put(parent.index(node.key), node)
    for place in reversed(range(len(node.children))):
        child = node.children[place]
        if isinstance(child, Node) and _is_full(node, child):
            _resize(child)
    return parent


def _should_inflate(parent: Node, node: Node) -> bool:
    used = node.used() + node.full()
    threshold = len(node.children) * (INFLATE_ROOT if parent.is_trie else INFLATE)
    return used > 1 and node.pos > 0 and 50 * used >= threshold


def _should_halve(parent: Node, node: Node) -> bool:
    used = node.used()
    threshold = len(node.children) * (HALVE_ROOT if parent.is_trie else HALVE)
    return used > 1 and node.bits > 1 and 100 * used < threshold


def _resize(node: Node) -> Node:
    """Double, halve or drop a node as its filling wants it; gives back its parent (`resize`)."""
    parent, place, steps = _parent(node), _parent(node).index(node.key), MOST_STEPS
    while steps and _should_inflate(parent, node):
        parent, steps = _inflate(node), steps - 1
        child = parent.children[place]
        assert isinstance(child, Node)
        node = child
    if steps != MOST_STEPS:
        return parent
    while steps and _should_halve(parent, node):
        parent, steps = _halve(node), steps - 1
        child = parent.children[place]
        assert isinstance(child, Node)
        node = child
    if node.used() < 2:
        parent.put(place, next((child for child in node.children if child is not None), None))
    return parent


def _insert(trie: Node, leaf: Leaf) -> None:
    """Hang a leaf where it belongs and balance what is above (`fib_insert_node`)."""
    parent, child = trie, trie.children[0]
    while isinstance(child, Node) and (leaf.key ^ child.key) >> child.pos + child.bits == 0:
        parent, child = child, child.children[child.index(leaf.key)]
    if child is not None:
        fork = _new(leaf.key, (leaf.key ^ child.key).bit_length() - 1, 1)
        parent.put(parent.index(leaf.key), fork)
        fork.put(fork.index(leaf.key) ^ 1, child)
        parent = fork
    parent.put(parent.index(leaf.key), leaf)
    while not parent.is_trie:
        parent = _resize(parent)


def _grown(routes: list[Route]) -> Node:
    trie = Node(0, KEY_LENGTH, 0, [None])
    leaves: dict[int, Leaf] = {}
    for route in routes:
        leaves.setdefault(int(route.dst), Leaf(int(route.dst))).routes.append(route)
    for key in sorted(leaves, reverse=True):
        leaves[key].routes.sort(key=_length, reverse=True)
        _insert(trie, leaves[key])
    return trie


def _length(route: Route) -> int:
    return route.length


def _printed(node: Node | Leaf | None, depth: int) -> str:
    if isinstance(node, Leaf):
        text = f"{'   ' * depth}  |-- {IPv4(node.key)}\n"
        for route in node.routes:
            tos = f" tos={route.tos}" if route.tos else ""
            text += f"{'   ' * (depth + 1)}  /{route.length} {SCOPES.get(route.scope, f'scope={route.scope}')} {TYPES[route.type]}{tos}\n"
        return text
    if node is None:
        return ""
    head = f"{'   ' * depth}  +-- {IPv4(node.key)}/{KEY_LENGTH - node.pos - node.bits} {node.bits} {node.full()} {len(node.children) - node.used()}\n"
    return head + "".join(_printed(child, depth + 1) for child in node.children)


def fib_trie(netns: Netns) -> str:
    """/proc/net/fib_trie: local and main are one trie while there are no rules but the first three (`fib_trie_seq_show`)."""
    tables = netns.inet.fib.tables
    text = ""
    for number in sorted(tables | {RT_TABLE_MAIN: None} if RT_TABLE_LOCAL in tables else tables):
        shared = (RT_TABLE_MAIN, RT_TABLE_LOCAL) if number in (RT_TABLE_MAIN, RT_TABLE_LOCAL) and not netns.inet.fib.has_custom_rules else (number,)
        routes = [route for one in shared if one in tables for route in tables[one].routes()]
        title = {RT_TABLE_LOCAL: "Local", RT_TABLE_MAIN: "Main"}.get(number, f"Id {number}")
        text += f"{title}:\n{_printed(_grown(routes).children[0], 0)}" if routes else ""
    return text
