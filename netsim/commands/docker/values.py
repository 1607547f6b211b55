"""What the values of options have to be (docker/cli `opts`): each check gives the value as it is kept, or a ValueError in the command's words."""

from __future__ import annotations

import re
from fractions import Fraction

from netsim.addr import IPv4, IPv6

SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?", re.ASCII | re.IGNORECASE)
FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
DOMAIN = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*\.?\s*")
DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
ULIMITS = (
    "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
)  # fmt: skip
SYSCTLS = (
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
)  # fmt: skip


def is_address(text: str) -> bool:
    """Whether Go's net.ParseIP takes it: no zone, no length."""
    try:
        (IPv6 if ":" in text else IPv4).parse(text)
    except ValueError:
        return False
    return "%" not in text


def address(text: str) -> str:
    """An address, as --dns takes it (28)."""
    if not is_address(text.strip()):
        raise ValueError(f"IP address is not correctly formatted: {text.strip()}")
    return text.strip()


def address_20_10(text: str) -> str:
    """The same in the words of 20.10."""
    if not is_address(text.strip()):
        raise ValueError(f"{text} is not an ip address")
    return text.strip()


def search_domain(text: str) -> str:
    """A domain to search, or "." for none at all."""
    bare = text.strip()
    if bare == ".":
        return bare
    if not re.search("[a-zA-Z]", bare) or DOMAIN.fullmatch(bare) is None or len(bare) > 255:
        raise ValueError(f"{text} is not a valid domain")
    return bare


def extra_host(text: str) -> str:
    """HOST:ADDRESS or HOST=ADDRESS, where the address may be `host-gateway` and an IPv6 one stand in brackets."""
    equals, colon = text.find("="), text.find(":")
    at = equals if equals >= 0 else colon
    if at <= 0:
        raise ValueError(f'bad format for add-host: "{text}"')
    name, value = text[:at], text[at + 1 :]
    if value == "host-gateway":
        return f"{name}:{value}"
    if value.startswith("[") and value.endswith("]"):
        value = value[1:-1]
    if not is_address(value):
        raise ValueError(f'invalid IP address in add-host: "{value}"')
    return f"{name}:{value}"


def link(text: str) -> str:
    """CONTAINER or CONTAINER:ALIAS."""
    if not text:
        raise ValueError("empty string specified for links")
    if text.count(":") > 1:
        raise ValueError(f"bad format for links: {text}")
    return text


def label(text: str) -> str:
    """KEY or KEY=VALUE."""
    if not text.partition("=")[0].strip():
        raise ValueError(f"invalid label '{text}': empty name")
    return text


def variable(text: str) -> str:
    """NAME or NAME=VALUE of the environment."""
    if not text.partition("=")[0]:
        raise ValueError(f"invalid environment variable: {text}")
    return text


def sysctl(text: str) -> str:
    """A setting of a namespace of its own: net.*, fs.mqueue.* and a few of kernel.*."""
    return _sysctl(text, "allowed")


def sysctl_20_10(text: str) -> str:
    """The same in the words of 20.10."""
    return _sysctl(text, "whitelisted")


def _sysctl(text: str, word: str) -> str:
    name, equals, _ = text.partition("=")
    if not equals or not (name in SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        raise ValueError(f"sysctl '{text}' is not {word}")
    return text


def stream(text: str) -> str:
    """A stream to attach."""
    if text.lower() not in ("stdin", "stdout", "stderr"):
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return text.lower()


def size(text: str) -> str:
    """A number of bytes, with k, m, g, t or p behind it."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"invalid size: '{text}'")
    return str(int(Fraction(found[1]) * FACTORS[found[2].lower()]))


def swap(text: str) -> str:
    """The same, or -1 for as much as there is."""
    return text if text == "-1" else size(text)


def cpus(text: str) -> str:
    """A number of processors in billionths."""
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"failed to parse {text} as a rational number") from None
    if (number * 10**9).denominator != 1:
        raise ValueError("value is too precise")
    return str(int(number * 10**9))


def small(text: str) -> str:
    """A number of 16 bits."""
    return _unsigned(text, 16)


def unsigned(text: str) -> str:
    """A number of 64 bits."""
    return _unsigned(text, 64)


def _unsigned(text: str, bits: int) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) >= 1 << bits:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return text


def duration(text: str) -> str:
    """A span of time in ns."""
    return str(span(text))


def span(text: str) -> int:
    """A span of time as Go writes it (`1h30m`, `2.5s`), in ns; ValueError."""
    if DURATION.fullmatch(text) is None:
        if re.fullmatch(r"[+-]?\d+(?:\.\d*)?", text, re.ASCII):
            raise ValueError(f'time: missing unit in duration "{text}"')
        raise ValueError(f'time: invalid duration "{text}"')
    total = sum(Fraction("0" + number if number[0] == "." else number.rstrip(".")) * UNITS[unit] for number, unit in DURATION_PART.findall(text))
    return int(-total if text[0] == "-" else total)


def ulimit(text: str) -> str:
    """TYPE=SOFT[:HARD]."""
    read_ulimit(text)
    return text


def read_ulimit(text: str) -> dict[str, object]:
    """A limit as the API has it (go-units `ParseUlimit`); ValueError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"invalid ulimit argument: {text}")
    if name not in ULIMITS:
        raise ValueError(f"invalid ulimit type: {name}")
    parts = value.split(":")
    if len(parts) > 2:
        raise ValueError(f"too many limit value arguments - {value}, can only have up to two, `soft[:hard]`")
    numbers = []
    for part in parts:
        if re.fullmatch(r"[-+]?\d+", part, re.A) is None:
            raise ValueError(f'strconv.ParseInt: parsing "{part}": invalid syntax')
        numbers.append(int(part))
    soft, hard = numbers[0], numbers[-1]
    if len(numbers) == 2 and hard != -1 and (soft == -1 or soft > hard):
        what = f"{soft} > {hard}" if soft != -1 else f"soft: -1 (unlimited), hard: {hard}"
        raise ValueError(f"ulimit soft limit must be less than or equal to hard limit: {what}")
    return {"Name": name, "Hard": hard, "Soft": soft}


def device_value(text: str) -> str:
    """PATH:VALUE of a block device."""
    path, colon, value = text.partition(":")
    if not colon or not value:
        raise ValueError(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise ValueError(f"bad format for device path: {text}")
    return text


SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "windows",
        "zos",
    ]
)
PROCESSORS = frozenset(
    [
        "386", "aarch64", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "armel", "armhf", "i386", "loong64", "mips", "mips64", "mips64le", "mips64p32",
        "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm", "x86-64", "x86_64",
    ]
)  # fmt: skip


def platform_problem(text: str) -> str:
    """What is wrong with a platform's name (`platforms.Parse` of containerd)."""
    if not text:
        return ""
    begin = "error parsing specified platform"
    for part in text.split("/"):
        if re.fullmatch(r"[A-Za-z0-9_-]+", part, re.ASCII) is None:
            rule = 'platform specifier component must match "^[A-Za-z0-9_-]+$"'
            return f'{begin}: "{part}" is an invalid component of "{text}": {rule}: invalid argument'
    if "/" not in text and text.lower() not in SYSTEMS | PROCESSORS:
        return f'{begin}: "{text}": unknown operating system or architecture: invalid argument'
    return f'{begin}: "{text}": cannot parse platform specifier: invalid argument' if text.count("/") > 2 else ""


def mount(text: str) -> str:
    """Fields of a mount: KEY=VALUE,..., with a target."""
    names: list[str] = []
    for field in text.split(","):
        name, equals, _ = field.partition("=")
        if not equals and name not in ("readonly", "ro", "volume-nocopy", "bind-nonrecursive"):
            raise ValueError(f"invalid field '{field}' must be a key=value pair")
        names.append(name.strip().lower())
    if not {"target", "dst", "destination"} & set(names):
        raise ValueError("target is required")
    return text


def name_and_value(text: str) -> str:
    """A filter: NAME=VALUE; nothing at all is no filter."""
    if text and "=" not in text:
        raise ValueError("bad format of filter (expected name=value)")
    return text
