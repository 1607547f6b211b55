"""Who a container's process is: `--user` and `--group-add` looked up in the root's own /etc/passwd and /etc/group (`daemon/oci_linux.go` getUser)."""

from __future__ import annotations

from netsim.docker.engine.container import Container
from netsim.docker.errors import Refusal, failed
from netsim.docker.image import Image
from netsim.docker.settings import ContainerSpec
from netsim.machine.accounts import rows
from netsim.machine.jail import Jail
from netsim.machine.nodes import Directory, File
from netsim.machine.user import ROOT, User

MOST = (1 << 31) - 1


def _text(root: Directory, name: str) -> str:
    etc = root.entries.get("etc")
    node = etc.entries.get(name) if isinstance(etc, Directory) else None
    return node.read().decode("utf-8", "replace") if isinstance(node, File) else ""


def _number(word: str) -> int | None:
    """What strconv.Atoi takes for a number."""
    bare = word[1:] if word[:1] in ("+", "-") else word
    return int(word) if bare.isascii() and bare.isdigit() else None


def _in_range(number: int) -> int:
    if not 0 <= number <= MOST:
        raise failed("uids and gids must be in range 0-2147483647")
    return number


def resolved(root: Directory, wanted: str, groups: tuple[str, ...]) -> tuple[User, str]:
    """Numbers of `USER[:GROUP]`, and the user's home; refused for names that there are not."""
    name, _, group = wanted.partition(":")
    uid, gid, home = 0, 0, "/"
    own: list[int] = []
    number = _number(name) if name else 0
    found = next((one for one in rows(_text(root, "passwd")) if len(one) > 5 and (one[0] == name or one[2] == str(number))), None)
    if found is not None:
        uid, gid, home = int(found[2]), int(found[3]), found[5] or "/"
    elif number is None:
        raise failed(f"unable to find user {name}: no matching entries in passwd file")
    else:
        uid = _in_range(number)
    known = [one for one in rows(_text(root, "group")) if len(one) > 2 and one[2].isdigit()]
    if group:
        gid = _group(known, group, "unable to find group")
    elif found is not None:
        own = [int(one[2]) for one in known if found[0] in "".join(one[3:4]).split(",")]
    more = [_group(known, one, "Unable to find group") for one in groups]
    return User(uid, gid, tuple(dict.fromkeys((gid, *own, *more)))), home


def _group(known: list[list[str]], word: str, begin: str) -> int:
    number = _number(word)
    found = next((int(one[2]) for one in known if one[0] == word or (number is not None and one[2] == str(number))), None)
    if found is not None:
        return found
    if number is None:
        raise failed(f"{begin} {word}: no matching entries in group file")
    return _in_range(number)


def is_known(wanted: str, passwd: str) -> bool:
    """Whether a user can be told without a look into an image: by number, or in the lines of its /etc/passwd."""
    name = wanted.partition(":")[0]
    return _number(name) is not None or name in ("", "root") or any(one[0] == name for one in rows(passwd))


def of_container(root: Directory, container: Container, unmodelled: list[str]) -> tuple[User, str]:
    """Who its first process is. Where an image's own programs have made a user, which are not simulated, root stands in for it, and that is reported."""
    spec, image = container.spec, container.image
    groups, wanted = group_add(spec), spec.user or image.user
    if not (wanted or groups):
        return ROOT, ""
    try:
        return resolved(root, wanted, groups)
    except Refusal:
        if not has_users_of_its_own(image) or is_known(wanted, _text(root, "passwd")):
            raise
        unmodelled.append(f"docker: user {wanted} of image {image.name} (root stands in)")
        return ROOT, ""


def has_users_of_its_own(image: Image) -> bool:
    """Whether an image may have users that nothing here tells of: none of those that are no more than a distribution, nor one with its own /etc/passwd."""
    return image.name.partition(":")[0] not in BARE and "/etc/passwd" not in image.files


BARE = ("busybox", "alpine", "debian")


def group_add(spec: ContainerSpec) -> tuple[str, ...]:
    """What `--group-add` says."""
    groups = spec.host.reported.get("GroupAdd")
    return tuple(groups) if isinstance(groups, (list, tuple)) else ()


def needed(user: User, jail: Jail) -> User | None:
    """Who a process has to be told to be: nobody in particular where it is root who may pass everywhere."""
    plain = not user.uid and not user.gid and user.groups in ((), (0,))
    return None if plain and jail.allows("DAC_OVERRIDE") else user
