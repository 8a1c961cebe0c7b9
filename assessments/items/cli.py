"""``candor import quiz``: knowledge checks from TOML files."""

from __future__ import annotations

from pathlib import Path

import click

from assessments.items.commands import import_quiz
from assessments.items.quiz_file import QuizFile, read_quiz
from lms.cli import echo_json
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run


@click.command("quiz")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Take them in. Without it the files are only checked.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_quizzes(files: tuple[Path, ...], *, yes: bool, as_json: bool) -> None:
    """Check knowledge checks in TOML files, and take them in with --yes. A changed question becomes a new version."""
    read = [(file, _read(file)) for file in files]  # all are checked before the first is taken in
    for file, quiz in read:
        if yes:
            run(import_quiz, Actor.system("import"), f"imported from {file.name}", quiz)
        if not as_json:
            click.echo(f"{file.name}: {quiz.code}, {len(quiz.items)} questions{'' if yes else ', can be taken in'}")
    if as_json:
        echo_json(
            [{"file": file.name, "quiz": quiz.code, "items": len(quiz.items), "taken": yes} for file, quiz in read]
        )


def _read(file: Path) -> QuizFile:
    try:
        return read_quiz(file.read_text(encoding="utf-8"))
    except NotAllowed as refusal:
        raise NotAllowed(f"{file.name}: {refusal}") from None
