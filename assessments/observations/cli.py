"""``candor import checklists``: checklists of observed runs from a TOML file."""

from __future__ import annotations

from pathlib import Path

import click

from assessments.observations.checklist_file import read_checklists
from assessments.observations.commands import publish_checklist
from assessments.training.queries import tasks
from lms.cli import echo_json
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run


@click.command("checklists")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Publish them. Without it the file is only checked.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def import_checklists(file: Path, *, yes: bool, as_json: bool) -> None:
    """Check the checklists of a TOML file, and publish them with --yes. A changed checklist becomes its next version."""
    read = read_checklists(file.read_text(encoding="utf-8"))
    known = {task.code: task.id for task in tasks()}
    for entry in read:
        if entry.task not in known:
            raise NotAllowed(f"{entry.code}: there is no task {entry.task}.")
    for entry in read:
        if yes:
            run(
                publish_checklist,
                Actor.system("import"),
                f"imported from {file.name}",
                code=entry.code,
                title=entry.title,
                task_id=known[entry.task],
                points=entry.points,
            )
        if not as_json:
            click.echo(f"{entry.code}: {len(entry.points)} points{'' if yes else ', can be published'}")
    if as_json:
        echo_json([{"checklist": entry.code, "points": len(entry.points), "published": yes} for entry in read])
