"""``candor management-review``: the figures of a quarter and scope, and both files, without keeping anything."""

from __future__ import annotations

from pathlib import Path

import click

from behavior_metrics.frames.quarters import Quarter
from behavior_metrics.frames.queries import places
from behavior_metrics.management_review.commands import figures_of
from behavior_metrics.management_review.figures import as_read, fingerprint
from behavior_metrics.management_review.printing import as_pdf, control
from behavior_metrics.management_review.queries import reader_of
from behavior_metrics.management_review.rules import NETWORK
from behavior_metrics.management_review.workbook import as_xlsx
from lms import clock
from lms.cli import echo_json
from lms.refusals import NotAllowed

#: Length of ``2026Q3``, which is taken as well: the quarter without its dash.
_SHORT = 6


@click.command("management-review")
@click.option("--quarter", required=True, metavar="2026-Q3", help="A closed quarter.")
@click.option("--scope", default=NETWORK, show_default=True, help="network, or the code of a site.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write the PDF to this file.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write the workbook to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print every figure as JSON.")
def management_review(*, quarter: str, scope: str, pdf: Path | None, xlsx: Path | None, as_json: bool) -> None:
    """Count the figures of a management review as known now, without keeping anything.

    The same records give the same SHA-256. What is signed is made by the scheduler and stands on the page.
    """
    text = f"{quarter[:4]}-{quarter[4:]}" if len(quarter) == _SHORT else quarter
    try:
        wanted = Quarter.parse(text.upper())
    except ValueError as error:
        raise NotAllowed(f"{error}.") from None
    now = clock.now()
    pack = figures_of(_scope(scope), wanted, now)
    digest = fingerprint(pack)
    if pdf is not None:
        _write(pdf, as_pdf(pack, revision=0, content_hash=digest))
    if xlsx is not None:
        _write(xlsx, as_xlsx(pack, control(pack, revision=0, content_hash=digest), made_at=now))
    if as_json:
        tables = {
            section.key: {
                table.key: [
                    {column.key: as_read(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)}
                    for row in table.rows
                ]
                for table in section.tables
            }
            for section in pack.sections
        }
        said = {section.key: list(section.said) for section in pack.sections}
        echo_json({"quarter": pack.quarter, "scope": scope, "sha256": digest, "said": said, "tables": tables})
        return
    click.echo(f"{pack.scope_name}, {wanted.words}: {len(pack.sections)} sections")
    click.echo(f"SHA-256 of the figures: {digest}")


def _write(file: Path, body: bytes) -> None:
    try:
        file.write_bytes(body)
    except OSError as error:
        raise NotAllowed(
            f"{file} cannot be written: {error.strerror}. Name a file in a folder that is there."
        ) from None


def _scope(text: str) -> str:
    if text == NETWORK:
        return text
    sites = places(reader_of(NETWORK)).sites
    found = next((site for site in sites if site.code.upper() == text.upper()), None)
    if found is None:
        known = ", ".join(site.code for site in sites)
        raise NotAllowed(f"There is no site with the code {text}. There are: {known}.")
    return str(found.id)
