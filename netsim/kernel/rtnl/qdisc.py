"""RTM_NEWQDISC and RTM_DELQDISC: disciplines are made, changed, put into their place and taken out (`net/sched/sch_api.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import EEXIST, EINVAL, ELOOP, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.core.device_life import activate
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.sched.ingress import WATCHED
from netsim.kernel.sched.qdisc import MAJOR, MINOR, TC_H_INGRESS, TC_H_ROOT, Qdisc, QdiscKind, descendants, qdisc_lookup

FIRST_AUTOHANDLE, LAST_AUTOHANDLE, STEP = 0x80000000, 0xFFFF0000, 0x10000


@attrs.frozen
class QdiscRequest:
    """A message about a discipline: `parent` TC_H_ROOT, a class or 0 for none said; `kind` "" for none said; `options` the kind's own."""

    parent: int = 0
    handle: int = 0
    kind: str = ""
    options: Any = None


def modify(dev: NetDevice, request: QdiscRequest, flags: int) -> None:
    """Make or change a discipline as the flags allow (`tc_modify_qdisc`); NetError with the kernel's sentences."""
    dev.netns.kernel.require_admin()
    parent, found = _parent_of(dev, request), _present(dev, request)
    if request.parent:
        if found is None or not request.handle or found.handle != request.handle:
            if request.handle:
                found = _named(dev, request, flags, found, parent)
                if found is not None:
                    _graft(dev, parent, request.parent, found)
                    return
                _create(dev, request, parent, flags)
                return
            if found is None or _asks_for_another(request, flags, found):
                _create(dev, request, parent, flags | (NLM_F_CREATE if found is not None and not flags else 0))
                return
    if found is None:
        raise NetError(ENOENT, "Specified qdisc not found")
    if flags & NLM_F_EXCL:
        raise NetError(EEXIST, "Exclusivity flag on, cannot modify")
    if request.kind and request.kind != found.kind:
        raise _wrong_kind(dev)
    if request.options is not None:
        found.change(request.options)


def _parent_of(dev: NetDevice, request: QdiscRequest) -> Qdisc | None:
    """The discipline whose class is meant; ENOENT."""
    if request.parent in (0, TC_H_ROOT, TC_H_INGRESS):
        return None
    parent = qdisc_lookup(dev, request.parent & MAJOR)
    if parent is None:
        raise NetError(ENOENT, "Failed to find specified qdisc")
    return parent


def _present(dev: NetDevice, request: QdiscRequest) -> Qdisc | None:
    """What is in that place; a default discipline counts as nothing."""
    if not request.parent:
        if not request.handle:
            raise NetError(EINVAL, "Handle cannot be zero")
        return qdisc_lookup(dev, request.handle)
    found = at(dev, request.parent)
    return found if found is not None and found.handle else None


def at(dev: NetDevice, place: int) -> Qdisc | None:
    """The discipline at the root or in a class, default ones too (`qdisc_leaf`); EOPNOTSUPP, ENOENT."""
    if place == TC_H_ROOT:
        root: Qdisc | None = dev.root_qdisc
        return root
    if place == TC_H_INGRESS:
        ingress: Qdisc | None = dev.ingress_queue
        return ingress
    parent = qdisc_lookup(dev, place & MAJOR)
    if parent is None:
        return None
    if not parent.is_classful:
        raise NetError(EOPNOTSUPP, "Parent qdisc is not classful")
    number = parent.find(place)
    if not number:
        raise NetError(ENOENT, "Specified class not found")
    return parent.leaf(number)


def _named(dev: NetDevice, request: QdiscRequest, flags: int, found: Qdisc | None, parent: Qdisc | None) -> Qdisc | None:
    """The discipline that has the handle asked for, to be put into its place again; None when one is to be made."""
    if found is not None and not flags & NLM_F_REPLACE:
        raise NetError(EEXIST, "NLM_F_REPLACE needed to override")
    if request.handle & MINOR:
        raise NetError(EINVAL, "Invalid minor handle")
    known = qdisc_lookup(dev, request.handle)
    if known is None:
        return None
    if known.parent != request.parent:
        raise NetError(EINVAL, "Cannot move an existing qdisc to a different parent")
    if flags & NLM_F_EXCL:
        raise NetError(EEXIST, "Exclusivity flag on, cannot override")
    if request.kind and request.kind != known.kind:
        raise _wrong_kind(dev)
    if known is parent or (parent is not None and parent in descendants(known)):
        raise NetError(ELOOP, "Qdisc parent/child loop detected")
    return known


def _wrong_kind(dev: NetDevice) -> NetError:
    """Another kind than the one that is there, as each release words it."""
    return NetError(EINVAL, "Invalid qdisc name" + (": must match existing qdisc" if dev.netns.kernel.profile.extended_acks >= 618 else ""))


def _asks_for_another(request: QdiscRequest, flags: int, found: Qdisc) -> bool:
    """Whether a kind that differs from the one in place asks for a new discipline: replacing, adding, and (a hole in the API) changing do."""
    if not request.kind or request.kind == found.kind:
        return False
    if flags & NLM_F_CREATE and flags & (NLM_F_REPLACE | NLM_F_EXCL):
        return True
    return not flags & (NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL)


def _create(dev: NetDevice, request: QdiscRequest, parent: Qdisc | None, flags: int) -> None:
    if not flags & NLM_F_CREATE:
        raise NetError(ENOENT, "Qdisc not found. To create specify NLM_F_CREATE flag")
    kernel = dev.netns.kernel
    kind: QdiscKind | None = kernel.qdisc_kinds.get(request.kind)
    if kind is None or (kind.module and kind.module not in kernel.profile.modules):
        raise NetError(ENOENT, "Specified qdisc kind is unknown")
    if (request.parent == TC_H_INGRESS) != (request.kind in ("ingress", "clsact")):
        raise NetError(EINVAL, "Specified parent ID is reserved for ingress and clsact Qdiscs" if request.parent == TC_H_INGRESS else "")
    handle = request.handle or _free_handle(dev)
    made = kind.create(dev, handle, request.parent, request.options)
    if parent is not None and made.kind == "noqueue":
        raise NetError(EINVAL, "Cannot assign noqueue to a class")
    _graft(dev, parent, request.parent, made)


def _free_handle(dev: NetDevice) -> int:
    """The next handle of the machine that the device does not use (`qdisc_alloc_handle`)."""
    kernel: Kernel = dev.netns.kernel
    while True:
        kernel.autohandle += STEP
        if kernel.autohandle == LAST_AUTOHANDLE:
            kernel.autohandle = FIRST_AUTOHANDLE + STEP
        if qdisc_lookup(dev, kernel.autohandle) is None:
            return kernel.autohandle


def _graft(dev: NetDevice, parent: Qdisc | None, place: int, new: Qdisc | None) -> None:
    """Put a discipline, or none, into a place (`qdisc_graft`)."""
    if place == TC_H_INGRESS:
        dev.stir()
        dev.ingress_queue, dev.had_ingress_queue = new, True
        dev.taps = (*[tap for tap in dev.taps if tap is not WATCHED], *([WATCHED] if new is not None else []))
        return
    if parent is None:
        old: Qdisc | None = dev.root_qdisc
        if old is not None and old is not new:
            old.reset()
        dev.stir()
        dev.root_qdisc, dev.qdisc = new, new.kind if new is not None else "noop"
        if dev.flags & IFF_UP:
            activate(dev)
        return
    gone = parent.graft(parent.find(place), new)
    if gone is not None and gone is not new:
        _forget(dev, parent, gone)


def _forget(dev: NetDevice, parent: Qdisc, gone: Qdisc) -> None:
    """What lay in a discipline taken out is missing in all above it (`qdisc_tree_reduce_backlog`)."""
    above: Qdisc | None = parent
    while above is not None:
        above.backlog -= gone.backlog
        above.qlen -= gone.qlen
        above = None if above.parent == TC_H_ROOT else qdisc_lookup(dev, above.parent & MAJOR)
    gone.reset()


def delete(dev: NetDevice, request: QdiscRequest) -> None:
    """Take a discipline out; the default one comes in its place (`tc_get_qdisc`); NetError with the kernel's sentences."""
    dev.netns.kernel.require_admin()
    parent = None
    if request.parent:
        if request.parent not in (TC_H_ROOT, TC_H_INGRESS):
            parent = qdisc_lookup(dev, request.parent & MAJOR)
            if parent is None:
                raise NetError(ENOENT, "Failed to find qdisc with specified classid")
        found = at(dev, request.parent)
        if found is None and request.parent != TC_H_ROOT and not dev.had_ingress_queue:
            raise NetError(ENOENT, "Cannot find specified qdisc on specified device")
        if request.handle and (found is None or found.handle != request.handle):
            raise NetError(EINVAL, "Invalid handle")
    else:
        found = qdisc_lookup(dev, request.handle)
        if found is None:
            raise NetError(ENOENT, "Failed to find qdisc with specified handle")
    if request.kind and request.kind != (found.kind if found is not None else dev.qdisc):
        raise _wrong_kind(dev)
    if not request.parent:
        raise NetError(EINVAL, "Classid cannot be zero")
    if found is None or not found.handle:
        raise NetError(ENOENT, "Cannot delete qdisc with handle of zero")
    _graft(dev, parent, request.parent, None)
