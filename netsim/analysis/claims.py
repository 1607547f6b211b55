"""Claims about a world in plain sentences, and how they are read.

web reaches db:5432                      red never reaches 10.0.2.2:80/tcp
db is never reachable from lan           db is reachable from web, app on 5432/tcp
only web reaches db:5432                 everybody reaches dns:53/udp
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from netsim.analysis.problem import AnalysisProblem

NAMES = r"[^\s,]+(?:\s*,\s*[^\s,]+)*"
EVERYBODY = ("everybody", "anybody", "everyone", "anyone")
NOBODY = ("nobody", "no one")
ALWAYS, NEVER, ONLY = "always", "never", "only"
FORMS = (
    (re.compile(rf"only (?P<sources>{NAMES}) (?:reaches|reach) (?P<target>\S+)"), ONLY),
    (re.compile(rf"(?P<sources>{NAMES}|no one) (?:never reaches|never reach|does not reach|do not reach|cannot reach) (?P<target>\S+)"), NEVER),
    (re.compile(r"(?P<sources>nobody|no one) (?:reaches|reach) (?P<target>\S+)"), NEVER),
    (re.compile(rf"(?P<sources>{NAMES}) (?:reaches|reach|can reach) (?P<target>\S+)"), ALWAYS),
    (re.compile(rf"(?P<target>\S+) is (?:never|not) reachable from (?P<sources>{NAMES})(?: on (?P<on>\S+))?"), NEVER),
    (re.compile(rf"(?P<target>\S+) is only reachable from (?P<sources>{NAMES})(?: on (?P<on>\S+))?"), ONLY),
    (re.compile(rf"(?P<target>\S+) is (?:always )?reachable from (?P<sources>{NAMES})(?: on (?P<on>\S+))?"), ALWAYS),
)
"""The grammar: sentences by form, the first that fits counts."""


@attrs.frozen
class Claim:
    """`sources` (none: everybody) reach a target always, never, or they only do. `line` is where it was written, 0 for nowhere."""

    text: str
    kind: str
    sources: tuple[str, ...]
    target: str
    line: int = 0


def parse_claim(text: str, line: int = 0) -> Claim:
    """A claim from its sentence; AnalysisProblem."""
    sentence = " ".join(text.split()).rstrip(".")
    for form, kind in FORMS:
        match = form.fullmatch(sentence)
        if match is None:
            continue
        words = tuple(word.strip() for word in match["sources"].split(","))
        sources = () if words[0] in (*EVERYBODY, *NOBODY) else words
        on = match.groupdict().get("on")
        return Claim(sentence, kind, sources, f"{match['target']}:{on}" if on else match["target"], line)
    where = f"line {line}: " if line else ""
    raise AnalysisProblem(
        f"{where}{text.strip()!r} is no claim: write `A reaches B:PORT`, `B is never reachable from A`, `only A reaches B:PORT` ..."
    )


MARK = re.compile(r"#\s*check:\s*(?P<claim>.+)")


def read_claims(text: str) -> list[Claim]:
    """The claims of a file, one a line; `#` begins a comment. AnalysisProblem."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        sentence = line.partition("#")[0].strip()
        if sentence:
            found.append(parse_claim(sentence, number))
    return found


def claims_in_script(text: str) -> Iterator[Claim]:
    """The claims in a script's comments: lines `# check: CLAIM`. AnalysisProblem."""
    for number, line in enumerate(text.splitlines(), 1):
        match = MARK.fullmatch(line.strip())
        if match is not None:
            yield parse_claim(match["claim"], number)
