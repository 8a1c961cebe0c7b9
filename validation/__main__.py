"""``python -m validation``: measure what the released survey figures give away; ends with 1 if a promise does not hold."""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

import click

from lms import clock
from validation.report import page
from validation.survey import promises, study

PAGE = Path(__file__).parent.parent / "docs" / "validation" / "survey-privacy.md"


@click.command()
@click.option("--worlds", default=2000, show_default=True, help="Invented worlds for each team size.")
@click.option("--runs", default=400, show_default=True, help="Networks for the power to see a link.")
@click.option("--no-page", is_flag=True, help="Only measure; leave docs/validation/survey-privacy.md as it is.")
def validate(worlds: int, runs: int, *, no_page: bool) -> None:
    """Measure the survey's promise on the product's own release, and write the page that says so."""
    began = monotonic()
    found = study(worlds, runs, say=click.echo)
    seconds = monotonic() - began
    for promise in promises(found):
        side = "at most" if promise.at_most else "above"
        verdict = "held" if promise.held else "DOES NOT HOLD"
        click.echo(f"{promise.words}: {promise.figure:.3f}, {side} {promise.bound:.2f}: {verdict}")
    if not no_page:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(found, runs, seconds, clock.now().date()))
        click.echo(f"Written to {PAGE.relative_to(PAGE.parents[2])}.")
    click.echo(f"{seconds:.0f} s")
    sys.exit(0 if all(promise.held for promise in promises(found)) else 1)


if __name__ == "__main__":
    validate()
