"""`netsim run -x`: commands before what they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from netsim.__main__ import main


def test_commands_are_shown_before_what_they_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text("ip netns add red  # a comment\nip netns list\nname=$(echo red)\n")
    assert main(["run", "-x", str(lab)]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("red\n", "+ ip netns add red\n+ ip netns list\n++ echo red\n+ name=red\n")
    assert main(["run", str(lab)]) == 0
    assert capsys.readouterr().err == ""


def test_a_plain_shell_shows_assignments_and_words_on_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.sh"
    lab.write_text("dash -x -c 'A=1 B=2; for i in 1; do echo $i; done'\n")
    assert main(["run", str(lab)]) == 0
    assert capsys.readouterr().err == "+ A=1 B=2\n+ echo 1\n"
