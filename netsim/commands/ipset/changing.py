"""`ipset add`, `del` and `test`: elements of sets, and sets in lists."""

from __future__ import annotations

import attrs

from netsim.clock import SECOND
from netsim.commands.ipset.session import Session
from netsim.commands.ipset.words import OUT_OF_RANGE, Stop, elements, number, options, text_of
from netsim.kernel.tables.ipset import BITMAP_IP, BITMAP_PORT, LIST_SET, Entry, IpSet, Key

ENTRY_VALUES = ("timeout", "comment", "packets", "bytes", "skbmark", "skbprio", "skbqueue")
SUPPORTS = {"timeout": "Timeout", "comment": "Comment", "packets": "Counters", "bytes": "Counters"}
PLACES = ("before", "after")
NO_ELEMENT = "Set to be added/deleted/tested as element does not exist."
NO_REFERRED = "The set to which you referred with 'before' or 'after' does not exist."
NOT_REFERRED = "The set to which you referred with 'before' or 'after' is not added to the set."


def _given(known: IpSet, words: list[str]) -> dict[str, str]:
    return options(words, (*ENTRY_VALUES, *PLACES) if known.kind == LIST_SET else ENTRY_VALUES, ("nomatch",) if "net" in known.parts else ())


def _entry(session: Session, known: IpSet, given: dict[str, str]) -> Entry:
    has = {"timeout": known.timeout is not None, "comment": known.has_comments, "packets": known.has_counters, "bytes": known.has_counters}
    for option in given:
        if option.startswith("skb"):
            raise Stop(f"option '{option}' is not modelled by netsim")
        if not has.get(option, True):
            raise Stop(f"{SUPPORTS[option]} cannot be used: set was created without {SUPPORTS[option].lower().removesuffix('s')} support")
    if '"' in given.get("comment", ""):
        raise Stop('Syntax error: " character is not permitted in comments')
    seconds = number(given["timeout"], 2147483) if "timeout" in given else known.timeout or 0
    expires = session.now + seconds * SECOND if seconds else 0
    return Entry(expires, number(given.get("packets", "0")), number(given.get("bytes", "0")), given.get("comment", ""), "nomatch" in given)


def add(session: Session, words: list[str]) -> None:
    """An element, or every one of a range."""
    known = session.named(words[0])
    given = _given(known, words[2:])
    entry = _entry(session, known, given)
    if known.kind == LIST_SET:
        _add_set(session, known, words[1], entry, given)
        return
    is_hash = known.kind not in (BITMAP_IP, BITMAP_PORT)
    for key in elements(words[1], known, session.hosts):
        old = known.entries.get(key)
        if old is not None and "exist" not in session.flags:
            raise Stop("Element cannot be added to the set: it's already added")
        if old is None and is_hash and len(known.entries) >= known.maxelem:
            raise Stop("Hash is full, cannot add more elements")
        known.put(key, attrs.evolve(entry))


def _add_set(session: Session, known: IpSet, name: str, entry: Entry, given: dict[str, str]) -> None:
    key = _member(session, name)
    where, beside = _beside(session, given)
    if key in known.entries and "exist" not in session.flags:
        raise Stop("Element cannot be added to the set: it's already added")
    if not where:
        known.put(key, entry)
        return
    if beside not in known.entries:
        raise Stop(NOT_REFERRED)
    known.drop(key)
    order = list(known.entries.items())
    place = list(known.entries).index(beside) + (where == "after")
    order.insert(place, (key, entry))
    known.clear()
    for member, told in order:
        known.put(member, told)


def _member(session: Session, name: str) -> Key:
    member = session.sets.get(name)
    if member is None:
        raise Stop(NO_ELEMENT)
    if member.kind == LIST_SET:
        raise Stop("Sets with list:set type cannot be added to the set.")
    return name, 0


def _beside(session: Session, given: dict[str, str]) -> tuple[str, Key]:
    """`before` or `after` and which set; neither: two empty words."""
    where = next((word for word in PLACES if word in given), "")
    name = given.get(where, "")
    if where and name not in session.sets:
        raise Stop(NO_REFERRED)
    return where, (name, 0)


def delete(session: Session, words: list[str]) -> None:
    """An element, or every one of a range."""
    known = session.named(words[0])
    given = _given(known, words[2:])
    if known.kind == LIST_SET:
        key = _member(session, words[1])
        where, beside = _beside(session, given)
        if key in known.entries and not _is_placed(known, key, where, beside):
            raise Stop(NOT_REFERRED)
    for key in elements(words[1], known, session.hosts):
        if not known.drop(key) and "exist" not in session.flags:
            raise Stop("Element cannot be deleted from the set: it's not added")


def _is_placed(known: IpSet, key: Key, where: str, beside: Key) -> bool:
    order = list(known.entries)
    place = order.index(key) + (1 if where == "before" else -1)
    return not where or (0 <= place < len(order) and order[place] == beside)


def test(session: Session, words: list[str]) -> None:
    """Whether an element is there, or a network that an address is in."""
    known = session.named(words[0])
    given = _given(known, words[2:])
    where = next((word for word in PLACES if word in given), "")
    try:
        key = next(iter(elements(words[1], known, session.hosts)))
        told = next(iter(elements(words[1], attrs.evolve(known, netmask=0), session.hosts)))
    except Stop as stop:
        if stop.message != OUT_OF_RANGE:
            raise
        found, text = False, words[1]
    else:
        found, text = _is_there(session, known, key), text_of(told, known)
        if where:
            found = found and _is_placed(known, key, where, (given[where], 0))
            text += f" after {given[where]}"  # whichever was asked for
    if not found:
        raise Stop(f"{text} is NOT in set {words[0]}.")
    if "quiet" not in session.flags:
        session.err += f"Warning: {text} is in set {words[0]}.\n"


def _is_there(session: Session, known: IpSet, key: Key) -> bool:
    entry = known.lookup(key, session.now)
    if "net" in known.parts:
        part = key if len(known.parts) == 1 else key[known.parts.index("net")]
        if part[1] != known.width:
            entry = known.entries.get(key)
    return entry is not None and not entry.nomatch
