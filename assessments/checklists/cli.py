"""``candor import checklists``: checklists of observed runs from TOML files."""

from __future__ import annotations

from pathlib import Path

import click

from assessments.checklists.checklist_file import FiledChecklist, read_checklist
from assessments.checklists.commands import write_checklist
from assessments.training.queries import tasks
from lms.cli import echo_json
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run


@click.command("checklists")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Send them for approval. Without it the files are only checked.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_checklists(files: tuple[Path, ...], *, yes: bool, as_json: bool) -> None:
    """Check checklists in TOML files, and send them to QA for approval with --yes. A changed one becomes its next version."""
    known = {task.code: task.id for task in tasks()}
    read = [(file, _read(file)) for file in files]  # all are checked before the first is sent
    for file, checklist in read:
        if checklist.task not in known:
            raise NotAllowed(f"{file.name}: there is no task {checklist.task}.")
    for file, checklist in read:
        if yes:
            run(
                write_checklist,
                Actor.system("import"),
                f"imported from {file.name}",
                code=checklist.code,
                title=checklist.title,
                task_id=known[checklist.task],
                points=checklist.points,
            )
        if not as_json:
            click.echo(f"{checklist.code}: {len(checklist.points)} points{'' if yes else ', can be sent for approval'}")
    if as_json:
        echo_json([{"checklist": c.code, "points": len(c.points), "sent": yes} for _file, c in read])


def _read(file: Path) -> FiledChecklist:
    try:
        return read_checklist(file.read_text(encoding="utf-8"))
    except NotAllowed as refusal:
        raise NotAllowed(f"{file.name}: {refusal}") from None
