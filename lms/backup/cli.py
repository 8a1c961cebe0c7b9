"""``candor backup`` and ``candor restore``."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from lms.audit.cli import lines_of
from lms.backup import backing_up, restoring
from lms.cli import echo_json

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("backup")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def backup(file: Path, *, as_json: bool) -> None:
    """Write both databases and the attachments into FILE while the server runs.

    Private keys are not in it: keep the folder keys of the data folder apart.
    """
    manifest = backing_up.back_up(file)
    if as_json:
        echo_json(asdict(manifest))
        return
    size = sum(content.size for content in manifest.files.values())
    click.echo(f"{file}: {len(manifest.files)} files, {size / 1e6:.1f} MB, {manifest.size} events sealed.")
    click.echo("Keep this checkpoint outside; restoring will ask for the newest one:\n")
    click.echo(manifest.checkpoint, nl=False)


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--anchor", type=_FILE, help="The newest checkpoint kept outside.")
@click.option("--without-anchor", default="", metavar="REASON", help="Restore without one, and say why.")
@click.option("--replace", is_flag=True, help="Also over an installation that holds records; those are lost.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def restore(file: Path, anchor: Path | None, without_anchor: str, *, replace: bool, as_json: bool) -> None:
    """Put the archive FILE back while no server runs, and verify it. Ends with 1 if something does not agree."""
    restored = restoring.restore(file, anchor=anchor, without_anchor=without_anchor, replace=replace)
    if as_json:
        echo_json({"restored": asdict(restored.manifest), "verified": restored.report.as_json()})
    else:
        click.echo(f"Restored the archive of {restored.manifest.at.isoformat(timespec='minutes')}.")
        for line in lines_of(restored.report):
            click.echo(line)
    sys.exit(restored.report.exit_code)
