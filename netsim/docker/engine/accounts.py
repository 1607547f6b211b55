"""The users and groups that images have: Debian's, Alpine's, and root alone."""

from __future__ import annotations

from collections.abc import Mapping

from netsim.docker.image import Image

DEBIAN = """root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
games:x:5:60:games:/usr/games:/usr/sbin/nologin
man:x:6:12:man:/var/cache/man:/usr/sbin/nologin
lp:x:7:7:lp:/var/spool/lpd:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
news:x:9:9:news:/var/spool/news:/usr/sbin/nologin
uucp:x:10:10:uucp:/var/spool/uucp:/usr/sbin/nologin
proxy:x:13:13:proxy:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
backup:x:34:34:backup:/var/backups:/usr/sbin/nologin
list:x:38:38:Mailing List Manager:/var/list:/usr/sbin/nologin
irc:x:39:39:ircd:/run/ircd:/usr/sbin/nologin
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
DEBIAN_GROUPS = (
    "root 0 daemon 1 bin 2 sys 3 adm 4 tty 5 disk 6 lp 7 mail 8 news 9 uucp 10 man 12 proxy 13 kmem 15 dialout 20 fax 21 voice 22 cdrom 24 floppy 25 tape 26 "
    "sudo 27 audio 29 dip 30 www-data 33 backup 34 operator 37 list 38 irc 39 src 40 shadow 42 utmp 43 video 44 sasl 45 plugdev 46 staff 50 games 60 users 100 "
    "nogroup 65534"
)
BUSYBOX = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
BUSYBOX_GROUPS = "root 0 daemon 1 bin 2 sys 3 adm 4 tty 5 mail 8 www-data 33 operator 37 users 100 nobody 65534"


def _groups(text: str) -> bytes:
    words = text.split()
    return "".join(f"{name}:x:{number}:\n" for name, number in zip(words[::2], words[1::2], strict=True)).encode()


OF_DEBIAN = {"passwd": DEBIAN.encode(), "group": _groups(DEBIAN_GROUPS)}
OF_ALPINE = {"passwd": BUSYBOX.encode(), "group": _groups(BUSYBOX_GROUPS)}
BARE = {"passwd": b"root:x:0:0:root:/root:/bin/sh\n", "group": b"root:x:0:\n"}
"""Of images that were put together from programs alone, as those that the real daemon was asked with."""
BY_NAME = {"alpine": OF_ALPINE, "ubuntu": BARE}


def accounts_of(image: Image) -> Mapping[str, bytes]:
    """Files of /etc that tell of users and groups."""
    return BY_NAME.get(image.name.partition(":")[0]) or (OF_DEBIAN if image.dialect == "debian" else BARE)
