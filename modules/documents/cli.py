"""``candor import sop``: SOP files into drafts, each with the list of what cannot be represented."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import click
from sqlalchemy import select

from lms.cli import echo_json
from lms.extensions import db
from lms.identity.models import Person
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run
from modules.documents.commands import import_document_version
from modules.documents.sop_file import SopFile, read_sop


@dataclass(frozen=True, slots=True)
class _Report:
    """What became of one file."""

    file: str
    #: Why the file was refused; empty if it was accepted.
    refused: str = ""
    code: str = ""
    title: str = ""
    number: int | None = None
    pictures: int = 0
    #: ``{"line": 12, "what": "…"}`` for each thing that is shown otherwise than written.
    not_represented: tuple[dict[str, object], ...] = ()


@click.command("sop")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--author", help="Employee number of whoever wrote the SOPs; they can then not approve them.")
@click.option("--dry-run", is_flag=True, help="Read and report only.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def import_sop(files: tuple[Path, ...], author: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Take Markdown SOPs in as drafts; pictures are read from beside each file.

    Ends with exit code 1 if a file was refused; the others are taken in all the same.
    """
    author_id = None
    if author:
        author_id = db.session.scalar(select(Person.id).where(Person.employee_no == author))
        if author_id is None:
            raise NotAllowed(f"There is no person with the employee number {author}.")
    reports = []
    for file in files:
        sop: SopFile | None = None
        number = None
        refused = ""
        try:
            sop = read_sop(file.name, file.read_bytes(), partial(beside, file.parent))
            number = sop.number
            if not dry_run:
                draft = run(
                    import_document_version,
                    Actor.system("import-sop"),
                    f"imported {file.name}",
                    sop,
                    author_id=author_id,
                )
                number = draft.number
        except NotAllowed as refusal:
            refused = str(refusal)
        reports.append(_report(file, sop, number, refused))
    if as_json:
        echo_json([asdict(report) for report in reports])
    else:
        for report in reports:
            _say(report, dry_run=dry_run)
    if any(report.refused for report in reports):
        raise SystemExit(1)


def beside(folder: Path, path: str) -> bytes | None:
    """Return the bytes of a picture inside the SOP's own folder or below it; None for anything elsewhere."""
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        return None
    return file.read_bytes()


def _report(file: Path, sop: SopFile | None, number: int | None, refused: str) -> _Report:
    if sop is None:
        return _Report(file.name, refused=refused)
    notes = tuple(asdict(note) for note in sop.notes)
    return _Report(file.name, refused, sop.code, sop.title, number, len(sop.pictures), notes)


def _say(report: _Report, *, dry_run: bool) -> None:
    if report.refused:
        click.echo(f"{report.file}: refused. {report.refused}")
        return
    what = "would be taken in" if dry_run else "taken in"
    version = f"version {report.number}" if report.number else "the next version"
    click.echo(f"{report.file}: {what} as {version} of {report.code}, {report.title}.")
    for note in report.not_represented:
        click.echo(f"  line {note['line']}: {note['what']}")
