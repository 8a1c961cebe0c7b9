"""``candor import deviations|batches|planned-batches|exposure|people FILE``: a dry run, or the file taken in.

Each ends with exit code 1 if a line was refused; the others are taken in all the same, unless all or nothing was asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from lms import clock
from lms.cli import echo_json
from lms.imports.commands import COMMANDS, target_of
from lms.imports.deviations import DeviationTarget
from lms.imports.engine import Report, Target, check, refused_rows
from lms.imports.mapping import Mapping, read_mapping, suggest
from lms.imports.patients import Suspects, suspects
from lms.imports.reading import Table, read_table
from lms.imports.sources import save_source, source_called
from lms.permissions import Actor
from lms.refusals import NotAllowed
from lms.unit_of_work import run

#: How many problems are printed; ``--refused`` and ``--json`` give all.
SHOWN = 20

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_OPTIONS = (
    click.option("--mapping", "mapping_name", help="A TOML mapping, or the name of one that comes with Candor."),
    click.option("--source", help="A saved mapping, by its name."),
    click.option(
        "--save-as", help="When the file is taken in, keep the mapping under this name, for --source and for the page."
    ),
    click.option("--dry-run", is_flag=True, help="Check every line and write nothing."),
    click.option("--all-or-nothing", is_flag=True, help="Write nothing if one line is refused."),
    click.option(
        "--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write the refused lines to this CSV."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
)


def _with_options(function: Any) -> Any:  # noqa: ANN401 - click's own decorators are as loose
    for option in reversed(_OPTIONS):
        function = option(function)
    return _FILE(function)


@click.command("deviations")
@_with_options
@click.option("--network", help="Name of a study network with a taxonomy of its own.")
@click.option("--create", is_flag=True, help="Found that network and open the sites the file names.")
@click.option(
    "--no-patient",
    default="",
    metavar="ANSWER",
    help="The answer that a dry run asks for, if words look like a patient's.",
)
def deviations(*, network: str | None, create: bool, no_patient: str, **options: Any) -> None:  # noqa: ANN401 - the shared options
    """Take deviations in from a CSV, XLSX or JSON file.

    Ends with exit code 1 if a line was refused; the good lines are taken in all the same.
    """
    target = DeviationTarget(network=network, create=create)
    _take("deviations", target, {"network": network, "create": create, "no_patient": no_patient}, **options)


@click.command("batches")
@_with_options
def batches(**options: Any) -> None:  # noqa: ANN401 - the shared options
    """Take batches in from a CSV, XLSX or JSON file.

    Ends with exit code 1 if a line was refused; the good lines are taken in all the same.
    """
    _take("batches", target_of("batches"), {}, **options)


@click.command("planned-batches")
@_with_options
def planned_batches(**options: Any) -> None:  # noqa: ANN401 - the shared options
    """Take planned batches in from a CSV, XLSX or JSON file, without rosters.

    Ends with exit code 1 if a line was refused; the good lines are taken in all the same.
    """
    _take("planned-batches", target_of("planned-batches"), {}, **options)


@click.command("exposure")
@_with_options
def exposure(**options: Any) -> None:  # noqa: ANN401 - the shared options
    """Take work counted by month in from a CSV, XLSX or JSON file. Another count corrects the one before.

    Ends with exit code 1 if a line was refused; the good lines are taken in all the same.
    """
    _take("exposure", target_of("exposure"), {}, **options)


@click.command("people")
@_with_options
def people(**options: Any) -> None:  # noqa: ANN401 - the shared options
    """Take people in from a CSV, XLSX or JSON file. It gives no passwords and no roles of control.

    Ends with exit code 1 if a line was refused; the good lines are taken in all the same.
    """
    _take("people", target_of("people"), {}, **options)


def _take(
    kind: str,
    target: Target,
    further: dict[str, Any],
    *,
    file: Path,
    mapping_name: str | None,
    source: str | None,
    save_as: str | None,
    dry_run: bool,
    all_or_nothing: bool,
    refused: Path | None,
    as_json: bool,
) -> None:
    actor = Actor.system("import")
    if source is not None and mapping_name is not None:
        raise NotAllowed("Name a saved mapping with --source or a file with --mapping, not both.", field="mapping")
    saved = source_called(actor, source, kind) if source is not None else None
    table, mapping = _read(
        file, saved.mapping if saved else read_mapping(mapping_name) if mapping_name else None, target
    )
    if saved is not None:
        further = {**further, "source_id": saved.id}
    checked = check(table, mapping, target, actor, clock.now(), _progress("checked", as_json=as_json))
    if refused is not None:
        _write_refused(refused, refused_rows(checked))
    withheld = all_or_nothing and bool(checked.problems)
    if dry_run or withheld:
        _print(checked.report(), as_json=as_json, dry_run=dry_run, withheld=withheld)
        _print_suspects(suspects(checked, target))
        raise SystemExit(1 if checked.problems else 0)
    if save_as is not None:
        run(
            save_source,
            actor,
            "command line",
            name=save_as,
            kind=kind,
            site_id=None,
            mapping=mapping,
            columns=table.columns,
        )
    report = run(
        COMMANDS[kind],
        actor,
        f"file {table.name}",
        table,
        mapping,
        all_or_nothing=all_or_nothing,
        progress=_progress("written", as_json=as_json),
        **further,
    )
    _print(report, as_json=as_json)
    if report.refused:
        raise SystemExit(1)


def _read(file: Path, mapping: Mapping | None, target: Target) -> tuple[Table, Mapping]:
    table = read_table(file.read_bytes(), file.name, mapping.sheet if mapping else None)
    if mapping is None:
        found = suggest(target.fields, table.columns)
        missing = [str(field.words) for field in target.fields if field.required and field.name not in found]
        if missing:
            message = f"No heading of the file reads like: {', '.join(missing)}. Name the columns with --mapping."
            raise NotAllowed(message)
        mapping = Mapping(columns=found)
    return table, mapping


def _write_refused(place: Path, rows: bytes) -> None:
    try:
        place.write_bytes(rows)
    except OSError as error:
        message = f"--refused names {place}, where nothing can be written ({error.strerror}): name a file in a folder that is there."
        raise NotAllowed(message) from None


def _progress(what: str, *, as_json: bool) -> Any:  # noqa: ANN401 - a callback
    def show(done: int, total: int) -> None:
        if not as_json:
            click.echo(f"  {done} of {total} lines {what}", err=True)

    return show


def _print_suspects(found: Suspects) -> None:
    for cell in found.cells[:SHOWN]:
        marked = "".join(f"[{part.words}]" if part.kind else part.words for part in cell.parts)
        click.echo(f"  line {cell.line}, {cell.column}, looks like a patient's data: {marked}", err=True)
    if found.cells:
        click.echo(f"  If it is none of {found.lines} lines: --no-patient {found.digest}", err=True)


def _print(report: Report, *, as_json: bool, dry_run: bool = False, withheld: bool = False) -> None:
    if as_json:
        echo_json(report.as_plain())
        return
    click.echo(f"{report.file} ({report.form}): {report.read} lines read")
    verb = "taken in" if report.written else "left out with the refused" if withheld else "would be taken in"
    click.echo(
        f"  {report.new} new and {report.changed} changed {verb}, {report.unchanged} unchanged, {report.refused} refused"
    )
    if withheld:
        was = "would be" if dry_run else "was"
        click.echo(f"  Nothing {was} written: with --all-or-nothing no line goes in while one is refused.")
    for name, count in report.counts.items():
        click.echo(f"  {name.replace('_', ' ')}: {count}")
    for problem in report.problems[:SHOWN]:
        where = f"line {problem.line}" + (f", {problem.column}" if problem.column else "")
        click.echo(f"  {where}: {problem.sentence}")
    if len(report.problems) > SHOWN:
        click.echo(f"  … and {len(report.problems) - SHOWN} more; --refused FILE.csv writes them all")
