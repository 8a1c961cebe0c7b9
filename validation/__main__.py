"""``python -m validation``: measure what the survey's figures give away, and how far the linkage can be believed.

Ends with 1 if a promise does not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Protocol

import click

from lms import clock
from validation import linkage, linkage_report, report, survey

PAGES = Path(__file__).parent.parent / "docs" / "validation"
STUDIES = ("survey", "linkage")


class Promise(Protocol):
    """One bound and whether it held."""

    @property
    def words(self) -> str:
        """What was promised."""

    @property
    def figure(self) -> float:
        """What was measured."""

    @property
    def bound(self) -> float:
        """What it is held against."""

    @property
    def at_most(self) -> bool:
        """Whether the figure must not exceed the bound."""

    @property
    def held(self) -> bool:
        """Whether it does."""


@click.command()
@click.argument("studies", nargs=-1, type=click.Choice(STUDIES))
@click.option("--worlds", default=2000, show_default=True, help="Invented worlds for each team size of the survey.")
@click.option("--runs", default=400, show_default=True, help="Networks of each kind.")
@click.option("--no-page", is_flag=True, help="Only measure; leave docs/validation as it is.")
def validate(studies: Sequence[str], worlds: int, runs: int, *, no_page: bool) -> None:
    """Measure the STUDIES named, or all, on the product's own release and estimate, and write the pages that say so."""
    held = True
    for name in studies or STUDIES:
        began = monotonic()
        kept, write = _survey(worlds, runs) if name == "survey" else _linkage(runs)
        seconds = monotonic() - began
        for promise in kept:
            side = "at most" if promise.at_most else "at least"
            verdict = "held" if promise.held else "DOES NOT HOLD"
            click.echo(f"{promise.words}: {promise.figure:.3f}, {side} {promise.bound:.2f}: {verdict}")
        held = held and all(promise.held for promise in kept)
        if not no_page:
            PAGES.mkdir(exist_ok=True)
            for file, text in write(seconds).items():
                (PAGES / file).write_text(text, encoding="utf-8")
                click.echo(f"Written to docs/validation/{file}.")
        click.echo(f"{seconds:.0f} s")
    sys.exit(0 if held else 1)


def _survey(worlds: int, runs: int) -> tuple[Sequence[Promise], Callable[[float], dict[str, str]]]:
    found = survey.study(worlds, runs, say=click.echo)
    return survey.promises(found), lambda seconds: {
        "survey-privacy.md": report.page(found, runs, seconds, clock.now().date())
    }


def _linkage(runs: int) -> tuple[Sequence[Promise], Callable[[float], dict[str, str]]]:
    found = linkage.study(runs, say=click.echo)
    return linkage.promises(found), lambda seconds: {
        "linkage.md": linkage_report.page(found, seconds, clock.now().date()),
        **linkage_report.pictures(found),
    }


if __name__ == "__main__":
    validate()
