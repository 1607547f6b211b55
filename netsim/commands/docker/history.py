"""docker history and diff: what an image came of, and what became of a container's root."""

from __future__ import annotations

from netsim.clock import SECOND
from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.listing import Columns, show
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.sizes import sized
from netsim.commands.docker.spans import human, second
from netsim.docker.engine.changes import changes
from netsim.docker.errors import Refusal, not_found
from netsim.docker.image import Layer, image_id, layers_of
from netsim.machine.call import Result

HEADERS = {"ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY", "Size": "SIZE", "Comment": "COMMENT"}
COLUMNS, DATED = (
    Columns("*formatter.historyContext", HEADERS, f"{{{{.ID}}}}\t{{{{.{when}}}}}\t{{{{.CreatedBy}}}}\t{{{{.Size}}}}\t{{{{.Comment}}}}", "{{.ID}}")
    for when in ("CreatedSince", "CreatedAt")
)
WIDTH = 45
"""Letters of CREATED BY."""


def history(docker: Docker, parsed: Parsed) -> Result:
    """docker history: the steps of an image, the last one first."""
    engine, name = docker.engine, parsed.words[0]
    try:
        image = engine.image(name)
    except Refusal as problem:
        docker.refused(
            not_found(f"No such image: {name if ':' in name.rpartition('/')[2] else f'{name}:latest'}") if problem.status == 404 else problem
        )
        return docker.result(1)
    whole, dated = parsed.has("no-trunc"), parsed.given("human") and not parsed.has("human")
    rows = []
    for number, layer in enumerate(reversed(layers_of(image, engine.machine.epoch))):
        known = image_id(image) if number == 0 else layer.id if engine.by_id(layer.id) is not None else "<missing>"
        rows.append(_row(layer, known, engine.now(), int(whole), int(dated)))
    return show(docker, DATED if dated else COLUMNS, parsed.text("format"), rows, quiet=int(parsed.has("quiet")))


def _row(layer: Layer, known: str, now: int, whole: int, dated: int) -> dict[str, str]:
    by = layer.by.replace("\t", " ")
    return {
        "ID": known if whole else known.removeprefix("sha256:")[:12], "CreatedSince": human(now - layer.created // SECOND * SECOND) + " ago",
        "CreatedAt": second(layer.created), "CreatedBy": by if whole or len(by) <= WIDTH else by[: WIDTH - 1] + "…",
        "Size": str(layer.size) if dated else sized(layer.size, 3), "Comment": layer.comment,
    }  # fmt: skip


def diff(docker: Docker, parsed: Parsed) -> Result:
    """docker diff: what was added to a container's root, changed or deleted."""
    container = docker.engine.container(parsed.words[0])
    return Result("".join(f"{kind} {path}\n" for kind, path in changes(docker.engine, container)))


HISTORY_COMMANDS = (
    Subcommand(
        "history", "[OPTIONS] IMAGE",
        (Flag("format"), Flag("human", "H", BOOL), Flag("no-trunc", "", BOOL), Flag("quiet", "q", BOOL), Flag("platform", only="28", unmodelled=1)), 1, 1, history,
    ),
    Subcommand("diff", "CONTAINER", (), 1, 1, diff),
)  # fmt: skip
