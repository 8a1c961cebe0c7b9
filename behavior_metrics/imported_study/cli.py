"""``candor study FILE``: the analyses of a study, without anything being kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from behavior_metrics.imported_study.words import ANALYSES
from lms.cli import echo_json
from lms.imports.reading import read_table


@click.command("study")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--covariates", default="", help="Columns to use, separated by commas, the declared one first. Default: all."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def study(file: Path, covariates: str, *, as_json: bool) -> None:
    """Analyse a long table of intervals (id, start, stop, event, covariates; cluster, strata). Nothing is kept."""
    from behavior_metrics.imported_study.analyses import analyse  # noqa: PLC0415 - numpy and scipy for this command alone
    from behavior_metrics.imported_study.table import intervals_of, named  # noqa: PLC0415 - the same

    table = read_table(file.read_bytes(), file.name)
    found = {"file": table.name, "sha256": table.sha256, **analyse(intervals_of(table, named(covariates)))}
    if as_json:
        echo_json(found)
        return
    click.echo(
        f"{found['rows']:,} rows, {found['units']:,} units, {found['events']:,} events, by {found['clustered_by']}"
    )
    for name, result in found["analyses"].items():
        click.echo(f"\n{ANALYSES[name]}")
        for line in _lines(result):
            click.echo(f"  {line}")


def _lines(result: dict[str, Any]) -> list[str]:
    if "refused" in result:
        return [result["refused"]]
    if "time" in result:
        value = "mean" if "mean" in result else "share"
        return [f"{result[value][-1]:.3f} at {result['time'][-1]:g}"]
    if "covariates" in result:
        return [
            f"{name}: chi-square {one['chisq']:.2f}, p {one['p']:.3f}" for name, one in result["covariates"].items()
        ]
    return [f"{name}: {_ratio(one)}" for name, one in result["ratios"].items()]


def _ratio(one: dict[str, float]) -> str:
    interval = f"({one['low']:.3f} to {one['high']:.3f})" if "low" in one else ""
    value = f"{one['ratio']:.3f} " if "ratio" in one else ""
    return f"{value}{interval}".strip()
