"""The examples do what they say; what they print is on the page docs/pipework.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim.__main__ import main

EXAMPLES = sorted((Path(__file__).parents[2] / "examples/pipework").glob("*.sh"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_ends_well(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(example)])
    seen = capsys.readouterr()
    assert "== " in seen.out
    assert "netsim:" not in seen.err
