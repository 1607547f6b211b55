"""RTM_NEWTCLASS and RTM_DELTCLASS: classes of disciplines that have them made (`net/sched/sch_api.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.sched.htb import Htb
from netsim.kernel.sched.qdisc import MAJOR, MINOR, TC_H_ROOT, Qdisc, qdisc_lookup


@attrs.frozen
class ClassRequest:
    """A message about a class: `parent` TC_H_ROOT, a class or 0; its own number or 0; `options` as the discipline takes them."""

    parent: int = 0
    classid: int = 0
    options: Any = None


def _discipline(dev: NetDevice, request: ClassRequest) -> tuple[Qdisc, int, int]:
    """The discipline meant, and parent and class with its number filled in (`tc_ctl_tclass`)."""
    dev.netns.kernel.require_admin()
    major = request.classid & MAJOR
    if request.parent != TC_H_ROOT:
        above = request.parent & MAJOR
        if major and above and major != above:
            raise NetError(EINVAL)
        major = major or above
    if not major and dev.root_qdisc is not None:
        major = dev.root_qdisc.handle
    qdisc = qdisc_lookup(dev, major)
    if qdisc is None:
        raise NetError(ENOENT)
    if not qdisc.is_classful:
        raise NetError(EINVAL)
    parent = request.parent if request.parent in (0, TC_H_ROOT) else major | request.parent & MINOR
    classid = major | request.classid & MINOR if request.classid else major if request.parent == TC_H_ROOT else 0
    return qdisc, parent, classid


def newclass(dev: NetDevice, request: ClassRequest, flags: int) -> str:
    """Make or change a class; a warning of the kernel or "". EEXIST, ENOENT, EINVAL, EOPNOTSUPP."""
    qdisc, parent, classid = _discipline(dev, request)
    if not (classid and qdisc.find(classid)):
        if not flags & NLM_F_CREATE:
            raise NetError(ENOENT)
    elif flags & NLM_F_EXCL:
        raise NetError(EEXIST)
    if not isinstance(qdisc, Htb):
        raise NetError(EOPNOTSUPP)
    if request.options is None:
        raise NetError(EINVAL)
    return qdisc.change_class(classid, parent, request.options)


def delclass(dev: NetDevice, request: ClassRequest) -> None:
    """Take a class away; ENOENT, EBUSY, EOPNOTSUPP."""
    qdisc, _, classid = _discipline(dev, request)
    number = qdisc.find(classid) if classid else 0
    if not number:
        raise NetError(ENOENT)
    if not isinstance(qdisc, Htb):
        raise NetError(EOPNOTSUPP)
    qdisc.delete_class(number)
