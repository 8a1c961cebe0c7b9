"""Key files on the custodian's own machine: made, wrapped anew, destroyed; and nothing else is destroyed in their place."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from coaching.surveys.demonstration import PASSPHRASE, QUICK
from coaching.surveys.periods import Quarter
from coaching.surveys.sealing import make_key, unlock
from lms.cli import command_line
from lms.refusals import NotAllowed


def test_a_key_file_is_made_rewrapped_and_shredded_without_any_database(
    app: Flask, tmp_path: Any, queries: Any
) -> None:
    """On the custodian's own machine there is none."""
    place, old, new = tmp_path / "q4.key", "five unrelated words of mine", "five other words from elsewhere"
    runner = CliRunner()

    def candor(*arguments: str, typed: str = "") -> Any:
        return runner.invoke(command_line(), ["survey", "key", *arguments, "--file", str(place)], obj=app, input=typed)

    with queries() as sent:
        assert candor("new", "2026-Q4", "--only-file", typed=f"{old}\n{old}\n").exit_code == 0
        first = place.read_text()
        assert isinstance(candor("passphrase", typed=f"not it, surely\n{new}\n{new}\n").exception, NotAllowed)
        assert place.read_text() == first
        assert candor("passphrase", typed=f"{old}\n{new}\n{new}\n").exit_code == 0
        second = place.read_text()
        kept = candor("shred", typed="n\n")
        assert "key of 2026-Q4" in kept.output
        assert kept.exit_code == 1
        assert place.read_text() == second
        assert candor("shred", typed="y\n").exit_code == 0
    assert sent == []
    assert not place.exists()
    assert _same_key(first, old, second, new)


def test_only_a_key_file_is_shredded_and_scripts_need_not_confirm(app: Flask, tmp_path: Any) -> None:
    letter, key = tmp_path / "letter.txt", tmp_path / "q4.key"
    letter.write_text("Dear colleague")
    key.write_text(make_key(Quarter(2026, 4), PASSPHRASE, QUICK).file)
    runner = CliRunner()
    for arguments in (["shred", "--yes"], ["destroy", "2026-Q4", "--unreleased"]):
        done = runner.invoke(command_line(), ["survey", "key", *arguments, "--file", str(letter)], obj=app)
        assert isinstance(done.exception, NotAllowed), done.output
        assert "letter.txt: This is not a survey key file" in str(done.exception)
        assert letter.read_text() == "Dear colleague"
    other = runner.invoke(command_line(), ["survey", "key", "destroy", "2026-Q3", "--file", str(key)], obj=app)
    assert "holds the key of 2026-Q4, not of 2026-Q3" in str(other.exception)
    assert (
        runner.invoke(command_line(), ["survey", "key", "shred", "--yes", "--file", str(key)], obj=app).exit_code == 0
    )
    assert not key.exists()


def _same_key(first: str, old: str, second: str, new: str) -> bool:

    with pytest.raises(NotAllowed, match="does not open"):
        unlock(second, old)
    return unlock(first, old) == unlock(second, new)
